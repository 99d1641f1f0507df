import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { App, HTTPReceiver, LogLevel } from '@slack/bolt';
import { WebClient } from '@slack/web-api';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DEFAULT_PAGE_DIR } from '../../src/console/assets.ts';
import { type StandIn, startSlackStandIn } from '../../src/console/server.ts';
import { needs } from '../support/needs.ts';
import { playIncident, type Scene } from './incident.ts';

const CHROMIUM = '/usr/bin/chromium';
const CHROMIUM_ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const MAX_PAGE_BYTES = 500 * 1024;
const browserNeed = needs(CHROMIUM, 'chromium');

test('the page weighs less than 500 kB compressed', () => {
  const assets = join(DEFAULT_PAGE_DIR, 'assets');
  const bytes = readdirSync(assets).map((name) => gzipSync(readFileSync(join(assets, name))).length);
  expect(bytes.reduce((sum, one) => sum + one, 0)).toBeLessThan(MAX_PAGE_BYTES);
});

describe.skipIf(browserNeed.skip)(`the console page in Chromium${browserNeed.reason}`, () => {
  let browser: Browser;
  let standIn: StandIn;
  let receiver: Server;
  let app: App;
  let client: WebClient;
  let scene: Scene;
  const pages: Page[] = [];
  let complaints: string[];

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_ARGS });
  });
  afterAll(() => browser?.close());

  beforeEach(async () => {
    complaints = [];
    standIn = await startSlackStandIn({
      channels: ['#incidents', '#backend-team'],
      groups: [{ id: 'S0ONCALL', handle: 'on-call', name: 'On call', users: ['U0ALICE'] }],
      commands: [
        { command: '/pool status', usage: '[pool]', description: 'How full the pool is' },
        { command: '/pool help', usage: '', description: 'All commands' },
      ],
      ackTimeoutMs: 300,
    });
    const slack = new HTTPReceiver({
      signingSecret: standIn.signingSecret,
      endpoints: '/slack/events',
      logLevel: LogLevel.ERROR,
      unhandledRequestHandler: () => undefined,
    });
    const clientOptions = { slackApiUrl: standIn.apiUrl, retryConfig: { retries: 0 } };
    app = new App({ receiver: slack, token: standIn.botToken, clientOptions, deferInitialization: true });
    await app.init();
    receiver = createServer((request, response) => slack.requestListener(request, response));
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    standIn.setEventsUrl(`http://127.0.0.1:${(receiver.address() as AddressInfo).port}/slack/events`);
    client = new WebClient(standIn.botToken, clientOptions);
    scene = await playIncident(client);
  });
  afterEach(async () => {
    for (const page of pages.splice(0)) await page.context().close();
    receiver.closeAllConnections();
    receiver.close();
    await standIn.stop();
  });

  const open = async (hash: string, options: BrowserContextOptions = {}): Promise<Page> => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      if (new URL(request.url()).host !== new URL(standIn.url).host)
        complaints.push(`asked for ${request.url()}`);
    });
    pages.push(page);
    await page.goto(`${standIn.url}${hash}`);
    await page.getByRole('navigation', { name: 'Channels' }).waitFor();
    return page;
  };
  const threadHash = () => `#${scene.channel}/p${scene.parent.replace('.', '')}`;
  const thread = (page: Page) => page.getByRole('complementary', { name: 'Thread' });

  test('a whole incident is drawn under the strict policy without a complaint or a request elsewhere', async () => {
    const page = await open(threadHash());
    await thread(page).getByText('Most likely:').waitFor();
    await thread(page).getByText('71 idle in transaction').waitFor();
    await thread(page).getByText('@Alice').waitFor();
    await page.getByRole('main').getByText('@on-call').waitFor();
    await page
      .getByRole('main')
      .getByText(/Today at/)
      .waitFor();
    expect(complaints).toEqual([]);
  });

  test('what happens shows without a reload: a message, an update, an unread mark', async () => {
    const page = await open(`#${scene.channel}`);
    const posted = await client.chat.postMessage({ channel: scene.channel, text: 'just now' });
    await page.getByRole('main').getByText('just now').waitFor();
    await client.chat.update({ channel: scene.channel, ts: posted.ts ?? '', text: 'changed meanwhile' });
    await page.getByText('changed meanwhile').waitFor();
    await client.chat.postMessage({ channel: '#incidents', text: 'elsewhere' });
    const link = page.getByRole('navigation', { name: 'Channels' }).getByRole('link', { name: /incidents/ });
    await expect.poll(() => link.textContent()).toContain('1 new');
    await link.click();
    await page.getByRole('main').getByText('elsewhere').waitFor();
    await expect.poll(() => link.textContent()).not.toContain('new');
  });

  test('one person asks after a second thought, another approves: the app hears who pressed what', async () => {
    const heard: string[] = [];
    for (const action of ['terminate', 'approve']) {
      app.action(new RegExp(action), async ({ ack, body }) => {
        await ack();
        heard.push(`${body.user.id} ${action}`);
      });
    }
    const page = await open(threadHash());
    await thread(page).getByRole('button', { name: 'Terminate' }).click();
    const dialog = page.getByRole('dialog', { name: 'Terminate pid 4711?' });
    await dialog.getByText('rolled back').waitFor();
    await dialog.getByRole('button', { name: 'Leave it' }).click();
    await dialog.waitFor({ state: 'detached' });
    await thread(page).getByRole('button', { name: 'Terminate' }).click();
    await dialog.getByRole('button', { name: 'Ask for it' }).click();
    await expect.poll(() => heard).toEqual(['U0ALICE terminate']);
    await page.getByLabel('You are acting as').selectOption({ label: 'Bob — Database administrator' });
    await thread(page)
      .getByRole('button', { name: /Approve/ })
      .click();
    await expect.poll(() => heard).toEqual(['U0ALICE terminate', 'U0BOB approve']);
  });

  test('a command completed by keyboard is answered to that person alone', async () => {
    app.command('/pool', ({ ack, command }) => ack(`you asked: ${command.text}`));
    const page = await open(`#${scene.channel}`);
    const line = page.getByRole('combobox', { name: /Message #backend-team/ });
    await line.fill('/po');
    await page.getByRole('option', { name: /\/pool help/ }).waitFor();
    await line.press('ArrowDown');
    await line.press('Enter');
    expect(await line.inputValue()).toBe('/pool help');
    await line.press('Enter');
    await page.getByText('you asked: help').waitFor();
    await page.getByText('Only visible to you').waitFor();
    await page.getByLabel('You are acting as').selectOption({ label: 'Bob — Database administrator' });
    await page.getByText('you asked: help').waitFor({ state: 'detached' });
  });

  test('a modal is filled in, its faults shown beside the fields, and sent', async () => {
    let received: unknown;
    app.action('cause', async ({ ack, body }) => {
      await ack();
      if (!('trigger_id' in body)) throw new Error('no trigger');
      await client.views.open({
        trigger_id: body.trigger_id,
        view: {
          type: 'modal',
          callback_id: 'cause',
          title: { type: 'plain_text', text: 'Root cause' },
          submit: { type: 'plain_text', text: 'Save' },
          blocks: [
            {
              type: 'input',
              block_id: 'words',
              label: { type: 'plain_text', text: 'In words' },
              element: { type: 'plain_text_input', action_id: 'words' },
            },
          ],
        },
      });
    });
    app.view('cause', async ({ ack, view }) => {
      received = view.state.values;
      await ack();
    });
    const page = await open(threadHash());
    await thread(page).getByLabel('Root cause…').selectOption('Connection leak');
    const dialog = page.getByRole('dialog', { name: 'Root cause' });
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.getByText('Please complete this required field.').waitFor();
    await dialog.getByRole('textbox', { name: 'In words' }).fill('a missing close');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(received).toMatchObject({ words: { words: { value: 'a missing close' } } });
  });

  test('an app that does not answer is reported in plain words', async () => {
    app.action(/approve/, async () => undefined);
    const page = await open(threadHash());
    await thread(page)
      .getByRole('button', { name: /Approve/ })
      .click();
    await page.getByRole('alert').getByText('did not answer within 3 seconds').waitFor();
  });

  test('a permalink opens its thread inside the page, whichever of this machine\u2019s names it has', async () => {
    const link = await client.chat.getPermalink({ channel: scene.channel, message_ts: scene.preview });
    const other = (link.permalink ?? '').replace('127.0.0.1', 'localhost');
    await client.chat.postMessage({ channel: '#incidents', text: `Level 2: <${other}|open the thread>` });
    const incidents = standIn.workspace.ensureChannel('#incidents').id;
    const page = await open(`#${incidents}`);
    await page.getByRole('link', { name: 'open the thread' }).click();
    await thread(page).getByText('terminate pid 4711').waitFor();
    expect(page.context().pages()).toHaveLength(1);
    expect(new URL(page.url()).hostname).toBe('127.0.0.1');
  });

  test('the hint stays away once it was closed', async () => {
    standIn.workspace.setHint('Open #backend-team and press Terminate');
    const page = await open(`#${scene.channel}`);
    await page.getByText('press Terminate').waitFor();
    await page.getByRole('button', { name: 'Got it' }).click();
    await page.reload();
    await page.getByRole('main').waitFor();
    expect(await page.getByText('press Terminate').count()).toBe(0);
  });

  test('it fits a screen of 390 pixels, in a dark room and a light one', async () => {
    const grounds: string[] = [];
    for (const colorScheme of ['dark', 'light'] as const) {
      const page = await open(threadHash(), { viewport: { width: 390, height: 844 }, colorScheme });
      await thread(page).getByText('Most likely:').waitFor();
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
      grounds.push(String(await page.evaluate('getComputedStyle(document.body).backgroundColor')));
    }
    expect(grounds).toEqual(['rgb(26, 29, 33)', 'rgb(255, 255, 255)']);
  });

  test('after a lost connection the page comes back with what it missed', async () => {
    const page = await open(`#${scene.channel}`);
    await page.getByRole('status').getByText('Live').waitFor();
    const { port } = new URL(standIn.url);
    const workspace = standIn.workspace;
    await standIn.stop();
    await page.getByRole('status').getByText('Connection lost').waitFor();
    complaints = []; // the browser's own words about the lost connection
    workspace.post({ channel: scene.channel, user: 'U0LIFEGUARD', text: 'said meanwhile' });
    standIn = await startSlackStandIn({ workspace, port: Number(port) });
    await page.getByText('said meanwhile').waitFor();
  });
});
