import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decide } from '../../src/incident/decide/index.ts';
import { effectsOf } from '../../src/incident/effects-of.ts';
import {
  dueAt,
  dueLevels,
  fallsDueAt,
  hasReached,
  isUnnecessary,
  SNOOZE_MS,
} from '../../src/incident/escalation.ts';
import type { Event } from '../../src/incident/events.ts';
import { evolve, fold } from '../../src/incident/evolve.ts';
import type { Policy } from '../../src/incident/policy.ts';
import { type Incident, levelInForce } from '../../src/incident/state.ts';
import { BEGIN, MINUTE, type Outcome, only, Story } from './given.ts';
import { type Move, moves, policies } from './random-story.ts';

/** Lives a random story, and calls `look` after each command with the incident before it. */
function live(
  policy: Policy,
  story: readonly Move[],
  look?: (told: Story, before: Incident | undefined, out: Outcome) => void,
) {
  const told = new Story(policy);
  for (const { wait, command } of story) {
    const before = told.state;
    const out = told.at(told.clock + wait).when(command);
    look?.(told, before, out);
  }
  return told;
}

/** Lives many random stories. */
function always(prove: (policy: Policy, story: readonly Move[]) => void): void {
  fc.assert(fc.property(policies, moves, prove), { numRuns: 120 });
}

test('no command at any time throws, and the incident that is kept is the sum of its events', () => {
  always((policy, story) => {
    const told = live(policy, story);
    expect(fold(told.events)).toEqual(told.state);
    expect(told.state?.seq ?? 0).toBe(told.events.length);
  });
});

test('an incident survives being written down as JSON', () => {
  always((policy, story) => {
    const told = live(policy, story);
    const events = told.events.map((event) => JSON.parse(JSON.stringify(event)));
    expect(fold(events)).toEqual(
      told.state === undefined ? undefined : JSON.parse(JSON.stringify(told.state)),
    );
  });
});

test('deciding and reacting change nothing of what they are given, and give the same again', () => {
  always((policy, story) => {
    live(policy, story, (told, before) => {
      const frozen = deepFreeze(before);
      const command = story[0]?.command;
      if (command === undefined) return;
      const now = new Date(BEGIN + told.clock);
      const once = decide(frozen, command, now, policy);
      expect(decide(frozen, command, now, policy)).toEqual(once);
      if (once.events.length === 0) return;
      expect(effectsOf(frozen, once.events, policy)).toEqual(effectsOf(frozen, once.events, policy));
    });
  });
});

test('no level is reached twice in one firing, and none while the incident is resolved', () => {
  always((policy, story) => {
    let state: Incident | undefined;
    let reached = new Set<number>();
    for (const event of live(policy, story).events) {
      if (event.type === 'IncidentReopened') reached = new Set();
      if (event.type === 'LevelReached') {
        expect(reached.has(event.level)).toBe(false);
        expect(state?.status).toBe('open');
        expect(event.level >= 1 && event.level <= policy.escalation.levels.length).toBe(true);
        reached.add(event.level);
      }
      state = evolve(state, event);
    }
  });
});

test('however long the silence, after the next check every level that is due and necessary has been reached', () => {
  fc.assert(
    fc.property(policies, moves, fc.nat(60 * 60_000), (policy, story, silence) => {
      const told = live(policy, story);
      told.at(told.clock + silence).given({ type: 'CheckEscalation' });
      const { state } = told;
      if (state?.kind !== 'incident') return;
      for (const [index, level] of policy.escalation.levels.entries()) {
        const due = fallsDueAt(state, level, index + 1);
        if (isUnnecessary(state, level) || due > BEGIN + told.clock) continue;
        expect(state.levels.some((one) => one.level === index + 1)).toBe(true);
      }
    }),
    { numRuns: 120 },
  );
});

test('for every level that can fall due later a timer is owed at that time', () => {
  always((policy, story) => {
    const told = live(policy, story);
    const { state } = told;
    if (state?.kind !== 'incident' || state.status === 'resolved') return;
    const rings = told.effects.flatMap((effect) =>
      effect.kind === 'timer' && effect.payload.command === 'CheckEscalation'
        ? [Date.parse(effect.due ?? '')]
        : [],
    );
    for (const [index, level] of policy.escalation.levels.entries()) {
      const due = fallsDueAt(state, level, index + 1);
      if (hasReached(state, index + 1) || due <= BEGIN + told.clock) continue;
      expect(rings).toContain(due);
    }
  });
});

test('the level in force never sinks within a firing, and none is skipped for one above it', () => {
  always((policy, story) => {
    let state: Incident | undefined;
    for (const event of live(policy, story).events) {
      const before = state;
      state = evolve(state, event);
      if (before === undefined || before.firing !== state.firing) continue;
      expect(levelInForce(state)).toBeGreaterThanOrEqual(levelInForce(before));
    }
    // What was jumped over has its time all the same.
    if (state === undefined || state.kind !== 'incident') return;
    const late = new Date(BEGIN + 365 * 24 * 60 * MINUTE);
    const due = dueLevels(state, late, policy).map(({ level }) => level);
    for (const [index, level] of policy.escalation.levels.entries()) {
      const isOwed = !isUnnecessary(state, level) && !hasReached(state, index + 1);
      expect(due.includes(index + 1)).toBe(isOwed);
    }
  });
});

