import { beforeEach, describe, expect, test } from 'vitest';
import type { NoticeOutcome } from '../../src/observe/metrics.ts';
import { createNoticeTaker } from '../../src/pagerduty/notice.ts';
import { parseWebhook } from '../../src/pagerduty/webhook.ts';
import { viewOf } from '../../src/slack/views/index.ts';
import { at, inThread, type Story } from '../incident/given.ts';
import { incidentData, noteData, type WebhookEvent, webhookBody } from '../support/pagerduty/webhook.ts';

let story: Story;
let counted: string[];
let known: Map<string, string>;
let asked: Parameters<typeof createNoticeTaker>[0]['keyOf'];

const OURS = incidentData({ id: 'PINC1', incidentKey: 'lifeguard-inc-1-L1', assignees: ['Grace'] });

beforeEach(() => {
  story = inThread().given({ type: 'RecordPage', level: 1, dedupKey: 'lifeguard-inc-1-L1' });
  counted = [];
  known = new Map();
  asked = undefined;
});

async function take(event: WebhookEvent): Promise<string | undefined> {
  const taker = createNoticeTaker({
    loop: {
      submit: async ({ to, command }) =>
        'incident' in to && to.incident === 'inc-1'
          ? story.when(command)
          : { events: [], effects: [], told: { code: 'not_open' } },
    },
    pages: {
      remember: async (id, key) => void known.set(id, key),
      keyOf: async (id) => known.get(id),
    },
    keyOf: asked,
    metrics: { pageNotice: (kind: string, outcome: NoticeOutcome) => counted.push(`${kind} ${outcome}`) },
  });
  await taker(parseWebhook(webhookBody({ occurredAt: at(1_000), ...event })));
  return counted.at(-1);
}

const lastNote = (): string => {
  const event = story.events.at(-1);
  return viewOf(`note-${story.incident.seq}`, story.incident, { policy: story.policy }, event)?.text ?? '';
};

describe('a webhook of PagerDuty', () => {
  test('of an acknowledgement names who it was in the thread', async () => {
    expect(await take({ type: 'incident.acknowledged', data: OURS })).toBe('acknowledged taken');
    expect(lastNote()).toContain('Ada Byron has it (acknowledged in PagerDuty)');
  });

  test.each([
    ['incident.reassigned', 'Ada Byron has given the page to others; now with Grace'],
    ['incident.delegated', 'another escalation policy'],
    ['incident.escalated', 'Ada Byron has escalated the page'],
    ['incident.reopened', 'Ada Byron has reopened the page'],
  ])('%s is told in words', async (type, words) => {
    await take({ type, occurredAt: at(120_000), data: OURS });
    expect(lastNote()).toContain(words);
  });

  test('of a note finds its incident by what an earlier one told, or by asking', async () => {
    const note = { type: 'incident.annotated', data: noteData('PINC1', 'Failing over <!channel>') };
    expect(await take(note)).toBe('annotated unknown');
    await take({ type: 'incident.triggered', data: OURS });
    expect(await take(note)).toBe('annotated taken');
    expect(lastNote()).toContain('Ada Byron notes: Failing over &lt;!channel&gt;');
    known.clear();
    asked = async () => ({ kind: 'done', value: 'lifeguard-inc-1-L1' });
    expect(await take(note)).toBe('annotated taken');
    asked = async () => ({ kind: 'retry', message: 'PagerDuty answered 503' });
    known.clear();
    await expect(take(note)).rejects.toThrow('the incident of a note is not known');
  });

  test('of a note that we wrote is an echo', async () => {
    const data = noteData('PINC1', 'Done: x\n[lifeguard inc-1.12.0]');
    expect(await take({ type: 'incident.annotated', data })).toBe('annotated echo');
  });

  test('that is repeated is counted and let be', async () => {
    const event = { type: 'incident.acknowledged', id: '01SAME', data: OURS };
    await take(event);
    expect(await take(event)).toBe('acknowledged repeat');
  });

  test('of the rest of the account, or a ping, is let pass', async () => {
    const foreign = incidentData({ id: 'PX', incidentKey: 'somebody-elses' });
    expect(await take({ type: 'incident.acknowledged', data: foreign })).toBe('acknowledged unknown');
    const unknown = incidentData({ id: 'PY', incidentKey: 'lifeguard-inc-999-L1' });
    expect(await take({ type: 'incident.acknowledged', data: unknown })).toBe('acknowledged unknown');
    expect(await take({ type: 'pagey.ping', data: { message: 'Hello' } })).toBe('ping none');
    expect(await take({ type: 'incident.responder.added', data: {} })).toBe('other none');
  });
});
