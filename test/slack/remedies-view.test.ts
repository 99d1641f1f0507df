import { expect, test } from 'vitest';
import { validateBlocks } from '../../src/console/slack/validate.ts';
import type { Action } from '../../src/incident/remedy.ts';
import { remediesView } from '../../src/slack/views/remedies.ts';
import { ALICE, asking, inThread, POLICY, RITA } from '../incident/given.ts';

const shown = (options: Partial<Parameters<typeof remediesView>[0]> = {}) => {
  const view = remediesView({
    pool: 'orders',
    configured: new Set<Action>(),
    open: [],
    access: POLICY.access,
    ...options,
  });
  expect(validateBlocks(view.blocks)).toEqual([]);
  return JSON.stringify(view.blocks);
};

test('a restart has its button where the configuration has a way for it, and else the key to add', () => {
  expect(shown()).toMatch(/\*Restart\*.*Not possible yet: add `restart`/);
  expect(shown()).not.toContain('"action_id":"restart"');
  expect(shown({ configured: new Set<Action>(['restart']) })).toContain('"action_id":"restart"');
});

test('what waits, is queued or runs is listed with its people; what is over is not', () => {
  const story = inThread().given(asking(RITA, 1), asking(RITA, 2), asking(RITA, 3), asking(RITA, 4));
  story.given(
    { type: 'Approve', by: ALICE, request: 'r2' },
    { type: 'Approve', by: ALICE, request: 'r3' },
    { type: 'StartRemedy', request: 'r3', approvers: [ALICE] },
    { type: 'Deny', by: ALICE, request: 'r4' },
  );
  const text = shown({ open: [story.incident], incident: story.incident });
  expect(text).toMatch(/waits for an approval until .*asked for by <@U0RITA>/);
  expect(text).toMatch(/queued: .*approved by <@U0ALICE>/);
  expect(text).toMatch(/running: .*approved by <@U0ALICE>/);
  expect(text.match(/asked for by/g)).toHaveLength(3);
  expect(shown()).toContain('*Under way*: nothing');
});

test('who may approve is named, and what takes two', () => {
  expect(shown()).toContain(
    'May approve: <!subteam^S0DBA>, <@U0ALICE>. Two of them besides the one who asks: restart.',
  );
  expect(shown({ access: { ...POLICY.access, approvers: [] } })).toContain('Nobody may approve');
});

test('a verdict that suggests the restart has its button once', () => {
  const story = inThread();
  const incident = {
    ...story.incident,
    pool: 'orders',
    verdict: {
      at: story.incident.openedAt,
      complete: true,
      causes: [
        {
          cause: 'retry_storm' as const,
          title: 'A retry storm',
          confidence: 'likely' as const,
          probability: 0.9,
          evidence: [],
          advice: 'Stop the retries.',
          remedy: { action: 'restart' as const },
        },
      ],
    },
  };
  const text = shown({ incident, open: [incident], configured: new Set<Action>(['restart']) });
  expect(text).toContain('*Suggested now*: A retry storm');
  expect(text.match(/"action_id":"restart"/g)).toHaveLength(1);
});