test('a level is put off once and by ten minutes at the most; a condition that skips the wait is put off never', () => {
  always((any, story) => {
    // Levels in another order than that of their times are refused at the start.
    const levels = any.escalation.levels.toSorted((a, b) => a.afterMs - b.afterMs);
    const policy: Policy = { ...any, escalation: { ...any.escalation, levels } };
    live(policy, story, (told, before, { events }) => {
      const { state: incident } = told;
      if (incident === undefined) return;
      for (const [index, level] of policy.escalation.levels.entries()) {
        const lateMs = fallsDueAt(incident, level, index + 1) - dueAt(incident, level);
        expect(lateMs).toBeGreaterThanOrEqual(0);
        expect(lateMs).toBeLessThanOrEqual(SNOOZE_MS);
      }
      const put = (incident.snoozes ?? []).map(({ level }) => level);
      expect(new Set(put).size).toBe(put.length);
      const met = only(events, 'DatabaseUnresponsive').length > 0;
      const called = before?.levels.some(({ condition }) => condition === 'database_unresponsive') === true;
      const target = policy.escalation.atOnce.database_unresponsive;
      if (met && !called && typeof target === 'number' && target <= policy.escalation.levels.length) {
        expect(hasReached(incident, target)).toBe(true);
      }
      const isPutOff = (incident.snoozes ?? []).some(
        ({ isOver, until }) => isOver !== true && Date.parse(until) > BEGIN + told.clock,
      );
      if (met) expect(isPutOff).toBe(false);
    });
  });
});

test('a remedy starts only after enough valid approvals, once, and ends once', () => {
  always((policy, story) => {
    const { events } = live(policy, story);
    const starts = only(events, 'RemedyStarted').map((event) => event.request);
    const ends = only(events, 'RemedyEnded').map((event) => event.request);
    expect(new Set(starts).size).toBe(starts.length);
    expect(new Set(ends).size).toBe(ends.length);
    for (const start of starts) {
      const asked = only(events, 'RemedyRequested').find((event) => event.request.id === start)?.request;
      const approvals = only(events, 'RemedyApproved').filter((event) => event.request === start);
      const two = policy.access.twoPerson.includes(asked?.action ?? 'restart');
      expect(new Set(approvals.map((event) => event.by.id)).size).toBe(two ? 2 : 1);
      expect(approvals.every((event) => Date.parse(event.at) < Date.parse(asked?.expiresAt ?? ''))).toBe(
        true,
      );
      // Of the people of a random story, these have no right to approve, or none that could be read.
      expect(approvals.some((event) => ['U0RITA', 'U0GUEST', 'PD1'].includes(event.by.id))).toBe(false);
      if (two) expect(approvals.map((event) => event.by.id)).not.toContain(asked?.requestedBy.id);
    }
    for (const end of only(events, 'RemedyEnded')) {
      expect(end.outcome === 'refused' || starts.includes(end.request)).toBe(true);
    }
  });
});

test('a remedy is sent off once, and only with the approval that was enough', () => {
  always((policy, story) => {
    const told = live(policy, story);
    const sent = told.effects.flatMap((effect) =>
      effect.kind === 'remedy.execute' ? [effect.payload.request] : [],
    );
    const enough = only(told.events, 'RemedyApproved').flatMap((event) =>
      event.enough ? [event.request] : [],
    );
    expect(sent).toEqual(enough);
    expect(new Set(sent).size).toBe(sent.length);
  });
});

test('a change is undone only while it stands, by an approver or when its time is up, one try after the other', () => {
  let undone = 0;
  always((policy, story) => {
    const told = live(policy, story, (_told, before, { events }) => {
      for (const event of only(events, 'UndoAsked')) {
        const request = before?.requests[event.request];
        expect(request?.result?.outcome).toBe('done');
        expect(request?.undo?.status).toBe('standing');
        // Of the people of a random story, these have no right to approve, or none that could be read.
        expect(['U0RITA', 'U0GUEST', 'PD1']).not.toContain(event.by.id);
        const isTimer = event.by.via === 'system';
        if (isTimer && !story.some(({ command }) => command.type === 'Undo')) {
          expect(Date.parse(event.at)).toBeGreaterThanOrEqual(Date.parse(request?.undo?.until ?? ''));
        }
      }
      for (const { request } of only(events, 'UndoStarted')) {
        expect(before?.requests[request]?.undo?.status).toBe('asked');
      }
    });
    const count = (type: Event['type']) => told.events.filter((event) => event.type === type).length;
    expect(count('UndoStarted')).toBeLessThanOrEqual(count('UndoAsked'));
    expect(count('UndoEnded')).toBeLessThanOrEqual(count('UndoAsked'));
    expect(told.effects.filter(({ kind }) => kind === 'remedy.undo')).toHaveLength(count('UndoAsked'));
    undone += count('UndoEnded');
  });
  expect(undone).toBeGreaterThan(0);
});

test('no two effects of an incident share an id', () => {
  always((policy, story) => {
    const ids = live(policy, story).effects.map((effect) => effect.id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

test('in its thread an incident draws only messages that are its own', () => {
  always((policy, story) => {
    const told = live(policy, story);
    for (const effect of told.effects) {
      if (effect.kind !== 'slack.message') continue;
      const [kind, one] = effect.payload.slot.split('-');
      if (kind === 'note') expect(told.state?.notes).toContain(Number(one));
      if (kind === 'step') expect(told.state?.steps[Number(one)]).toBeDefined();
      if (kind === 'request') expect(told.state?.requests[String(one)]).toBeDefined();
    }
  });
});

test('an incident is resolved at most once between two openings', () => {
  always((policy, story) => {
    let open = false;
    for (const event of live(policy, story).events) {
      if (event.type === 'IncidentOpened' || event.type === 'IncidentReopened') {
        expect(open).toBe(false);
        open = true;
      }
      if (event.type === 'Resolved') {
        expect(open).toBe(true);
        open = false;
      }
    }
  });
});

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) deepFreeze(part);
  }
  return value;
}
