import fc from 'fast-check';
import type { Command } from '../../src/incident/commands.ts';
import type { Facts } from '../../src/incident/facts.ts';
import { type Actor, SYSTEM } from '../../src/incident/people.ts';
import type { Level, Policy, Unless } from '../../src/incident/policy.ts';
import type { Action, Target } from '../../src/incident/remedy.ts';
import {
  ALICE,
  at,
  backend,
  cleared,
  DIRK,
  firing,
  GUEST,
  MINUTE,
  notification,
  POLICY,
  PREVIEW,
  RITA,
  SECOND,
} from './given.ts';

/** A command, and how long after the one before it is given, in milliseconds. */
export interface Move {
  readonly wait: number;
  readonly command: Command;
}

/** Without it fast-check prefers the first of nested alternatives. */
const EVENLY = { depthSize: 'max' } as const;

/** One more approver, so that two can be found besides the one who asks. */
const DORA: Actor = { id: 'U0DORA', groups: ['S0DBA', 'S0ONCALL'], via: 'slack' };

const PEOPLE: readonly Actor[] = [
  RITA,
  ALICE,
  DIRK,
  DORA,
  GUEST,
  SYSTEM,
  { ...DIRK, groups: 'unreadable' },
  { id: 'PD1', groups: [], via: 'pagerduty' },
];

const person = fc.constantFrom(...PEOPLE);
/** More requests than ever are made in one story are asked about, and some that never can be. */
const request = fc.constantFrom('r1', 'r1', 'r1', 'r2', 'r2', 'r3', 'r0', '');
const text = fc.string({ maxLength: 8 });
const action = fc.constantFrom<Action>('terminate', 'terminate', 'restart', 'restart', 'cancel');
const outcome = fc.constantFrom('done', 'nothing_to_do', 'refused', 'failed');
const level = fc.integer({ min: -1, max: 6 });

const alert = fc.record({
  fingerprint: fc.constantFrom('f1', 'f1', 'f2', 'f3'),
  status: fc.constantFrom('firing', 'firing', 'resolved'),
  labels: fc.record(
    {
      alertname: fc.oneof(text, fc.constant('HighAPILatency')),
      severity: fc.constantFrom('critical', 'warning'),
      service: fc.constantFrom('orders', 'carts'),
    },
    { requiredKeys: [] },
  ),
  annotations: fc.record({ summary: text }),
  // Few different starts, so that repeats, late copies and new firings all occur.
  startsAt: fc.integer({ min: -2, max: 12 }).map((fives) => at(fives * 5 * MINUTE)),
});

const command: fc.Arbitrary<Command> = fc.oneof(
  EVENLY,
  {
    weight: 2,
    arbitrary: fc
      .array(alert, { maxLength: 3 })
      .map((alerts): Command => ({ type: 'ReceiveAlerts', id: 'inc-1', alerts, source: 'am' })),
  },
  { weight: 4, arbitrary: fc.constant<Command>({ type: 'CheckEscalation' }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('RequestRemedy'),
      by: person,
      action,
      target: fc.integer({ min: 1, max: 2 }).map(backend),
      preview: fc.constant(PREVIEW),
      reason: fc.constantFrom('it is stuck', 'it is stuck', ' '),
      id: fc.constant('inc-1'),
    }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('Approve'), by: person, request }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('Deny'), by: person, request }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('CancelQueued'), by: person, request }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('StartRemedy'),
      request,
      approvers: fc.oneof(fc.constant(PEOPLE), fc.subarray([...PEOPLE])),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('EndRemedy'), request, outcome, detail: text }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('ExpireRequest'), request }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('Acknowledge'), by: person }) },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('RunStep'), by: person, step: fc.integer({ min: 0, max: 3 }) }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('Escalate'), by: person, level }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('Escalate'), by: person }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('SuspectDataCorruption'), by: person }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('Snooze'), by: person, reason: text }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('HandOver'), by: person, to: person }) },
  {
    weight: 1,
    arbitrary: fc.constant<Command>({ type: 'RecordUnresponsive', since: at(0), detail: 'away' }),
  },
  { weight: 1, arbitrary: fc.constant<Command>({ type: 'RecordResponsive' }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('Resolve'), by: person }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('NoteRefusal'), by: person, act: text, why: text }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('RecordThread'), channel: text, ts: text }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('RecordStep'),
      step: fc.integer({ min: 1, max: 2 }),
      run: fc.integer({ min: 1, max: 2 }),
      ok: fc.boolean(),
      ms: fc.nat(1000),
      findings: fc.record({ headline: text, lines: fc.array(text, { maxLength: 2 }) }),
      facts: fc.constantFrom<Partial<Facts>>(
        {},
        {},
        {},
        { damage: { kind: 'sqlstate', sqlstate: 'XX001', message: 'invalid page' } },
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('RecordAssignment'), level, to: person, name: text }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('RecordPage'), level, dedupKey: text }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('RecordPageFailure'),
      level,
      detail: text,
      final: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('RecordDeadEffect'),
      effect: text,
      kind: fc.constantFrom('slack.message', 'remedy.execute', 'remedy.undo', 'remedy.verify'),
      request,
      detail: text,
    }),
  },
);

