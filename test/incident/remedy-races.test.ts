import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Command } from '../../src/incident/commands.ts';
import type { Event } from '../../src/incident/events.ts';
import type { Actor, PersonRef } from '../../src/incident/people.ts';
import type { Policy } from '../../src/incident/policy.ts';
import type { Action } from '../../src/incident/remedy.ts';
import {
  BEGIN,
  backend,
  firing,
  MINUTE,
  notification,
  only,
  POLICY,
  PREVIEW,
  SECOND,
  Story,
} from './given.ts';

/**
 * Approvals, denials, cancellations, timers, starts, crashes and changes of rights in any order and at any
 * times. What must hold is counted here from who was in which group when, not by the product's own rules.
 */

/** Four who are DBAs until they are put out, one who is on call only, one who is nobody. */
const DBAS = ['U0ANN', 'U0BEN', 'U0CEM', 'U0DEE'] as const;
const RESPONDER = 'U0RAY';
const PEOPLE = [...DBAS, RESPONDER, 'U0NEMO'] as const;
type Name = (typeof PEOPLE)[number];

const TTL = POLICY.access.approvalTtlMs;

type Move =
  | { readonly kind: 'ask'; readonly by: Name; readonly action: Action; readonly pid: number }
  | {
      readonly kind: 'press';
      readonly what: 'Approve' | 'Deny' | 'CancelQueued';
      readonly by: Name;
      readonly request: string;
    }
  | { readonly kind: 'membership'; readonly of: Name; readonly isIn: boolean }
  | { readonly kind: 'readable'; readonly are: boolean }
  | { readonly kind: 'two_person'; readonly actions: readonly Action[] }
  | { readonly kind: 'expire'; readonly request: string }
  /** A worker takes the n-th owed execution; killed after so many of its moves, or not at all. */
  | { readonly kind: 'work'; readonly nth: number; readonly killedAfter?: 'start' | 'deed' }
  | { readonly kind: 'late_start'; readonly request: string }
  | { readonly kind: 'resolve' }
  | { readonly kind: 'refire' };

const name = fc.constantFrom<Name>(...DBAS, ...DBAS, ...PEOPLE);
const request = fc.constantFrom('r1', 'r1', 'r1', 'r2', 'r2', 'r3', 'r9');
const action = fc.constantFrom<Action>('terminate', 'terminate', 'restart', 'restart', 'cancel');

const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('ask'), by: name, action, pid: fc.constantFrom(1, 2) }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant('press'),
      what: fc.constantFrom('Approve', 'Approve', 'Approve', 'Deny', 'CancelQueued'),
      by: name,
      request,
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('membership'), of: name, isIn: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('readable'), are: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('two_person'),
      actions: fc.constantFrom<Action[]>([], ['restart'], ['restart', 'terminate']),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('expire'), request }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('work'),
      nth: fc.nat(2),
      killedAfter: fc.constantFrom(undefined, undefined, 'start', 'deed'),
    }) as fc.Arbitrary<Move>,
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('late_start'), request }) },
  { weight: 1, arbitrary: fc.constant<Move>({ kind: 'resolve' }) },
  { weight: 1, arbitrary: fc.constant<Move>({ kind: 'refire' }) },
);

const wait = fc.oneof(
  { weight: 8, arbitrary: fc.nat(20 * SECOND) },
  { weight: 2, arbitrary: fc.constantFrom(0, 1, MINUTE, TTL - 1, TTL) },
);

const races = fc.tuple(
  fc.boolean(),
  fc.array(fc.record({ move, wait }), { minLength: 4, maxLength: 45, size: 'max' }),
);

/** The world around one incident: who is in which group, what is owed, and what was really done. */
class World {
  readonly story = new Story(POLICY);
  readonly dbas = new Set<string>(DBAS);
  readable = true;
  /** The requests whose execution is owed and not done with, oldest first. */
  readonly owed: string[] = [];
  /** What was carried out on the outside; a second time only if the first was by a killed worker. */
  readonly deeds: { readonly request: string; readonly again: boolean }[] = [];

