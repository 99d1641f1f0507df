import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { validateBlocks } from '../../src/console/slack/validate.ts';
import type { Slot } from '../../src/incident/effects.ts';
import type { SessionRow } from '../../src/incident/events.ts';
import type { Incident } from '../../src/incident/state.ts';
import { helpView } from '../../src/slack/views/help.ts';
import { type View, viewOf } from '../../src/slack/views/index.ts';
import { incidentsView, queriesView, statusView } from '../../src/slack/views/status.ts';
import { toldText } from '../../src/slack/views/told.ts';
import {
  ALICE,
  asking,
  cleared,
  DIRK,
  firing,
  inThread,
  MINUTE,
  NO_POOL,
  notification,
  POLICY,
  RITA,
  Story,
} from '../incident/given.ts';
import { moves } from '../incident/random-story.ts';

/** Text as the outside world may send it: mentions, links, marks, emoji, halves of characters, a lot of it. */
const WEIRD = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '<!channel>',
    '<http://evil|x>',
    '<https://evil.example|Approve>',
    '<@U0EVIL>',
    '<#C0EVIL>',
    '<!subteam^S0EVIL>',
    '<!everyone>',
    '@channel #general https://evil.example',
    'https://evil.example|x>',
    '*',
    '`',
    '```',
    '&',
    '<',
    '>',
    '|',
    '\n',
    '\u0000',
    '😀',
    '\ud83d',
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ maxLength: 20 }).map((text) => text.repeat(400)),
  fc.nat(3_200).map((length) => '&<>'.repeat(length)),
);

/** Refuses what Slack would refuse, a message without fallback text, and any ping that we did not write. */
function check(view: View): void {
  expect(view.text.trim()).not.toBe('');
  expect(view.text).not.toMatch(/<!(?!date\^)/);
  expect(view.text).not.toMatch(FORGED);
  // Without it Slack makes mentions and links of bare `@channel`, `#general` and addresses.
  for (const one of objects(view.blocks)) if (one['type'] === 'mrkdwn') expect(one['verbatim']).toBe(true);
  expect(validateBlocks(view.blocks)).toEqual([]);
  for (const text of mrkdwn(view.blocks)) {
    expect(text).not.toMatch(/<!(?!here>|date\^\d+\^\{time_secs\}\|)/);
    expect(text).not.toMatch(FORGED);
    // Cutting a text must not leave half of an escape: the reader would see "&l".
    expect(text.replace(/&(amp|lt|gt);/g, '')).not.toContain('&');
  }
}