/** Waits of all sizes, those at which something falls due among them; most are short, so that much happens. */
const wait = fc.oneof(
  EVENLY,
  { weight: 6, arbitrary: fc.nat(20 * SECOND) },
  { weight: 2, arbitrary: fc.constantFrom(0, 1, 5 * MINUTE, 10 * MINUTE, 10 * MINUTE - 1, 30 * MINUTE) },
  { weight: 1, arbitrary: fc.nat(20 * MINUTE) },
);

const approver = fc.constantFrom(ALICE, ALICE, DIRK, DIRK, DORA, RITA);

/** A change that stands for twenty minutes. */
const POOL_SIZE: Target = {
  kind: 'pool_size',
  way: 'pgbouncer',
  at: 'db:6432',
  from: 20,
  to: 30,
  revertAfterMs: 20 * MINUTE,
};

/** The change is made, by a remedy whose approval nothing stands against. */
const RAISED: readonly Command[] = [
  {
    type: 'RequestRemedy',
    by: RITA,
    action: 'pool_size',
    target: POOL_SIZE,
    preview: PREVIEW,
    reason: 'it is stuck',
    id: 'inc-1',
  },
  { type: 'Approve', by: ALICE, request: 'r1' },
  { type: 'StartRemedy', request: 'r1', approvers: PEOPLE },
  { type: 'EndRemedy', request: 'r1', outcome: 'done', detail: '' },
];

/** The undoing of a change, by a person or by its timer, which chance may cut short or repeat. */
const undoScene: fc.Arbitrary<readonly Command[]> = fc
  .record({
    request: fc.constantFrom('r1', 'r1', 'r1', 'r2'),
    begin: fc.constantFrom<readonly Command[]>([], RAISED),
    asks: fc.option(person, { nil: undefined }),
    starts: fc.array(person, { maxLength: 2 }),
    late: fc.boolean(),
    ends: fc.array(outcome, { maxLength: 2 }),
  })
  .map(({ request, begin, asks, starts, late, ends }): Command[] => [
    ...begin,
    asks === undefined ? { type: 'RevertRemedy', request } : { type: 'Undo', by: asks, request },
    ...starts.map((by): Command => ({ type: 'StartUndo', request, by })),
    ...(late ? [{ type: 'DelayUndo', request, detail: 'away' } as const] : []),
    ...ends.map((one): Command => ({ type: 'EndUndo', request, outcome: one, detail: '' })),
  ]);

