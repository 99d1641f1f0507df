import { maskShapes } from './mask.ts';

/** A burst of probes is answered by one look: an answer stands for this long. */
const ANSWER_STANDS_MS = 500;

/** Resolves with `undefined` when the part is well, with the reason when it is not; may also reject. */
export type Check = () => Promise<string | undefined>;

/** How one part is. */
export interface PartHealth {
  readonly ok: boolean;
  /** Why it is not well, in words that may be shown to anyone. */
  readonly detail?: string;
  /** How long the look took, in milliseconds. */
  readonly ms: number;
}

/** Each part by its name, and whether those work without which nobody should be sent here. */
export interface Readiness {
  readonly ok: boolean;
  readonly parts: Readonly<Record<string, PartHealth>>;
}

export interface HealthOptions {
  readonly checks: Readonly<Record<string, Check>>;
  /** Parts that are named and looked at, and no reason to be called not ready. */
  readonly besides?: Readonly<Record<string, Check>>;
  /** No check is waited for longer, in milliseconds. */
  readonly timeoutMs: number;
  /** A clock in milliseconds; the process's own when left out. */
  readonly now?: () => number;
}

/** What `/readyz` shows. */
export interface Health {
  /**
   * Looks at all parts at the same time. Never rejects.
   *
   * @param exclude parts that are named all the same, and no reason to be called not ready
   */
  ready(exclude?: readonly string[]): Promise<Readiness>;
}

/**
 * Makes the readiness check. Probes cost nothing however many there are: they share the look under
 * way, an answer stands for half a second, and a part that hangs is asked once until it answers.
 */
export function createHealth(options: HealthOptions): Health {
  const { timeoutMs, now = () => performance.now() } = options;
  const { checks: needed, besides = {} } = options;
  const checks = Object.entries({ ...needed, ...besides }).map(
    ([name, check]) => [name, onceAtATime(check)] as const,
  );
  let looking: Promise<Readiness['parts']> | undefined;
  let known: { readonly parts: Readiness['parts']; readonly at: number } | undefined;

  async function look(): Promise<Readiness['parts']> {
    const looked = await Promise.all(
      checks.map(async ([name, check]) => {
        const began = now();
        const fault = await within(timeoutMs, check);
        const ms = Math.round(now() - began);
        return [name, fault === undefined ? { ok: true, ms } : { ok: false, detail: fault, ms }] as const;
      }),
    );
    const parts = Object.fromEntries(looked);
    known = { parts, at: now() };
    return parts;
  }

  async function partsNow(): Promise<Readiness['parts']> {
    if (known !== undefined && now() - known.at < ANSWER_STANDS_MS) return known.parts;
    looking ??= look().finally(() => {
      looking = undefined;
    });
    return looking;
  }

  return {
    async ready(exclude = []) {
      const parts = await partsNow();
      const counts = Object.keys(needed).filter((name) => !exclude.includes(name));
      return { ok: counts.every((name) => parts[name]?.ok === true), parts };
    },
  };
}

/** While a check has not answered, whoever asks waits for that answer instead of asking again. */
function onceAtATime(check: Check): Check {
  let running: Promise<string | undefined> | undefined;
  return () => {
    running ??= faultOf(check).finally(() => {
      running = undefined;
    });
    return running;
  };
}

async function faultOf(check: Check): Promise<string | undefined> {
  try {
    return await check();
  } catch (error) {
    return reason(error);
  }
}

/** The page is open to anyone: a code says enough, and a message goes through the masker. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return 'failed';
  const { code } = error as Error & { code?: unknown };
  if (typeof code === 'string' && code !== '') return code;
  return error.message === '' ? 'failed' : maskShapes(error.message);
}

async function within(ms: number, check: Check): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`did not answer within ${ms} ms`), ms);
  });
  try {
    return await Promise.race([check(), late]);
  } finally {
    clearTimeout(timer);
  }
}
