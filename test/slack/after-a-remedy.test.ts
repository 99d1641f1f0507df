import { expect, test } from 'vitest';
import { validateBlocks } from '../../src/console/slack/validate.ts';
import type { Command } from '../../src/incident/commands.ts';
import type { Policy } from '../../src/incident/policy.ts';
import type { RankedCause } from '../../src/incident/verdict.ts';
import { viewOf } from '../../src/slack/views/index.ts';
import { ALICE, asking, at, backend, inThread, MINUTE, POLICY, RITA } from '../incident/given.ts';

function cause(pid: number, probability: number): RankedCause {
  const { backendStart } = backend(pid) as { backendStart: string };
  return {
    cause: 'lock_contention',
    title: `Backend ${pid} blocks the others`,
    confidence: 'likely',
    probability,
    evidence: [],
    advice: 'End it.',
    remedy: { action: 'terminate', target: { kind: 'backend', pid, backendStart, application: 'shop' } },
  };
}

const WATCHED: Policy = {
  ...POLICY,
  pool: { name: 'orders', threshold: 90, steps: [2], verify: { withinMs: MINUTE, healthyBelow: 80 } },
  diagnose: () => ({ causes: [cause(4711, 0.9), cause(4712, 0.6)] }),
};

const reading = (percent: number) => ({ used: percent, usable: 100, percent, at: at(0) });

const RUN: Command[] = [
  asking(RITA, 4711),
  { type: 'Approve', by: ALICE, request: 'r1' },
  { type: 'StartRemedy', request: 'r1', approvers: [ALICE] },
  {
    type: 'EndRemedy',
    request: 'r1',
    outcome: 'done',
    detail: 'gone',
    before: reading(97),
    after: reading(96),
  },
];

/** The verdict named backend 4711, and it was ended; after a minute the pool is at `percent`. */
function afterwards(percent: number) {
  const story = inThread(WATCHED)
    .given({
      type: 'RecordStep',
      step: 2,
      run: 1,
      ok: true,
      ms: 1,
      findings: { headline: '', lines: [] },
      facts: {},
    })
    .given(...RUN)
    .at(MINUTE)
    .given({ type: 'RecordVerification', request: 'r1', reading: reading(percent) });
  const [event] = story.events.filter(({ type }) => type === 'Mitigated' || type === 'FixFailed');
  const view = (slot: 'parent' | 'note-1') =>
    viewOf(slot, story.incident, { policy: WATCHED }, slot === 'parent' ? undefined : event);
  for (const slot of ['parent', 'note-1'] as const)
    expect(validateBlocks(view(slot)?.blocks ?? [])).toEqual([]);
  return { parent: JSON.stringify(view('parent')), note: JSON.stringify(view('note-1')) };
}

test('once it has helped the parent message says so, with the pool before and after', () => {
  const { parent, note } = afterwards(43);
  expect(parent).toContain('🟢 orders connection pool: mitigated, 43');
  for (const said of [parent, note]) {
    expect(said).toContain('*Mitigated*');
    expect(said).toContain('Terminate backend 4711');
    expect(said).toMatch(/97.*→.*43/);
  }
});

test('when it has not, the next best remedy is offered and the one that failed is not', () => {
  const { parent, note } = afterwards(95);
  expect(note).toContain('That did not help enough');
  for (const said of [parent, note]) {
    expect(said).toContain('terminate.4712.suggested');
    expect(said).not.toContain('terminate.4711.suggested');
  }
  expect(parent).not.toContain('itigated');
});