  act({ move: one, wait: ms }: { readonly move: Move; readonly wait: number }): void {
    this.story.at(this.story.clock + ms);
    switch (one.kind) {
      case 'ask':
        this.give({
          type: 'RequestRemedy',
          by: this.actor(one.by),
          action: one.action,
          target: backend(one.pid),
          preview: PREVIEW,
          reason: 'it is stuck',
          id: 'inc-1',
        });
        return;
      case 'press':
        this.press(one.what, one.by, one.request);
        return;
      case 'membership':
        if (one.isIn && one.of !== RESPONDER && one.of !== 'U0NEMO') this.dbas.add(one.of);
        else this.dbas.delete(one.of);
        return;
      case 'readable':
        this.readable = one.are;
        return;
      case 'two_person':
        this.story.policy = withTwoPerson(this.story.policy, one.actions);
        return;
      case 'expire':
        this.give({ type: 'ExpireRequest', request: one.request });
        return;
      case 'work':
        this.work(this.owed[one.nth % Math.max(1, this.owed.length)], one.killedAfter);
        return;
      case 'late_start':
        // An effect that was done with long ago, or never committed, and comes again all the same.
        if (!this.owed.includes(one.request)) this.start(one.request, true);
        return;
      case 'resolve':
        this.give({ type: 'Resolve', by: { id: RESPONDER, groups: ['S0ONCALL'], via: 'slack' } });
        return;
      case 'refire':
        this.give(notification(firing('f1', this.story.clock)));
        return;
    }
  }

  give(command: Command) {
    const out = this.story.when(command);
    for (const effect of out.effects)
      if (effect.kind === 'remedy.execute') this.owed.push(effect.payload.request);
    return out;
  }

  actor(id: string): Actor {
    if (!this.readable) return { id, groups: 'unreadable', via: 'slack' };
    const groups = this.dbas.has(id) ? ['S0DBA', 'S0ONCALL'] : id === 'U0NEMO' ? [] : ['S0ONCALL'];
    return { id, groups, via: 'slack' };
  }

  mayApprove({ id }: Pick<PersonRef, 'id'>): boolean {
    return this.readable && this.dbas.has(id);
  }

  press(type: 'Approve' | 'Deny' | 'CancelQueued', by: Name, id: string): void {
    const before = this.story.state?.requests[id];
    const out = this.give({ type, by: this.actor(by), request: id });
    // Whoever presses is answered, and what is refused to them is an event.
    expect(out.told).toBeDefined();
    const open = type === 'CancelQueued' ? before?.status === 'approved' : before?.status === 'pending';
    const isOwn = type !== 'Approve' && before?.requestedBy.id === by;
    if (open && !isOwn && !this.mayApprove({ id: by })) {
      expect(out.events.map((event) => event.type)).toEqual(['ActRefused']);
    }
    if (out.told?.code === 'own_request') expect(only(out.events, 'ActRefused')).toHaveLength(1);
  }

  work(id: string | undefined, killedAfter?: 'start' | 'deed'): void {
    if (id === undefined) return;
    const told = this.start(id, false);
    if (killedAfter === 'start') return;
    if (told?.code === 'start') {
      if (told.lapsed === undefined) this.deeds.push({ request: id, again: told.again });
      if (killedAfter === 'deed') return;
      this.give({ type: 'EndRemedy', request: id, outcome: 'done', detail: 'ended' });
    }
    this.owed.splice(this.owed.indexOf(id), 1);
  }

