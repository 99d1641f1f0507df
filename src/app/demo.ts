import { mkdtempSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseConfig } from '../config/parse.ts';
import type { Environment } from '../config/types.ts';
import { startAlerting } from '../console/demo/alerting.ts';
import { play } from '../console/demo/auto.ts';
import { mirror } from '../console/demo/mirror.ts';
import { type Patient, startPatient } from '../console/demo/patient.ts';
import { DEMO_ACCOUNT, demoConfig, pagedPerson } from '../console/demo/scenario.ts';
import { openShop } from '../console/demo/shop.ts';
import { startPagerStandIn } from '../console/pager/stand-in.ts';
import { firingAlerts } from '../incident/state.ts';
import { createLogger } from '../observe/log.ts';
import { readActivity } from '../pool/activity.ts';
import { Lifeline } from '../pool/lifeline.ts';
import { removeEmbedded } from '../store/embedded.ts';
import { type App, type AppOptions, startApp } from './app.ts';
import { openStorePlace } from './store.ts';

/** A step of taking down what was put up. */
type Undo = () => unknown;

/** The shop runs well for this long before it leaks: time to open the page. */
const CALM_MS = 6_000;

/** Nobody has to open a page. */
const CALM_AUTO_MS = 1_000;

/** The longest single wait of `--auto`. */
const PATIENCE_MS = 25_000;

const HINT =
  'A thread opens in #backend-team within seconds and says what is most likely wrong. As Alice press Terminate: it means the session that blocks the others. Then act as Bob and press Approve in the thread.';

export interface DemoOptions {
  readonly auto: boolean;
  readonly fast: boolean;
  readonly port: number;
  readonly cwd: string;
  readonly print: (line: string) => void;
  /** Ends the demo when it fires. */
  readonly signal: AbortSignal;
}

/**
 * The demo: Lifeguard itself with its embedded store and the console, a second PostgreSQL as the
 * patient with a leaking shop on it, alerts by HTTP, and a pager that answers as PagerDuty does.
 *
 * @throws Error with code EADDRINUSE, before anything is started, when the port is taken
 * @returns the exit code: 0 when it was ended, or when `--auto` came to its good end; 1 when that got stuck
 */
export async function runDemo(options: DemoOptions): Promise<number> {
  const began = performance.now();
  const tell = (line: string): void => {
    options.print(`${((performance.now() - began) / 1_000).toFixed(1).padStart(6)} s  ${line}`);
  };
  const undo: Undo[] = [];
  await mustBeFree(options.port);
  try {
    const folder = await folderOf(options, undo);
    const log = createLogger({ level: 'error', secrets: [], destination: process.stderr });
    // Both servers come up side by side.
    const place = openStorePlace({}, folder, log);
    const opened = place.catch(() => undefined);
    undo.push(async () => (await opened)?.stop());
    const patient = await startPatient(join(folder, 'patient'));
    undo.push(() => patient.stop());
    const pager = await startPagerStandIn({
      account: DEMO_ACCOUNT,
      onPage: (page) => {
        if (page.action === 'trigger')
          tell(`PagerDuty would page ${pagedPerson(page.routingKey)}: ${page.summary ?? ''}`);
      },
    });
    undo.push(() => pager.stop());
    const app = await startLifeguard(options, { folder, log, place }, patient, pager);
    undo.push(() => app.stop());
    if (app.local !== undefined) undo.push(mirror(app.local.workspace, tell));
    return await live(options, app, patient, tell, undo);
  } finally {
    for (const step of undo.reverse()) await step();
  }
}

async function live(
  options: DemoOptions,
  app: App,
  patient: Patient,
  tell: (line: string) => void,
  undo: Undo[],
): Promise<number> {
  options.print('');
  options.print(`  Open ${app.url}/console`);
  if (!options.auto) {
    options.print(
      '  In #backend-team a thread opens in a few seconds and says what is most likely wrong. As Alice press',
    );
    options.print(
      '  Terminate; switch to Bob (top right) and press Approve in the thread. Ctrl-C ends the demo.',
    );
  }
  options.print('');
  const eye = new Lifeline({ url: patient.lifeguardUrl });
  await eye.start();
  undo.push(() => eye.close());
  const shop = openShop(patient.appUrl);
  undo.push(() => shop.stop());
  const open = await app.store.openIncidentOf('orders');
  const alerting = startAlerting({
    webhookUrl: `http://127.0.0.1:${app.port}/webhooks/alertmanager`,
    utilisation: async () => (await readActivity(eye)).utilisation,
    onPosted: (status, percent) => tell(`alert posted: ${status}, pool at ${Math.round(percent)} %`),
    ...(open === undefined
      ? {}
      : { firing: Object.fromEntries(firingAlerts(open).map((alert) => [alert.name, alert.startsAt])) }),
  });
  undo.push(() => alerting.stop());
  tell('a shop with 30 connections is open, and all is well');
  await pause(options.auto ? CALM_AUTO_MS : CALM_MS, options.signal);
  await shop.leak();
  tell('a checkout threw before its commit and kept its connection: everyone else now waits for it');
  if (!options.auto || app.local === undefined) {
    await ended(options.signal);
    return 0;
  }
  try {
    const { workspace, actor } = app.local;
    await play({ workspace, actor, exists: (pid) => patient.exists(pid), tell, patienceMs: PATIENCE_MS });
    return 0;
  } catch (error) {
    tell(`stuck: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
}

async function startLifeguard(
  options: DemoOptions,
  own: Pick<AppOptions, 'folder' | 'log' | 'place'>,
  patient: Patient,
  pager: { readonly server: string; readonly ca: string },
): Promise<App> {
  const { config } = parseConfig(demoConfig({ fast: options.fast }), {
    DEMO_PATIENT_URL: patient.lifeguardUrl,
  });
  const environment: Environment = {
    port: options.port,
    configPath: 'the demo',
    role: 'all',
    slack: { mode: 'console' },
    slackApiUrl: 'https://slack.com/api/',
    slackRateLimits: 'none',
    pagerduty: { eventsServer: pager.server, apiServer: pager.server, webhookSecrets: [] },
    logLevel: 'error',
    console: true,
  };
  return await startApp({
    config,
    environment,
    ...own,
    // A machine on the same network has no business here: whoever opens the console acts as anyone.
    host: '127.0.0.1',
    openToAll: true,
    pagerCa: pager.ca,
    hint: HINT,
  });
}

/** The demo people play with is kept; the one that plays itself leaves nothing behind. */
async function folderOf(options: DemoOptions, undo: Undo[]): Promise<string> {
  if (!options.auto) {
    const folder = resolve(options.cwd, '.lifeguard', 'demo');
    await mkdir(folder, { recursive: true });
    return folder;
  }
  const folder = mkdtempSync(join(tmpdir(), 'lifeguard-demo-'));
  undo.push(async () => {
    await removeEmbedded(join(folder, 'store'));
    await removeEmbedded(join(folder, 'patient'));
    await rm(folder, { recursive: true, force: true });
  });
  return folder;
}

/** Two servers are started before the port is opened for good: a person should not wait for them to be told no. */
async function mustBeFree(port: number): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  await new Promise<void>((resolve) => server.close(() => resolve()));
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function ended(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
