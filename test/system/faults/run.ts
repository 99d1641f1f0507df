import { judge } from './judge.ts';
import type { Plan } from './plan.ts';
import type { Stage } from './stage.ts';
import { type Told, tellStory } from './story.ts';

/** Nothing may take longer than this from the alert to the close, faults and all. */
const STUCK_MS = 60_000;

const LOOK_EVERY_MS = 25;

/** How a run ended. */
export interface Ran {
  readonly plan: Plan;
  readonly ms: number;
  /** What was not as it should be; empty for a run as promised. */
  readonly faults: readonly string[];
  /** What was done to it, as it happened. */
  readonly struck: readonly string[];
  /** Everything that helps to find out why; absent when all was well. */
  readonly report?: string;
}

/** Tells one story under the faults of its plan, waits until nothing is owed, and judges it. */
export async function carryOut(stage: Stage, plan: Plan, known: Set<string>): Promise<Ran> {
  const began = Date.now();
  await stage.limit(plan.isLimited);
  const deathsBefore = stage.deaths.length;
  const leak = await stage.patient.leak();
  const told: Told = { incident: undefined, startsAt: new Date(), approved: new Set(), leaks: [], leak };
  const struck: string[] = [];
  const faults: string[] = [];
  let begun = 0;
  const strikes = plan.faults.map(async ({ kind, atMs, random }) => {
    await new Promise((resolve) => setTimeout(resolve, atMs));
    const at = Date.now() - began;
    begun += 1;
    const what = await kind.strike(stage, random);
    struck.push(`${at} ms: ${kind.name}: ${what} (over at ${Date.now() - began} ms)`);
  });
  // Heard of when the story is over; until then it is no unhandled rejection.
  for (const strike of strikes) strike.catch(() => undefined);
  try {
    await tellStory(stage, known, told, {
      ackAfterMs: plan.ackAfterMs,
      withinMs: STUCK_MS,
      mayClear: () => begun === plan.faults.length,
    });
    for (const line of Object.values(stage.lines)) line.callOff();
    await Promise.all(strikes);
    await stage.healed();
    await settled(stage, told.incident);
    faults.push(...(await judge(stage, told)));
  } catch (error) {
    await Promise.allSettled(strikes);
    faults.push(String(error));
  }
  faults.push(...stage.deaths.slice(deathsBefore));
  if (told.incident !== undefined) known.add(told.incident);
  await leak.end();
  const ran = { plan, ms: Date.now() - began, faults, struck };
  return faults.length === 0 ? ran : { ...ran, report: await report(stage, ran, told) };
}

/** What is due, and what has been tried and is tried again; the watch of a remedy ends at its next look. */
const OWED = `
  select count(*)::int as count
    from effects
   where incident = $1
     and status   = 'owed'
     and (due <= clock_timestamp() or (attempts > 0 and kind <> 'remedy.verify'))`;

/** Waits until nothing of the incident is owed but what falls due later. */
async function settled({ store }: Stage, incident: string | undefined): Promise<void> {
  const until = Date.now() + STUCK_MS;
  for (;;) {
    const owed = await store.pool
      .query<{ count: number }>(OWED, [incident ?? ''])
      .then(({ rows }) => rows[0]?.count)
      .catch(() => undefined);
    if (owed === 0) return;
    if (Date.now() > until) throw new Error(`still owed after ${STUCK_MS} ms: ${owed} effects`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

async function report(stage: Stage, ran: Omit<Ran, 'report'>, told: Told): Promise<string> {
  const { store } = stage;
  const events = await store.events(told.incident ?? '').catch(() => []);
  const owed = await store.pool
    .query(
      `select id, kind, lane, payload, status, attempts, claimed_by, claimed_until, due, error, now()
         from effects where incident = $1 and status <> 'done' order by n`,
      [told.incident ?? ''],
    )
    .then(({ rows }) => rows.map((row) => JSON.stringify(row)))
    .catch((error: unknown) => [String(error)]);
  const began = told.startsAt.getTime();
  return [
    `run ${ran.plan.run} (${told.incident}, ${ran.ms} ms, Alice has it ${ran.plan.ackAfterMs} ms after the thread${ran.plan.isLimited ? ", Slack's limits kept" : ''}):`,
    ...ran.faults.map((fault) => `  ✗ ${fault}`),
    'what was done to it:',
    ...ran.struck.map((one) => `  ${one}`),
    'events:',
    ...events.map((event, index) => {
      const { at, type, ...rest } = event;
      return `  ${index + 1} +${Date.parse(at) - began} ms ${type} ${JSON.stringify(rest).slice(0, 220)}`;
    }),
    'owed or dead:',
    ...owed.map((one) => `  ${one}`),
    'log:',
    stage.log(25),
  ].join('\n');
}