/** A mention, a channel or a link that we did not write. */
const FORGED = /<[@#!][^>]*EVIL|<https?:\/\/evil/;

/** All objects within a value, itself among them. */
function objects(value: unknown): Record<string, unknown>[] {
  if (Array.isArray(value)) return value.flatMap(objects);
  if (typeof value !== 'object' || value === null) return [];
  return [{ ...value }, ...Object.values(value).flatMap(objects)];
}

function mrkdwn(value: unknown): string[] {
  return objects(value).flatMap((one) => (one['type'] === 'mrkdwn' ? [String(one['text'])] : []));
}

/** Every message that the incident has, drawn. */
function viewsOf(story: Story): View[] {
  const incident = story.incident;
  const slots: Slot[] = [
    'parent',
    ...Object.keys(incident.steps).map((step): Slot => `step-${Number(step)}`),
    ...Object.keys(incident.requests).map((id): Slot => `request-${id}`),
    ...incident.notes.map((seq): Slot => `note-${seq}`),
    ...incident.levels.map((one): Slot => `level-${incident.firing}-${one.level}`),
  ];
  return slots.flatMap((slot) => {
    const event = slot.startsWith('note-') ? story.events[Number(slot.slice(5)) - 1] : undefined;
    const view = viewOf(slot, incident, { policy: story.policy }, event);
    return view === undefined ? [] : [view];
  });
}

const session = (text: string, pid = 1): SessionRow => ({
  pid,
  backendStart: '2026-03-02 02:11:09.123456+00',
  application: text,
  user: text,
  client: text,
  state: text,
  wait: text,
  ageMs: 1,
  query: text,
  blocks: 3,
});

/** The words on the buttons of a view. */
function buttons(view: View | undefined): string[] {
  const found: string[] = [];
  JSON.stringify(view?.blocks ?? [], (_key, value: unknown) => {
    if (
      typeof value === 'object' &&
      value !== null &&
      'type' in value &&
      value.type === 'button' &&
      'text' in value
    ) {
      const { text } = value as { text: { text: string } };
      found.push(text.text);
    }
    return value;
  });
  return found;
}

const context = { policy: POLICY };

describe('views', () => {
  test('whatever happens to an incident, every message of it is one that Slack takes', () => {
    fc.assert(
      fc.property(moves, (story) => {
        const told = new Story();
        for (const { wait, command } of story) {
          const answer = told.at(told.clock + wait).when(command).told;
          const text = toldText(answer);
          if (text !== undefined) expect(text.trim()).not.toBe('');
        }
        if (told.state !== undefined) for (const view of viewsOf(told)) check(view);
      }),
      { numRuns: 60 },
    );
  });

  test('text from outside can be anything: it pings nobody, forges no link, breaks no message', () => {
    fc.assert(
      fc.property(WEIRD, (text) => {
        const alert = {
          ...firing(),
          labels: { alertname: text, datname: text, x: text },
          annotations: { summary: text },
        };
        for (const policy of [POLICY, NO_POOL]) {
          const story = new Story(policy).given(
            notification(alert),
            { type: 'RecordThread', channel: 'C1', ts: '1.000001', permalink: text },
            {
              type: 'RecordStep',
              step: 2,
              run: 1,
              ok: false,
              ms: 1,
              findings: {
                headline: text,
                lines: Array(12).fill(text),
                mend: text,
                sessions: Array.from({ length: 100 }, (_one, pid) => session(text, pid)),
                more: 10_000,
              },
            },
            {
              ...asking(RITA),
              type: 'RequestRemedy',
              preview: {
                title: text,
                facts: Array(14).fill({ label: text, value: text }),
                query: text,
                risks: Array(12).fill(text),
                takenAt: '2026-03-02T03:00:00.000Z',
              },
            } as never,
            { type: 'Approve', by: { ...DIRK, name: text }, request: 'r1' },
            { type: 'StartRemedy', request: 'r1', approvers: [DIRK] },
            { type: 'EndRemedy', request: 'r1', outcome: 'failed', detail: text },
            { type: 'RecordPageFailure', level: 1, detail: text, final: true },
            { type: 'RecordDeadEffect', effect: text, kind: 'timer', detail: text },
            { type: 'Escalate', by: ALICE, reason: text },
            { type: 'Snooze', by: ALICE, reason: text },
            { type: 'HandOver', by: ALICE, to: { ...RITA, id: text, name: text } },
            { type: 'NoteRefusal', by: { ...ALICE, name: text }, act: text, why: text },
            { type: 'NameRootCause', by: ALICE, title: text },
            { type: 'RecordPage', level: 1, dedupKey: 'd' },
            ...(['annotated', 'reassigned', 'priority_updated'] as const).map((what) => ({
              type: 'TakePageNotice' as const,
              notice: {
                level: 1,
                what,
                notice: what,
                occurredAt: '2026-03-02T03:00:00.000Z',
                by: { id: text, name: text, via: 'pagerduty' as const },
                assignees: [text],
                note: text,
                priority: text,
              },
            })),
            { type: 'RecordUnresponsive', since: '2026-03-02T03:00:00.000Z', detail: text },
            { type: 'SuspectDataCorruption', by: ALICE },
          );
          for (const view of viewsOf(story)) check(view);
        }
        check(
          queriesView(
            'orders',
            text,
            Array.from({ length: 100 }, (_one, pid) => session(text, pid)),
            5,
          ),
        );
        check(statusView([{ pool: text, trouble: text }]));
        check(helpView(text));
        const dead = Array(20).fill({ id: text, incident: text, kind: text, error: text, at: new Date(0) });
        const open: Incident[] = Array(60).fill(inThread().incident);
        check(incidentsView(open, dead));
      }),
      { numRuns: 60 },
    );
  });

  test('the buttons carry the words of the contract', () => {
    const story = inThread();
    expect(buttons(viewOf('parent', story.incident, context))).toEqual([
      'Acknowledge',
      'Run all checks',
      'Root cause…',
      'Escalate',
      'Snooze 10 min',
      'Hand over',
      'Data corruption',
      'Resolve',
    ]);
    story.given({
      type: 'RecordStep',
      step: 2,
      run: 1,
      ok: true,
      ms: 1,
      findings: { headline: 'h', lines: [], sessions: [session('x')] },
    });
    expect(buttons(viewOf('step-2', story.incident, context))).toEqual(['Terminate', 'Run step 2']);
    story.given(asking(RITA));
    expect(buttons(viewOf('request-r1', story.incident, context))).toEqual(['Approve', 'Deny']);
  });

  test('a resolved incident has no buttons but says who or what closed it', () => {
    const story = inThread()
      .at(10 * MINUTE)
      .given(notification(cleared()));
    const view = viewOf('parent', story.incident, context);
    expect(buttons(view)).toEqual([]);
    expect(JSON.stringify(view)).toContain('all alerts cleared');
  });

  test('an alert of no pool offers no checks and no remedies', () => {
    const story = new Story(NO_POOL).given(notification(firing()));
    expect(buttons(viewOf('parent', story.incident, { policy: NO_POOL }))).not.toContain('Run step 2');
  });
});
