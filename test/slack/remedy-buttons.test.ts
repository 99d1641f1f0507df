import { expect, test } from 'vitest';
import { validateBlocks } from '../../src/console/slack/validate.ts';
import type { SessionRow } from '../../src/incident/events.ts';
import type { SuggestedRemedy } from '../../src/incident/verdict.ts';
import { actions } from '../../src/slack/views/blocks.ts';
import { remedyButton } from '../../src/slack/views/remedy-buttons.ts';
import { sessionBlocks } from '../../src/slack/views/step.ts';

const START = '2026-03-02T02:11:09.123456Z';
const QUERY = '2026-03-02T02:59:01.000001Z';
const PLACE = { i: 'inc-1', pool: 'orders' };

function row(pid: number, state: string): SessionRow {
  return {
    pid,
    backendStart: START,
    queryStart: QUERY,
    application: 'catalytic-api',
    user: 'app',
    client: 'local',
    state,
    ageMs: 1_000,
    query: 'select ?',
    blocks: 0,
  };
}

/** The words of all buttons, in order. */
function words(blocks: object): string[] {
  return [...JSON.stringify(blocks).matchAll(/"type":"button","text":\{[^}]*?"text":"([^"]*)"/g)].map(
    (found) => found[1] ?? '',
  );
}

test('a session at a query can have it cancelled or be ended; an idle one only be ended', () => {
  const blocks = sessionBlocks([row(1, 'active'), row(2, 'idle in transaction')], {
    ...PLACE,
    buttons: true,
  });
  expect(validateBlocks(blocks)).toEqual([]);
  expect(words(blocks)).toEqual(['Cancel query', 'Terminate', 'Terminate']);
  expect(JSON.stringify(blocks)).toContain(
    JSON.stringify(JSON.stringify({ ...PLACE, pid: 1, b: START, q: QUERY })),
  );
});

test('a closed incident has no buttons', () => {
  expect(words(sessionBlocks([row(1, 'active')], { ...PLACE, buttons: false }))).toEqual([]);
});

test('what the verdict suggests is one press away, where a press can ask for it', () => {
  const target = { kind: 'backend', pid: 7, backendStart: START, application: 'shop' } as const;
  const word = (remedy: SuggestedRemedy) => remedyButton(PLACE, remedy)?.text.text;
  expect(word({ action: 'terminate', target })).toBe('Terminate');
  expect(word({ action: 'cancel', target: { ...target, queryStart: QUERY } })).toBe('Cancel query');
  expect(word({ action: 'restart' })).toBe('Restart');
  expect(word({ action: 'restart', target: { kind: 'application', application: 'shop' } })).toBe('Restart');
  const leak = { kind: 'leak', application: 'a'.repeat(63), lastStatement: '"'.repeat(120) } as const;
  expect(word({ action: 'terminate_leak', target: leak })).toBe('Terminate');
  const prepared = { kind: 'prepared', gid: '\\'.repeat(199), database: 'd' } as const;
  expect(word({ action: 'rollback_prepared', target: prepared })).toBe('Terminate');
  for (const target of [leak, prepared]) {
    const drawn = remedyButton(PLACE, { action: 'terminate', target });
    expect(drawn && validateBlocks([actions('suggested', [drawn])])).toEqual([]);
  }
  expect(word({ action: 'pool_size' })).toBe('Raise pool size');
});
