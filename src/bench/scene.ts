import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type StandIn, type StandInOptions, startSlackStandIn } from '../console/server.ts';
import { removeEmbedded, startEmbedded } from '../store/embedded.ts';
import { BENCH_TOKEN, freePort, readyWithin, spawnServe } from './setup.ts';

const READY_WITHIN_MS = 20_000;

/** A Lifeguard that watches over no pool: every group of alerts is an incident in one channel. */
export const NO_POOLS = `
slack: { channel: "#incidents" }
access: { approvers: [U0BOB] }
pools: []
`;

export interface SceneOptions {
  /** Slack's rate limits; left out, nothing is counted. */
  readonly pacing?: StandInOptions['pacing'];
  /** More of Lifeguard's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Fills the store before Lifeguard is started on it. */
  readonly fill?: (storeUrl: string, slack: StandIn) => Promise<void>;
}

/** A process of Lifeguard's between a store and a Slack of its own, with no database in trouble. */
export interface Scene {
  readonly origin: string;
  readonly pid: number;
  readonly storeUrl: string;
  readonly slack: StandIn;
  /** From the start of the process until it was ready, in milliseconds. */
  readonly bootMs: number;
}

/** Does `work` in a scene that is put away afterwards. @throws what `work` threw, or Error when it was not ready in time */
export async function inScene<T>(options: SceneOptions, work: (scene: Scene) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'lifeguard-bench-'));
  const store = await startEmbedded({ dataDir: join(folder, 'store') });
  const { pacing, env, fill } = options;
  const slack = await startSlackStandIn({
    channels: ['incidents'],
    ...(pacing === undefined ? {} : { pacing }),
  });
  try {
    await fill?.(store.url, slack);
    const port = await freePort();
    const origin = `http://127.0.0.1:${port}`;
    await writeFile(join(folder, 'lifeguard.yaml'), NO_POOLS);
    slack.setEventsUrl(`${origin}/slack/events`);
    const began = performance.now();
    const child = spawnServe(folder, slack, {
      PORT: String(port),
      DATABASE_URL: store.url,
      ALERTMANAGER_WEBHOOK_TOKEN: BENCH_TOKEN,
      ...env,
    });
    try {
      await readyWithin(`${origin}/readyz`, READY_WITHIN_MS);
      const bootMs = performance.now() - began;
      return await work({ origin, pid: child.pid ?? 0, storeUrl: store.url, slack, bootMs });
    } finally {
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
    }
  } finally {
    await slack.stop();
    await store.stop();
    await removeEmbedded(join(folder, 'store'));
    await rm(folder, { recursive: true, force: true });
  }
}
