import fc from 'fast-check';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { describe, expect, test } from 'vitest';
import type { Verdict } from '../../src/incident/verdict.ts';
import { reportMarkdown } from '../../src/report/markdown.ts';
import { namesFrom } from '../../src/report/names.ts';
import { reportOf } from '../../src/report/report.ts';
import {
  ALICE,
  asking,
  at,
  cleared,
  DIRK,
  fired,
  firing,
  inThread,
  MINUTE,
  notification,
  POLICY,
  RITA,
  SECOND,
  Story,
} from '../incident/given.ts';
import { moves, policies } from '../incident/random-story.ts';

const VERDICT: Verdict = {
  causes: [
    {
      cause: 'leak_missing_return',
      title: 'connections are not given back',
      confidence: 'likely',
      probability: 0.92,
      evidence: ['71 sessions idle in transaction for 4 min'],
      advice: 'give the connection back in a finally block',
    },
    {
      cause: 'slow_queries',
      title: 'slow queries',
      confidence: 'possible',
      probability: 0.3,
      evidence: [],
      advice: 'add an index',
    },
  ],
};
const FULL = { used: 97, usable: 97, percent: 100 };
const WELL = { used: 20, usable: 97, percent: 20.6 };

/** From the alert to the close: acknowledged, a remedy that helps, all alerts cleared. */
function wholeStory(): Story {
  const policy = {
    ...POLICY,
    diagnose: () => VERDICT,
    pool: { name: 'orders', threshold: 90, steps: [2], verify: { withinMs: MINUTE, healthyBelow: 80 } },
  };
  const story = inThread(policy);
  story.at(2 * SECOND).given({
    type: 'RecordStep',
    step: 2,
    run: 1,
    ok: true,
    ms: 40,
    findings: { headline: '71 sessions hold a connection', lines: [] },
    reading: { ...FULL, at: at(2 * SECOND) },
    facts: {},
  });
  story.at(40 * SECOND).given({ type: 'Acknowledge', by: RITA });
  story.at(60 * SECOND).given(asking(RITA));
  story.at(70 * SECOND).given({ type: 'Approve', by: ALICE, request: 'r1' });
  story.at(71 * SECOND).given(
    { type: 'StartRemedy', request: 'r1', approvers: [ALICE] },
    {
      type: 'EndRemedy',
      request: 'r1',
      outcome: 'done',
      detail: 'pid 4711 has ended',
      before: { ...FULL, at: at(71 * SECOND) },
    },
  );
  story.at(80 * SECOND).given({
    type: 'RecordVerification',
    request: 'r1',
    reading: { ...WELL, at: at(80 * SECOND) },
  });
  return story;
}