  /** The last look before a deed; where it lets one through, everything that entitles to it is counted here. */
  start(id: string, isLate: boolean) {
    const { story } = this;
    const asked = story.state?.requests[id];
    const approvers = (asked?.approvals ?? []).map(({ by }) => this.actor(by.id));
    const out = this.give({ type: 'StartRemedy', request: id, approvers });
    if (out.told?.code !== 'start') {
      expect(only(out.events, 'RemedyStarted')).toEqual([]);
      return out.told;
    }
    expect(isLate, 'what is not owed is not started').toBe(false);
    const so = (fits: boolean, what: string) => expect(fits, `${id}: ${what}`).toBe(true);
    const of = story.events.filter((event) => 'request' in event && event.request === id);
    so(!of.some(({ type }) => CLOSED.has(type)), 'it was denied, cancelled, expired or over');
    so(only(of, 'RemedyStarted').length === 1, 'it is started once');
    const approved = only(of, 'RemedyApproved');
    const request = story.incident.requests[id];
    so(
      approved.every(({ at }) => Date.parse(at) < Date.parse(request?.expiresAt ?? '')),
      'approved in time',
    );
    const entitled = (): boolean => {
      const now = BEGIN + story.clock;
      const last = Math.max(...approved.map(({ at }) => Date.parse(at)));
      const two = story.policy.access.twoPerson.includes(request?.action ?? 'restart');
      const whose = new Set(approved.map(({ by }) => by.id));
      if (two) whose.delete(request?.requestedBy.id ?? '');
      return (
        story.incident.status === 'open' &&
        now - last < TTL &&
        approved.every(({ by }) => this.mayApprove(by)) &&
        whose.size >= (two ? 2 : 1)
      );
    };
    expect(out.told.lapsed === undefined, `${id}: what may be done is what was validly approved`).toBe(
      entitled(),
    );
    return out.told;
  }
}

const CLOSED: ReadonlySet<Event['type']> = new Set([
  'RemedyDenied',
  'RemedyCancelled',
  'RemedyExpired',
  'RemedyEnded',
]);

test('500 races and more: nothing runs without valid approvals, nothing twice, and every end is told', () => {
  const reached = new Set<string>();
  fc.assert(
    fc.property(races, ([inIncident, moves]) => {
      const world = new World();
      if (inIncident) world.story.given(notification(firing()));
      for (const one of moves) {
        world.act(one);
        everyApprovalIsOwedOrOver(world);
      }
      for (let left = world.owed.length; left > 0; left -= 1) world.work(world.owed[0]);
      expect(world.owed).toEqual([]);
      everyApprovalIsOwedOrOver(world);
      eachIsToldOnce(world);
      for (const one of Object.values(world.story.state?.requests ?? {})) {
        reached.add(one.result === undefined ? one.status : `${one.status} ${one.result.outcome}`);
      }
      if (world.deeds.some(({ again }) => again)) reached.add('done again');
    }),
    { numRuns: 1_000 },
  );
  // Races that never meet would prove nothing.
  expect([...reached].toSorted()).toEqual(
    ['cancelled', 'denied', 'done again', 'ended done', 'ended refused', 'expired', 'pending'].toSorted(),
  );
});

/** What was approved is over, or somebody owes it. */
function everyApprovalIsOwedOrOver({ story, owed }: World): void {
  const isOver = story.state?.status === 'resolved';
  for (const { id, status } of Object.values(story.state?.requests ?? {})) {
    if (status === 'approved' || status === 'running') expect(owed).toContain(id);
    // With its incident everything ends that has not begun.
    if (isOver) expect(['pending', 'approved']).not.toContain(status);
  }
}

/** Of each request the events tell one way from the asking to the end, and the deed stands between them. */
function eachIsToldOnce({ story, deeds }: World): void {
  for (const { id, status } of Object.values(story.state?.requests ?? {})) {
    const of = story.events.filter((event) => 'request' in event && event.request === id);
    const count = (type: Event['type']): number => of.filter((event) => event.type === type).length;
    const ends = [...CLOSED].reduce((sum, type) => sum + count(type), 0);
    expect(ends, `${id} ends once`).toBe(status === 'pending' ? 0 : 1);
    expect(count('RemedyStarted')).toBeLessThanOrEqual(1);
    const done = deeds.filter((deed) => deed.request === id);
    if (done.length > 0) expect(count('RemedyStarted')).toBe(1);
    expect(done.filter(({ again }) => !again).length, `${id}: first runs`).toBeLessThanOrEqual(1);
  }
}

function withTwoPerson(policy: Policy, twoPerson: readonly Action[]): Policy {
  return { ...policy, access: { ...policy.access, twoPerson } };
}