/** A remedy on its way, which chance may cut short or repeat: requests have low numbers, so scenes meet. */
const remedyScene: fc.Arbitrary<readonly Command[]> = fc
  .record({
    id: fc.constantFrom('r1', 'r2'),
    action,
    asks: approver,
    approves: fc.array(approver, { minLength: 1, maxLength: 4, size: 'max' }),
    ends: fc.integer({ min: 0, max: 2 }),
    target: fc.constantFrom(backend(1), POOL_SIZE, POOL_SIZE),
  })
  .map(({ id, action: what, asks, approves, ends, target }) => [
    {
      type: 'RequestRemedy',
      by: asks,
      action: what,
      target,
      preview: PREVIEW,
      reason: 'it is stuck',
      id: 'inc-1',
    },
    ...approves.map((by): Command => ({ type: 'Approve', by, request: id })),
    { type: 'StartRemedy', request: id, approvers: PEOPLE },
    ...Array.from(
      { length: ends },
      (): Command => ({ type: 'EndRemedy', request: id, outcome: 'done', detail: '' }),
    ),
  ]);

/** One alert that comes, perhaps is closed by hand, and goes. */
const alertScene: fc.Arbitrary<readonly Command[]> = fc
  .record({ since: fc.integer({ min: 0, max: 12 }), closes: fc.boolean(), clears: fc.boolean() })
  .map(({ since, closes, clears }) => [
    notification(firing('f1', since * 5 * MINUTE)),
    ...(closes ? [{ type: 'Resolve', by: RITA } as const] : []),
    ...(clears ? [notification(cleared('f1', 60 * MINUTE, since * 5 * MINUTE))] : []),
  ]);

const scene = fc.oneof(
  EVENLY,
  { weight: 6, arbitrary: command.map((one): readonly Command[] => [one]) },
  { weight: 2, arbitrary: remedyScene },
  { weight: 2, arbitrary: undoScene },
  { weight: 2, arbitrary: alertScene },
);

/** Anything that people, alerts, timers and effects may do to an incident, in any order, at any times. */
export const moves: fc.Arbitrary<readonly Move[]> = fc
  .tuple(fc.array(scene, { minLength: 1, maxLength: 25, size: 'max' }), fc.infiniteStream(wait), fc.nat(3))
  .map(([scenes, waits, quiet]) => {
    // Most stories are an incident's; without an alert first, a request stands for itself.
    const begin = quiet === 0 ? [] : [notification(firing())];
    return [...begin, ...scenes.flat()].map((one): Move => ({ wait: waits.next().value ?? 0, command: one }));
  });

const unless = fc.option(
  fc.constantFrom<Unless>('acknowledged', 'root_cause_identified', 'mitigated', 'resolved'),
  {
    nil: undefined,
  },
);

const rung: fc.Arbitrary<Level> = fc
  .record({
    afterMs: fc.constantFrom(0, 1, SECOND, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE),
    pages: fc.boolean(),
    unless,
    channel: fc.constantFrom('#a', undefined),
  })
  .map(({ unless: condition, channel, ...rest }) => ({
    name: 'a level',
    ...rest,
    ...(condition === undefined ? {} : { unless: condition }),
    ...(channel === undefined ? {} : { channel }),
  }));

/** The contract's rules, with levels of any times and conditions. */
export const policies: fc.Arbitrary<Policy> = fc
  .record({
    levels: fc.array(rung, { maxLength: 5, size: 'max' }),
    corruption: fc.constantFrom<number | 'next'>(1, 4, 9, 'next'),
    silence: fc.constantFrom<number | 'next'>(2, 'next'),
    services: fc.constantFrom<number | 'next'>(3, 'next'),
    pool: fc.boolean(),
    rest: fc.boolean(),
  })
  .map(({ levels, corruption, silence, services, pool, rest: hasRest }) => {
    const { pool: orders, ...rest } = POLICY;
    return {
      ...rest,
      escalation: {
        levels,
        rest: hasRest,
        atOnce: {
          data_corruption: corruption,
          database_unresponsive: silence,
          multiple_services: services,
          fix_failed: 'next',
        },
      },
      ...(pool && orders !== undefined ? { pool: orders } : {}),
    };
  });
