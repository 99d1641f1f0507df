import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { Event } from '../../src/incident/events.ts';
import { Store } from '../../src/store/store.ts';
import { eventually, type Harness, notification, PEOPLE, WEBHOOK_TOKEN } from '../support/lifeguard.ts';
import { testDatabase } from '../support/postgres.ts';
import { lifeguardWith, openThread } from './story.ts';
import { pause } from './support/people.ts';
import { type SlowSlack, startSlowSlack } from './support/slow-slack.ts';

/** Longer than a stop takes that waits for nothing. */
const SLOW_MS = 3_000;

interface Scene {
  readonly lifeguard: Harness;
  /** Makes Slack slow. */
  readonly slack: SlowSlack;
  /** The types of the incident's events, read by a connection that does not end with Lifeguard. */
  events(): Promise<Event['type'][]>;
}

async function scene(): Promise<Scene> {
  const database = await testDatabase({ store: true });
  onTestFinished(() => database.drop());
  const store = new Store({ url: database.url, connections: 1 });
  onTestFinished(() => store.close());
  let slack: SlowSlack | undefined;
  const lifeguard = await lifeguardWith({
    storeUrl: database.url,
    slackRoad: async (apiUrl) => {
      slack = await startSlowSlack(apiUrl);
      return slack.apiUrlOf('bot');
    },
  });
  const road = slack;
  if (road === undefined) throw new Error('the harness asked for no way to Slack');
  onTestFinished(() => road.stop());
  return {
    lifeguard,
    slack: road,
    events: async () => (await store.events('inc-1')).map(({ type }) => type),
  };
}

test('a press that was acknowledged is carried out before Lifeguard stops', async () => {
  const { lifeguard, slack, events } = await scene();
  const parent = await openThread(lifeguard, { channel: 'incidents' });
  await lifeguard.settled();
  // Who presses is looked up at Slack, and Slack has its acknowledgement long before that.
  slack.delay('bot', SLOW_MS);
  const { ok } = await lifeguard.slack.actor.press(PEOPLE.alice, parent, 'Acknowledge');
  expect(ok).toBe(true);
  await lifeguard.app.stop();
  expect(await events()).toContain('Acknowledged');
});

test('an alert that is just coming in is committed and answered before Lifeguard stops, its thread left to others', async () => {
  const { lifeguard, events } = await scene();
  const body = JSON.stringify(notification({ startsAt: new Date() }));
  const socket = connect(lifeguard.app.port, '127.0.0.1');
  let answer = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    answer += chunk;
  });
  socket.write(
    `POST /webhooks/alertmanager HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${WEBHOOK_TOKEN}\r\n` +
      `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body.slice(0, 100)}`,
  );
  // An answer on another connection: by then the first has been taken in as well.
  await fetch(`http://127.0.0.1:${lifeguard.app.port}/healthz`);
  const stopped = lifeguard.app.stop();
  await refused(lifeguard.app.port);
  await Promise.race([stopped, pause(SLOW_MS)]);
  socket.write(body.slice(100));
  await Promise.all([once(socket, 'close'), stopped]);
  expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  expect(await events()).toContain('IncidentOpened');
  expect(lifeguard.slack.api.calls.filter(({ method }) => method === 'chat.postMessage')).toEqual([]);
});

/** Waits until nothing listens on the port. */
async function refused(port: number): Promise<void> {
  await eventually(async () => {
    const socket = connect(port, '127.0.0.1');
    const isOpen = await Promise.race([once(socket, 'connect'), once(socket, 'error')]).then(
      () => socket.readyState === 'open',
      () => false,
    );
    socket.destroy();
    return isOpen ? undefined : true;
  }, 'nothing listens');
}
