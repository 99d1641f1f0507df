import type { Harm } from '../../support/proxy.ts';
import type { Shutdown } from '../../support/restartable.ts';
import { canMoveClocks } from './clock.ts';
import type { Line, Stage } from './stage.ts';

/** A draw in [0, 1). */
export type Random = () => number;

/** One way for the world to fail. */
export interface FaultKind {
  readonly name: string;
  /** Does it, and resolves when it is over. @returns what exactly was done, for the report */
  strike(stage: Stage, random: Random): Promise<string>;
}

/** An order to lose an answer waits no longer than this for a request that it can be lost of. */
const WITHIN_MS = 2_500;

/** Requests whose answer matters most, by words that they contain. */
const AIMS: Readonly<Partial<Record<Line, readonly string[]>>> = {
  store: ['commit', 'append'],
  slack: ['chat.postMessage', 'chat.update'],
  patient: ['pg_terminate_backend'],
};

/** What can be done to a line, and how bad it gets; times in milliseconds. */
const HARMS: Readonly<Record<Harm['kind'], (line: Line, random: Random) => Harm>> = {
  cut: () => ({ kind: 'cut' }),
  refuse: (_line, random) => ({ kind: 'refuse', ms: between(random, 300, 2_500) }),
  hold: (_line, random) => ({ kind: 'hold', ms: between(random, 300, 2_500) }),
  delay: (_line, random) => ({
    kind: 'delay',
    ms: between(random, 500, 2_000),
    byMs: between(random, 20, 300),
  }),
  throttle: (_line, random) => ({
    kind: 'throttle',
    ms: between(random, 500, 2_000),
    bytesPerSecond: between(random, 5_000, 50_000),
  }),
  truncate: (line, random) => ({
    kind: 'truncate',
    bytes: between(random, 1, 200),
    withinMs: WITHIN_MS,
    ...aimed(line, random),
  }),
  lose_answer: (line, random) => ({ kind: 'lose_answer', withinMs: WITHIN_MS, ...aimed(line, random) }),
};

const LINES: readonly Line[] = ['front', 'store', 'redis', 'slack', 'pagerduty', 'patient'];

/** Everything that can go wrong where the queue lives there, and on this machine; and what cannot, and why. */
export function faultKinds(stage: Pick<Stage, 'backend' | 'disk'>): {
  kinds: FaultKind[];
  without: string[];
} {
  const kinds = [
    ...LINES.filter((line) => line !== 'redis' || stage.backend === 'redis').flatMap(harmsOf),
    KILLED,
    // Kills are what happens most: a deployment, a node that goes away, too little memory.
    { ...KILLED, name: 'killed, in the first moments' },
    ...(['fast', 'immediate'] as const).map(storeRestarted),
    ...(['fast', 'immediate'] as const).map(patientRestarted),
    ...(stage.backend === 'redis' ? REDIS : []),
    ...(typeof stage.disk === 'string' ? [] : [DISK_FULL]),
    ...(canMoveClocks ? [CLOCK_MOVED, CLOCK_MOVED_BETWEEN_LIVES] : []),
  ];
  const without = [
    ...(typeof stage.disk === 'string' ? [stage.disk] : []),
    ...(canMoveClocks ? [] : ['the clock is not moved (needs the Debian package faketime)']),
  ];
  return { kinds, without };
}

function harmsOf(line: Line): FaultKind[] {
  return Object.entries(HARMS).map(([name, harm]) => ({
    name: `${line} ${name}`,
    async strike({ lines }, random) {
      const what = harm(line, random);
      const hit = await lines[line]?.harm(what);
      return `${JSON.stringify(what)}${hit === true ? '' : ', which hit nothing'}`;
    },
  }));
}

const KILLED: FaultKind = {
  name: 'killed',
  async strike(stage) {
    await stage.kill();
    return 'killed and started again';
  },
};

function storeRestarted(how: Shutdown): FaultKind {
  return {
    name: `store restarted (${how})`,
    async strike({ storeServer }, random) {
      const downMs = between(random, 0, 1_500);
      await storeServer.end(how);
      await pause(downMs);
      await storeServer.begin();
      return `down for ${downMs} ms`;
    },
  };
}

function patientRestarted(how: Shutdown): FaultKind {
  return {
    name: `patient restarted (${how})`,
    async strike({ patient }, random) {
      const downMs = between(random, 0, 1_000);
      await patient.restart(how, downMs);
      return `down for ${downMs} ms`;
    },
  };
}

const REDIS: readonly FaultKind[] = [
  {
    name: 'redis flushed',
    async strike({ redis }) {
      return `FLUSHALL: ${await redis?.current().command('FLUSHALL')}`;
    },
  },
  ...[true, false].map((keeps) => ({
    name: `redis killed, ${keeps ? 'keeping all' : 'losing all'}`,
    async strike({ redis }: Stage) {
      await redis?.restart(keeps);
      return 'started again';
    },
  })),
];

const DISK_FULL: FaultKind = {
  name: "the store's disk full",
  async strike({ disk, storeServer, store }, random) {
    if (typeof disk === 'string') return disk;
    const fullMs = between(random, 300, 2_000);
    await disk.fill();
    // A server at the end of its log segment, as every one is sooner or later, needs room for the next.
    const atEnd = random() < 0.5;
    if (atEnd) void store.pool.query('select pg_switch_wal()').catch(() => undefined);
    await pause(fullMs);
    await disk.free();
    const died = !storeServer.isUp();
    await storeServer.begin();
    return `full for ${fullMs} ms${atEnd ? ', at the end of a log segment' : ''}${died ? '; the server had ended' : ''}`;
  },
};

/** More than five minutes off and Slack's own requests are too old, or not sent yet: its rule, not ours to bend. */
const FURTHEST_S = 240;

const CLOCK_MOVED: FaultKind = {
  name: 'clock moved',
  async strike({ clock }, random) {
    const seconds = between(random, -FURTHEST_S, FURTHEST_S);
    const forMs = between(random, 300, 2_500);
    await clock.set(seconds);
    await pause(forMs);
    await clock.set(0);
    return `${seconds} s off for ${forMs} ms`;
  },
};

const CLOCK_MOVED_BETWEEN_LIVES: FaultKind = {
  name: 'clock moved between lives',
  async strike({ clock, kill }, random) {
    const seconds = between(random, -FURTHEST_S, FURTHEST_S);
    await clock.set(seconds);
    await kill();
    const forMs = between(random, 0, 1_500);
    await pause(forMs);
    await clock.set(0);
    return `killed, and ${seconds} s off until ${forMs} ms after it was ready again`;
  },
};

function aimed(line: Line, random: Random): { readonly of?: string } {
  const aims = AIMS[line] ?? [];
  // Past the end of the list: any request will do.
  const aim = aims[Math.floor(random() * (aims.length + 1))];
  return aim === undefined ? {} : { of: aim };
}

/** A whole number between two others. */
export function between(random: Random, low: number, high: number): number {
  return Math.round(low + random() * (high - low));
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
