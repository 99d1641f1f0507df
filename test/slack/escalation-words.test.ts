import { expect, test } from 'vitest';
import type { Command } from '../../src/incident/commands.ts';
import type { Event } from '../../src/incident/events.ts';
import { noteView } from '../../src/slack/views/note.ts';
import { parentView } from '../../src/slack/views/parent.ts';
import {
  ALICE,
  at,
  BEGIN,
  cleared,
  firing,
  inThread,
  MINUTE,
  notification,
  POLICY,
  RITA,
  type Story,
} from '../incident/given.ts';

/** What the thread says of the last event of this type. */
function said(story: Story, type: Event['type']): string {
  const event = story.events.findLast((one) => one.type === type);
  return event === undefined ? '' : (noteView(story.incident, event, { policy: POLICY })?.text ?? '');
}

function parentOf(story: Story): string {
  return JSON.stringify(parentView(story.incident, { policy: POLICY }));
}

/** Slack's date format, for the reader's own time zone. */
function date(ms: number): string {
  return `<!date^${Math.floor((BEGIN + ms) / 1_000)}^{time_secs}|${at(ms).slice(11, 19)} UTC>`;
}

test.each<[string, number, Command[], string]>([
  ['level 2', 5, [], 'Paging level 2, Database administrator: nobody has acknowledged after 5 min.'],
  [
    'level 3',
    15,
    [{ type: 'Acknowledge', by: RITA }],
    'Paging level 3, Infrastructure lead: no root cause named after 15 min.',
  ],
  [
    'level 4, late',
    31,
    [{ type: 'Escalate', by: RITA, level: 3 }],
    'Paging level 4, CTO, 1 min late: not resolved after 30 min.',
  ],
])('%s says why it is called', (_name, minutes, before, words) => {
  const story = inThread().given(...before);
  story.at(minutes * MINUTE).given({ type: 'CheckEscalation' });
  expect(said(story, 'LevelReached')).toBe(words);
});

test.each<[string, Command, string]>([
  [
    'silence',
    { type: 'RecordUnresponsive', since: at(0) },
    'The database does not answer: paging level 2, Database administrator at once.',
  ],
  [
    'services',
    notification({ ...firing('f2'), labels: { alertname: 'HighErrorRate' } }),
    'Several services affected: paging level 3, Infrastructure lead at once.',
  ],
  [
    'damage',
    { type: 'SuspectDataCorruption', by: RITA },
    'Data corruption suspected: paging level 4, CTO at once.',
  ],
  [
    'a person',
    { type: 'Escalate', by: RITA, reason: 'the fix is above me' },
    '<@U0RITA> escalated: paging level 2, Database administrator: the fix is above me.',
  ],
])('%s is given as the reason', (_name, command, words) => {
  expect(said(inThread().given(command), 'LevelReached')).toBe(words);
});

test('conditions stand in the parent with their evidence while they hold', () => {
  const story = inThread().given(
    { type: 'RecordUnresponsive', since: at(0), detail: 'connect ECONNREFUSED' },
    notification({ ...firing('f2'), labels: { alertname: 'HighErrorRate' } }),
  );
  expect(said(story, 'ServicesAffected')).toContain('firing too: HighErrorRate');
  expect(parentOf(story)).toContain('orders: the database does not answer');
  expect(parentOf(story)).toContain(`since ${date(0)}: connect ECONNREFUSED`);
  expect(parentOf(story)).toContain('*Several services affected:* firing too: HighErrorRate');
  story.at(3 * MINUTE).given({ type: 'RecordResponsive' });
  expect(said(story, 'DatabaseResponsive')).toContain('answers again, after 3 min');
  expect(parentOf(story)).not.toContain('does not answer');
});

test('the parent says the level in force, who has been called, who acknowledged and when the next is due', () => {
  const story = inThread().given({ type: 'RecordPage', level: 1, dedupKey: 'k' });
  story.at(5 * MINUTE).given({ type: 'CheckEscalation' });
  story.given({ type: 'RecordPageFailure', level: 2, detail: 'HTTP 503', final: false });
  story.given({ type: 'Acknowledge', by: RITA });
  const shown = parentOf(story);
  expect(shown).toContain(`*Who has it*\\n<@U0RITA> since ${date(5 * MINUTE)}`);
  expect(shown).toContain(
    `*Level*\\n2 Database administrator, :warning: *page not delivered yet* ${date(5 * MINUTE)}`,
  );
  expect(shown).toContain(`*Next*\\nlevel 3 Infrastructure lead at ${date(15 * MINUTE)}`);
  expect(shown).toContain(`*Called before*\\n1 On-call engineer, paged ${date(0)}`);
});

test('one that was handed over without an acknowledgement says so', () => {
  const story = inThread().given({ type: 'HandOver', by: RITA, to: ALICE });
  expect(parentOf(story)).toContain('handed over by <@U0RITA>, *not acknowledged yet*');
  expect(said(story, 'HandedOver')).toBe('<@U0RITA> hands it over to <@U0ALICE>.');
  story.given({ type: 'HandOver', by: RITA, to: RITA });
  expect(said(story, 'HandedOver')).toBe('<@U0RITA> takes it over from <@U0ALICE>.');
  story.given(notification(cleared('f1', MINUTE)));
  expect(parentOf(story)).not.toContain('not acknowledged yet');
});
