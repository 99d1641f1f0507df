import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLogger } from '../../src/observe/log.ts';
import { createSlackApp, type SlackApp } from '../../src/slack/app.ts';
import { eventually } from '../support/lifeguard.ts';
import { type SocketModeStandIn, startSocketMode } from '../support/socket-mode.ts';

const APP_TOKEN = 'xapp-1-A0-test';
const COMMAND = { command: '/pool', text: 'help', user_id: 'U0ALICE', team_id: 'T0', channel_id: 'C0' };

let slack: SocketModeStandIn;
let app: SlackApp;
let waits: number[];

function open(appToken = APP_TOKEN): void {
  app = createSlackApp({
    botToken: 'xoxb-test',
    appToken,
    apiUrl: slack.apiUrl,
    log: createLogger({ level: 'error', secrets: [], destination: { write: () => undefined } }),
    wait: async (ms) => {
      waits.push(ms);
      await new Promise((resolve) => setImmediate(resolve));
    },
  });
  app.app.command('/pool', async ({ ack }) => ack({ text: 'taken' }));
  app.start();
}

const isOpen = () => (app.trouble() === undefined ? true : undefined);

beforeEach(async () => {
  waits = [];
  slack = await startSocketMode(APP_TOKEN);
});

afterEach(async () => {
  await app.stop();
  await slack.stop();
});

test('a command comes in over the socket and is acknowledged over it', async () => {
  open();
  await eventually(isOpen, 'the socket is open');
  expect(await slack.send('slash_commands', COMMAND)).toEqual({ text: 'taken' });
});

test('with Slack down at the start the app is there all the same, says so, and connects when Slack is back', async () => {
  slack.failOpens(4);
  open();
  expect(app.trouble()).toContain('socket');
  await eventually(isOpen, 'the socket is open');
  expect(slack.opens()).toBe(5);
  // Each wait is longer than the one before: an outage is not hammered.
  expect(waits).toEqual([500, 1_000, 2_000, 4_000]);
});

test('a socket that is cut, and cannot be opened again at once, is opened again in the end', async () => {
  open();
  await eventually(isOpen, 'the socket is open');
  slack.failOpens(2);
  slack.cut();
  await eventually(() => (slack.opens() === 4 && isOpen() ? true : undefined), 'the socket is open again');
  expect(await slack.send('slash_commands', COMMAND)).toEqual({ text: 'taken' });
});

test('a token that Slack does not take is named, and the process goes on', async () => {
  open('xapp-wrong');
  await eventually(() => (waits.length > 1 ? true : undefined), 'a second try');
  expect(app.trouble()).toContain('invalid_auth');
});
