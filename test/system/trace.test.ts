import { expect, onTestFinished, test } from 'vitest';
import { type Arrived, startCollector } from '../support/collector.ts';
import { type Harness, notification, PEOPLE, startHarness, wordsOf } from '../support/lifeguard.ts';
import { testDatabase } from '../support/postgres.ts';
import { happened, MINUTE, paged, quietDatabase } from './story.ts';

const KEY = 'collector-key-4711';
const SENDER = { trace: '4bf92f3577b34da6a3ce929d0e0e4736', span: '00f067aa0ba902b7' };
/** What only waited for a turn at Slack did nothing. */
const RUN = /^effect (done|later|dead)$/;
const PRIVATE = 'a customer called Ann';

/** What a span stands below, from the top: `POST /webhooks/alertmanager › commit ReceiveAlerts`. */
function pathOf(span: Arrived, all: readonly Arrived[]): string {
  const above = all.find(({ id }) => id === span.parent);
  return above === undefined ? span.name : `${pathOf(above, all)} › ${span.name}`;
}

test('an alert is one trace to every Slack call and every page, across a restart, and tells nothing private', async () => {
  const collector = await startCollector({ 'x-api-key': KEY });
  onTestFinished(() => collector.stop());
  const store = await testDatabase({ store: true });
  onTestFinished(() => store.drop());
  const start = async (aheadMs: number): Promise<Harness> =>
    startHarness({
      patientUrl,
      storeUrl: store.url,
      aheadMs,
      logs,
      tracing: { url: `${collector.url}/v1/traces`, headers: { 'x-api-key': KEY }, serviceName: 'rescue' },
    });
  const patientUrl = await quietDatabase();
  const logs: string[] = [];

  const first = await start(0);
  const startsAt = new Date();
  await first.alert(notification({ startsAt, annotations: { summary: PRIVATE } }), {
    traceparent: `00-${SENDER.trace}-${SENDER.span}-01`,
  });
  await paged(first, 1);
  await happened(first, 'ThreadOpened');
  await happened(first, 'VerdictReached');
  const thread = await first.message(
    'backend-team',
    (one) => wordsOf(one).includes('"Acknowledge"'),
    'the thread',
  );
  await first.slack.actor.press(PEOPLE.alice, thread, 'Acknowledge');
  await paged(first, 1, 'acknowledge');
  await first.settled();
  const slackCalls = first.slack.api.calls.filter(({ method }) => method !== 'auth.test');
  await first.stop();
  expect(collector.problems).toEqual([]);
  const spans = [...collector.spans];

  // One trace, the sender's, with a parent for every span, which had begun by then.
  const story = spans.filter(({ trace }) => trace === SENDER.trace);
  const tops = story.filter(({ parent }) => !story.some(({ id }) => id === parent));
  expect(tops.map(({ name, kind, parent }) => [name, kind, parent])).toEqual([
    ['POST /webhooks/alertmanager', 2, SENDER.span],
  ]);
  for (const span of story) {
    const above = story.find(({ id }) => id === span.parent);
    if (above !== undefined) expect(span.start, pathOf(span, story)).toBeGreaterThanOrEqual(above.start);
  }
  // What the samples tell by themselves follows from no webhook, and a press begins a trace of its own.
  const others = spans.filter(({ trace }) => trace !== SENDER.trace);
  const press = others.find(({ name }) => name === 'POST /slack/events');
  const untold = others.filter(({ trace, parent }) => trace !== press?.trace && parent === undefined);
  for (const { name } of untold) expect(name).toMatch(/^commit /);
  expect(others.map((span) => pathOf(span, others))).toContain(
    'POST /slack/events › commit Acknowledge › effect pagerduty.event › pagerduty enqueue acknowledge',
  );
  expect(new Set(spans.map(({ service }) => service))).toEqual(new Set(['rescue']));

  const paths = story.map((span) => pathOf(span, story));
  const commit = 'POST /webhooks/alertmanager › commit ReceiveAlerts';
  expect(paths).toEqual(
    expect.arrayContaining([
      commit,
      `${commit} › effect slack.message › slack chat.postMessage`,
      `${commit} › effect slack.message › commit RecordThread`,
      `${commit} › effect pagerduty.event › pagerduty enqueue trigger`,
      `${commit} › effect pagerduty.event › commit RecordPage`,
      `${commit} › effect check.step › commit RecordStep`,
    ]),
  );
  // No run of an effect is missing, and no call.
  const ran = logs.map((line) => JSON.parse(line)).filter(({ msg }) => RUN.test(msg));
  expect(ran.length).toBeGreaterThan(10);
  expect(
    spans
      .filter(({ attributes }) => RUN.test(`effect ${attributes['lifeguard.effect.outcome']}`))
      .map(({ attributes }) => attributes['lifeguard.effect'])
      .toSorted(),
  ).toEqual(ran.map(({ effect }) => effect).toSorted());
  for (const method of new Set(slackCalls.map((call) => call.method))) {
    const count = slackCalls.filter((call) => call.method === method).length;
    expect(
      spans.filter(({ name }) => name === `slack ${method}`),
      method,
    ).toHaveLength(count);
  }

  // Level 3 falls due in another process, which knows of the trace by the store alone.
  const second = await start(16 * MINUTE);
  await paged(second, 1);
  await happened(second, 'Paged');
  await second.settled();
  const parent = second.messages('infrastructure')[0];
  expect(parent).toBeDefined();
  await second.stop();
  expect(collector.problems).toEqual([]);
  const later = collector.spans.filter(
    ({ trace, id }) => trace === SENDER.trace && !spans.some((one) => one.id === id),
  );
  const all = [...story, ...later];
  expect(later.map((span) => pathOf(span, all)).filter((path) => path.startsWith(commit))).toContainEqual(
    expect.stringMatching(/commit CheckEscalation › effect pagerduty\.event › pagerduty enqueue trigger$/),
  );

  // The lines of the log lead to the spans.
  const lines = logs.map((line) => JSON.parse(line) as Record<string, unknown>);
  const committed = lines.find(({ event }) => event === 'IncidentOpened');
  expect(committed).toMatchObject({
    trace_id: SENDER.trace,
    span_id: story.find(({ name }) => name === 'commit ReceiveAlerts')?.id,
  });

  const sent = collector.bodies.join();
  for (const secret of [PRIVATE, KEY, PEOPLE.alice, 'catalytic_db', 'Bearer', 'select ', '://']) {
    expect(sent).not.toContain(secret);
  }
});
