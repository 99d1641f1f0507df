import { type ChildProcess, spawn } from 'node:child_process';
import { connect, createServer } from 'node:net';

/** How to start an outside server for a test. */
export interface DaemonPlan {
  /** Name of the program, looked up in PATH. */
  readonly program: string;
  /** Its arguments, given the port of 127.0.0.1 that it shall listen on. */
  readonly args: (port: number) => readonly string[];
  /** What has to be there before it starts, such as a configuration that names the port. */
  readonly prepare?: (port: number) => Promise<void>;
  /** Environment added to this process's own. */
  readonly env?: Readonly<Record<string, string>>;
  /** Path that answers 2xx as soon as the server is ready; left out, one that takes connections is. */
  readonly readyPath?: string;
  /** Milliseconds until an unready server is given up. Default: 30,000. */
  readonly readyWithin?: number;
}

/** An outside server that runs for a test. */
export interface Daemon {
  /** Base address without a slash at the end. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** All that it printed so far. */
  logs(): string;
  /** Ends it: SIGTERM, then SIGKILL. Safe to call twice. */
  stop(): Promise<void>;
}

const READY_WITHIN = 30_000;
const POLL_EVERY = 25;
const STOP_WITHIN = 5_000;
/** Between our letting go of a free port and the program's taking it, another test may be faster. */
const PORT_ATTEMPTS = 3;
/** What remains in memory of a talkative program. */
const LOG_CHARACTERS = 200_000;

/**
 * Starts a program that serves a free port of 127.0.0.1 and waits until it is ready.
 *
 * Throws an Error with what the program printed when it ends early or is not ready in time; nothing is
 * left running then. A program that outlives its test is killed when the test process exits.
 */
export async function startDaemon(plan: DaemonPlan): Promise<Daemon> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    await plan.prepare?.(port);
    const daemon = launch(plan, port);
    try {
      await daemon.ready();
      return daemon;
    } catch (error) {
      await daemon.stop();
      const portTaken = /address already in use/i.test(daemon.logs());
      if (!portTaken || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

/** A TCP port of 127.0.0.1 that nothing listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done, fail) => {
    server.once('error', fail).listen(0, '127.0.0.1', done);
  });
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === 'string') throw new Error('no TCP port was given');
  return address.port;
}

function launch(plan: DaemonPlan, port: number): Daemon & { ready(): Promise<void> } {
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(plan.program, plan.args(port), {
    env: { ...process.env, ...plan.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  let ended: string | undefined;
  const note = (text: string) => {
    printed = (printed + text).slice(-LOG_CHARACTERS);
  };
  child.stdout.setEncoding('utf8').on('data', note);
  child.stderr.setEncoding('utf8').on('data', note);
  const gone = new Promise<void>((done) => {
    const end = (why: string) => {
      ended ??= why;
      done();
    };
    child.once('error', (error) => end(error.message));
    child.once('close', (code, signal) => end(`it ended with ${signal ?? code}`));
  });
  const killWithUs = () => child.kill('SIGKILL');
  process.once('exit', killWithUs);
  void gone.then(() => process.off('exit', killWithUs));

  return {
    url,
    port,
    pid: child.pid ?? 0,
    logs: () => printed,
    ready: async () => {
      const deadline = Date.now() + (plan.readyWithin ?? READY_WITHIN);
      const isReady = async () =>
        plan.readyPath === undefined ? takesConnections(port) : answers(`${url}${plan.readyPath}`);
      while (!(await isReady())) {
        const why = ended ?? (Date.now() > deadline ? 'it was not ready in time' : undefined);
        if (why !== undefined) throw new Error(`${plan.program}: ${why}\n${printed}`);
        await new Promise((done) => setTimeout(done, POLL_EVERY));
      }
    },
    stop: () => end(child, gone),
  };
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1');
    const tell = (taken: boolean) => {
      socket.destroy();
      done(taken);
    };
    socket.once('connect', () => tell(true)).once('error', () => tell(false));
  });
}

async function end(child: ChildProcess, gone: Promise<void>): Promise<void> {
  child.kill('SIGTERM');
  const kill = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN);
  await gone;
  clearTimeout(kill);
}