describe('the report of an incident', () => {
  test('begins with what happened, how long it took, and why', () => {
    const story = wholeStory();
    story.at(10 * MINUTE).given(notification(cleared('f1', 10 * MINUTE)));
    const report = reportOf(story.events);
    expect(report).toMatchObject({
      incident: 'inc-1',
      pool: 'orders',
      status: 'resolved',
      durations: { detectMs: 0, acknowledgeMs: 40 * SECOND, verdictMs: 2 * SECOND, resolveMs: 10 * MINUTE },
      cause: {
        title: 'connections are not given back',
        probability: 0.92,
        evidence: VERDICT.causes[0]?.evidence,
      },
    });
    expect(report?.cause?.others).toEqual([{ title: 'slow queries', probability: 0.3 }]);
    expect(report?.summary[0]).toContain('It lasted 10 min.');
    expect(report?.summary[0]).toContain('97 of 97');
  });

  test('says of each remedy who asked, who approved, and whether it helped', () => {
    const report = reportOf(wholeStory().events);
    expect(report?.remedies).toMatchObject([
      {
        requestedBy: 'Rita',
        approvedBy: ['Alice'],
        end: 'helped',
        detail: 'pid 4711 has ended',
        before: FULL,
        after: WELL,
      },
    ]);
    expect(report?.durations.mitigateMs).toBe(80 * SECOND);
    expect(report?.summary).toContain(
      'What helped: Terminate backend 4711 (catalytic-api), approved by Alice.',
    );
    const markdown = reportMarkdown(report ?? never());
    expect(markdown).toContain('the pool: 97 of 97, 100 % before, 20 of 97, 21 % after');
    expect(markdown).toMatch(/`█+[·▁▂▃▄▅▆▇█]+` 03:00:02 UTC to 03:01:20 UTC, from 100 % to 21 %/);
  });

  test('names what did not help', () => {
    const story = wholeStory();
    story.at(90 * SECOND).given(asking(RITA, 4712));
    story
      .at(91 * SECOND)
      .given(
        { type: 'Approve', by: ALICE, request: 'r2' },
        { type: 'StartRemedy', request: 'r2', approvers: [ALICE] },
        { type: 'EndRemedy', request: 'r2', outcome: 'done', detail: 'pid 4712 has ended' },
      );
    story.at(5 * MINUTE).given({
      type: 'RecordVerification',
      request: 'r2',
      reading: { ...FULL, at: at(5 * MINUTE) },
    });
    const report = reportOf(story.events);
    expect(report?.remedies.map(({ end }) => end)).toEqual(['helped', 'did_not_help']);
    expect(report?.summary.join(' ')).toContain('What did not help: Terminate backend 4711');
  });

  test('takes a person’s word for the root cause, and says whose it is', () => {
    const story = wholeStory();
    story
      .at(3 * MINUTE)
      .given({ type: 'NameRootCause', by: DIRK, cause: 'slow_queries', title: 'slow queries' });
    const report = reportOf(story.events, namesFrom(new Map([['U0DIRK', 'Dirk Day']])));
    expect(report?.cause).toMatchObject({ title: 'slow queries', by: 'Dirk Day', advice: 'add an index' });
    expect(report?.cause?.others.map(({ title }) => title)).toEqual(['connections are not given back']);
  });

  test('tells each level once a firing, and whether its page went out', () => {
    const story = fired();
    story.at(SECOND).given({ type: 'RecordPage', level: 1, dedupKey: 'lifeguard-inc-1-L1' });
    story.at(5 * MINUTE).given({ type: 'CheckEscalation' });
    const report = reportOf(story.events);
    expect(report?.escalation.map(({ level, page, why }) => [level, page, why])).toEqual([
      [1, 'sent', 'due at once'],
      [2, 'not_sent', 'due after 5 min'],
    ]);
    expect(reportMarkdown(report ?? never())).toContain('| 2 | Database administrator | 03:05:00 UTC |');
  });

  test('counts from the first firing, and says how often it fired', () => {
    const story = fired();
    story.at(2 * MINUTE).given(notification(cleared('f1', 2 * MINUTE)));
    story.at(5 * MINUTE).given(notification(firing('f1', 5 * MINUTE)));
    story.at(9 * MINUTE).given(notification(cleared('f1', 9 * MINUTE, 5 * MINUTE)));
    const report = reportOf(story.events);
    expect(report).toMatchObject({ firings: 2, durations: { resolveMs: 9 * MINUTE } });
    expect(report?.summary).toContain('It fired 2 times.');
  });

  test('of nothing there is none', () => {
    expect(reportOf([])).toBeUndefined();
  });

  test('can be made of whatever happened, and its timeline is in order', () => {
    fc.assert(
      fc.property(policies, moves, (policy, story) => {
        const told = new Story(policy);
        for (const { wait, command } of story) told.at(told.clock + wait).when(command);
        const report = reportOf(told.events);
        if (report === undefined) return;
        const times = report.timeline.map((moment) => Date.parse(moment.at));
        expect(times).toEqual(times.toSorted((a, b) => a - b));
        expect(reportMarkdown(report)).toContain('## Timeline');
      }),
      { numRuns: 60 },
    );
  });
});

test('nothing from outside becomes markup in it', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      '[free money](https://evil.example)',
      '<img src=x onerror=alert(1)>',
      '![x](https://evil.example/p.png)',
      '<https://evil.example>',
      'https://evil.example/a',
      'www.evil.example',
      '# heading\n- item',
      '``` code',
      '| a | b |',
      '&lt;b&gt; &#60;',
      '@channel',
    ),
  );
  fc.assert(
    fc.property(hostile, hostile, (name, summary) => {
      const alert = {
        ...firing(),
        labels: { ...firing().labels, alertname: name },
        annotations: { summary },
      };
      const story = new Story().given(notification(alert));
      story.at(MINUTE).given({ type: 'NameRootCause', by: ALICE, title: `${summary} x` });
      const tree = JSON.stringify(fromMarkdown(reportMarkdown(reportOf(story.events) ?? never())));
      expect(tree).not.toMatch(/"type":"(link|image|html|code|definition|linkReference)"/);
      expect(tree).not.toMatch(/@channel|https?:\/\/evil|www\.evil/);
    }),
    { numRuns: 200 },
  );
});

function never(): never {
  throw new Error('there is no report');
}
