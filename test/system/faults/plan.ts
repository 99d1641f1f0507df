import { randomFrom } from '../../support/random.ts';
import { between, type FaultKind, type Random } from './kinds.ts';

/** What is to go wrong in one run, and when after its alert. */
export interface Plan {
  readonly run: number;
  readonly faults: readonly { readonly kind: FaultKind; readonly atMs: number; readonly random: Random }[];
  /** How long after the thread has opened Alice takes the incident; late enough, and level 2 is called. */
  readonly ackAfterMs: number;
  /** Slack's limits are kept. */
  readonly isLimited: boolean;
}

/** A story without faults takes no longer. */
const STORY_MS = 1_200;

/** One run in so many keeps Slack's limits, which makes it several times as long. */
const LIMITED = 10;

/** So many runs have a second fault. */
const PAIRS = 1 / 3;

/**
 * The plan of a run. The same seed, run and kinds give the same plan, whichever runs come before it; every
 * kind comes once before any comes again.
 */
export function planOf(seed: number, run: number, kinds: readonly FaultKind[]): Plan {
  const round = Math.floor(run / kinds.length);
  const deck = shuffled(kinds, randomFrom(seed * 7_919 + round));
  const random = randomFrom(seed * 1_000_003 + run * 101);
  const faults: Plan['faults'][number][] = [];
  const add = (kind: FaultKind | undefined): void => {
    if (kind === undefined) return;
    // In the first moments much happens at once: the alert is committed, the thread opened, the checks begun.
    const soon = /first moments/.test(kind.name);
    faults.push({
      kind,
      atMs: between(random, 0, soon ? 150 : STORY_MS),
      random: randomFrom(Math.floor(random() * 2 ** 31)),
    });
  };
  add(deck[run % deck.length]);
  if (random() < PAIRS) {
    const other = kinds[Math.floor(random() * kinds.length)];
    if (other?.name !== faults[0]?.kind.name) add(other);
  }
  return { run, faults, ackAfterMs: between(random, 0, 900), isLimited: run % LIMITED === LIMITED - 1 };
}

function shuffled<T>(all: readonly T[], random: Random): T[] {
  const left = [...all];
  const deck: T[] = [];
  while (left.length > 0) deck.push(...left.splice(Math.floor(random() * left.length), 1));
  return deck;
}
