import { expect, test } from 'vitest';
import type { Command } from '../../src/incident/commands.ts';
import { isUnnecessary } from '../../src/incident/escalation.ts';
import type { Policy } from '../../src/incident/policy.ts';
import type { PoolReading } from '../../src/incident/remedy.ts';
import {
  ALICE,
  asking,
  at,
  cleared,
  fired,
  inThread,
  levels,
  MINUTE,
  notification,
  only,
  owed,
  POLICY,
  RITA,
  SECOND,
  type Story,
  types,
} from './given.ts';

const WATCHED: Policy = {
  ...POLICY,
  pool: { name: 'orders', threshold: 90, steps: [2], verify: { withinMs: MINUTE, healthyBelow: 80 } },
};

function pool(percent: number): PoolReading {
  return { used: percent, usable: 100, percent, at: at(0) };
}

/** A remedy asked for, approved, started and ended at the story's present time. */
function remedy(id: string, pid: number, outcome: 'done' | 'nothing_to_do' = 'done'): Command[] {
  return [
    asking(RITA, pid),
    { type: 'Approve', by: ALICE, request: id },
    { type: 'StartRemedy', request: id, approvers: [ALICE] },
    { type: 'EndRemedy', request: id, outcome, detail: 'it has ended', before: pool(97), after: pool(96) },
  ];
}

function look(percent: number | undefined, request = 'r1'): Command {
  return {
    type: 'RecordVerification',
    request,
    ...(percent === undefined ? {} : { reading: pool(percent) }),
  };
}

function watched(): Story {
  return inThread(WATCHED)
    .at(MINUTE)
    .given(...remedy('r1', 4711));
}

test('a remedy that was carried out is watched from a second after it on; one that did nothing is not', () => {
  const verify = (story: Story) => owed(story.effects).filter((line) => line.startsWith('verify'));
  expect(verify(watched())).toEqual([`verify r1 at ${at(MINUTE + SECOND)}`]);
  expect(verify(inThread(WATCHED).given(...remedy('r1', 4711, 'nothing_to_do')))).toEqual([]);
  expect(verify(inThread().given(...remedy('r1', 4711)))).toEqual([]);
});

test('below the line the incident is mitigated, and says so with the pool before and after', () => {
  const story = watched().at(MINUTE + 5 * SECOND);
  const { events, effects } = story.when(look(79));
  expect(events).toEqual([
    { type: 'Mitigated', at: at(65 * SECOND), request: 'r1', before: pool(97), after: pool(79) },
  ]);
  expect(story.incident).toMatchObject({ mitigatedAt: at(65 * SECOND), status: 'open', reading: pool(79) });
  expect(owed(effects)).toEqual(['draw parent', expect.stringMatching(/^draw note-/), 'share mitigation-r1']);
  expect(isUnnecessary(story.incident, { name: 'L', afterMs: 0, pages: true, unless: 'mitigated' })).toBe(
    true,
  );
  expect(story.when(look(10)).events).toEqual([]);
});

test('where the chart cannot be shown, the note that tells it says it in words', () => {
  const story = watched().at(MINUTE + 5 * SECOND);
  const { effects } = story.when(look(79));
  const note = owed(effects).find((line) => line.startsWith('draw note-'));
  const share = (fileOrWords: object): Command => ({
    type: 'RecordFile',
    file: 'mitigation-r1',
    firing: 1,
    ...fileOrWords,
  });
  expect(owed(story.when(share({ instead: 'before and after █▁' })).effects)).toEqual([note]);
  expect(owed(story.when(share({ fileId: 'F1' })).effects)).toEqual([]);
});

test('a thread that opens after the mitigation gets the chart, too', () => {
  const story = fired(WATCHED)
    .at(MINUTE)
    .given(...remedy('r1', 4711), look(10));
  expect(owed(story.effects)).not.toContain('share mitigation-r1');
  const { effects } = story.when({ type: 'RecordThread', channel: 'C1', ts: '1.000001' });
  expect(owed(effects)).toContain('share mitigation-r1');
});

test('at the line it is not mitigated, and before its time is up it has not failed either', () => {
  const story = watched().at(2 * MINUTE - 1);
  expect(story.when(look(80)).events).toEqual([]);
  expect(story.when(look(undefined)).events).toEqual([]);
});

test('not below in time: the fix has failed, the next level is reached at once, all checks run again', () => {
  for (const percent of [95, undefined]) {
    const story = watched();
    story.given({
      type: 'RecordStep',
      step: 2,
      run: 1,
      ok: true,
      ms: 1,
      findings: { headline: '', lines: [] },
    });
    const { events, effects } = story.at(2 * MINUTE).when(look(percent));
    expect(types(events)).toEqual(['FixFailed', 'LevelReached', 'StepStarted']);
    expect(only(events, 'LevelReached')).toMatchObject([
      { level: 2, why: 'at_once', condition: 'fix_failed' },
    ]);
    expect(owed(effects)).toEqual(expect.arrayContaining(['trigger L2', 'step 2 run 2']));
    expect(story.incident.mitigatedAt).toBeUndefined();
  }
});

test('a second fix that fails in the same firing is told, and calls nobody further', () => {
  const story = watched()
    .at(2 * MINUTE)
    .given(look(95));
  story.given(...remedy('r2', 4712));
  const { events } = story.at(3 * MINUTE).when(look(95, 'r2'));
  expect(types(events)).toContain('FixFailed');
  expect(levels(events)).toEqual([]);
});

test('where the configuration names no level for it, a failed fix escalates nobody', () => {
  const story = watched();
  story.policy = { ...WATCHED, escalation: { ...WATCHED.escalation, atOnce: {} } };
  expect(levels(story.at(2 * MINUTE).when(look(95)).events)).toEqual([]);
});

test('the newest remedy decides: an earlier one is no failure while another is watched', () => {
  const story = watched()
    .at(MINUTE + 30 * SECOND)
    .given(...remedy('r2', 4712));
  expect(story.at(2 * MINUTE).when(look(95)).events).toEqual([]);
  expect(types(story.at(2 * MINUTE + 30 * SECOND).when(look(95, 'r2')).events)[0]).toBe('FixFailed');
});

test('a later remedy that fails takes the mitigation back: the levels it spared are needed again', () => {
  const story = watched()
    .given(look(70))
    .at(3 * MINUTE)
    .given(...remedy('r2', 4712))
    .at(4 * MINUTE)
    .given(look(95, 'r2'));
  expect(story.incident.mitigatedAt).toBeUndefined();
});

test('of an incident that is over, or fires anew since, the watch says nothing', () => {
  const over = watched().given(notification(cleared('f1', MINUTE)));
  expect(over.incident.status).toBe('resolved');
  expect(over.at(2 * MINUTE).when(look(95)).events).toEqual([]);
  expect(over.when(look(10)).events).toEqual([]);
});

test('what was never carried out has nothing to be verified', () => {
  expect(
    inThread(WATCHED)
      .given(asking(RITA))
      .at(9 * MINUTE)
      .when(look(95)).events,
  ).toEqual([]);
  expect(inThread(WATCHED).when(look(10)).events).toEqual([]);
});
