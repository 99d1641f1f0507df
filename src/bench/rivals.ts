import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Bench, freePort, notification, readyWithin } from './setup.ts';

const ALERTMANAGER = '/usr/bin/prometheus-alertmanager';
const READY_WITHIN_MS = 10_000;

/** Something else that brings an alert to Slack, ready to be timed. */
export interface Rival {
  readonly name: string;
  /** Sends it an alert; gives the milliseconds until its message is at Slack. */
  once(run: number): Promise<number>;
  stop(): Promise<void>;
}

/** A bare Bolt app that keeps nothing, before the same Slack and in a process of its own, as Lifeguard is. */
export async function startBareBolt({ slack }: Bench): Promise<Rival> {
  const port = await freePort();
  const script = fileURLToPath(new URL('./bare-bolt.js', import.meta.url));
  const child = spawn(process.execPath, [script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: process.env['PATH'],
      PORT: String(port),
      CHANNEL: '#incidents',
      SLACK_BOT_TOKEN: slack.botToken,
      SLACK_SIGNING_SECRET: slack.signingSecret,
      SLACK_API_URL: slack.apiUrl,
    },
  });
  await once(child.stdout, 'data');
  return {
    name: 'a bare Bolt app that keeps nothing',
    async once(run) {
      const posted = new Promise<number>((resolve) => {
        const end = slack.workspace.subscribe((change) => {
          if (change.kind !== 'message') return;
          end();
          resolve(performance.now());
        });
      });
      const began = performance.now();
      const body = JSON.stringify(notification({ bench: `bare-${run}` }, new Date(), 'firing'));
      await send(`http://127.0.0.1:${port}/webhook`, body);
      return (await posted) - began;
    },
    stop: () => ended(child),
  };
}

/**
 * Debian's Alertmanager with its own Slack receiver, told to wait for no group; its message ends at a receiver that
 * only notes the time, since it speaks an older dialect of Slack than the stand-in.
 *
 * @returns `undefined` where it is not installed
 */
export async function startAlertmanager(): Promise<Rival | undefined> {
  if (!existsSync(ALERTMANAGER)) return undefined;
  const folder = await mkdtemp(join(tmpdir(), 'lifeguard-bench-'));
  let arrived: (at: number) => void = () => undefined;
  const slack = createServer((req, res) => {
    arrived(performance.now());
    req.resume().on('end', () => res.end('ok'));
  }).listen(0, '127.0.0.1');
  await once(slack, 'listening');
  const address = slack.address();
  const slackPort = typeof address === 'object' && address !== null ? address.port : 0;
  const port = await freePort();
  await writeFile(
    join(folder, 'alertmanager.yml'),
    `route: { receiver: slack, group_by: ['...'], group_wait: 0s, group_interval: 1s, repeat_interval: 1h }
receivers:
  - name: slack
    slack_configs: [{ api_url: "http://127.0.0.1:${slackPort}/hook", channel: "#incidents", text: "{{ .CommonLabels.bench }}" }]
`,
  );
  const child = spawn(
    ALERTMANAGER,
    [
      `--config.file=${join(folder, 'alertmanager.yml')}`,
      `--storage.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
      '--log.level=error',
    ],
    { stdio: 'ignore' },
  );
  await readyWithin(`http://127.0.0.1:${port}/-/ready`, READY_WITHIN_MS);
  return {
    name: "Alertmanager's own Slack receiver, group_wait 0",
    async once(run) {
      const at = new Promise<number>((resolve) => {
        arrived = resolve;
      });
      const labels = { alertname: 'DatabaseConnectionPoolExhaustion', bench: `alertmanager-${run}` };
      const began = performance.now();
      await send(
        `http://127.0.0.1:${port}/api/v2/alerts`,
        JSON.stringify([{ labels, startsAt: new Date().toISOString() }]),
      );
      return (await at) - began;
    },
    async stop() {
      await ended(child);
      slack.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function send(url: string, body: string): Promise<void> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  await answer.arrayBuffer();
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}
