import { WebClient } from '@slack/web-api';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { Message } from '../../src/console/slack/types.ts';
import { actions } from '../../src/slack/views/blocks.ts';
import { poolSizeButton } from '../../src/slack/views/remedy-buttons.ts';
import { eventually, type Harness, PEOPLE, wordsOf } from '../support/lifeguard.ts';
import { needs } from '../support/needs.ts';
import { startPgBouncer, type TestPgBouncer } from '../support/pgbouncer.ts';
import {
  happened,
  lifeguardWith,
  MINUTE,
  now,
  openThread,
  type Patient,
  startPatient,
  told,
} from './story.ts';

const program = needs('pgbouncer', 'pgbouncer');

describe.skipIf(program.skip)(`a larger pool for a while${program.reason}`, () => {
  let patient: Patient;
  let bouncer: TestPgBouncer;
  beforeAll(async () => {
    patient = await startPatient();
  });
  afterAll(() => patient?.stop());
  beforeEach(async () => {
    bouncer = await startPgBouncer(patient.port, { orders: 'dbname=lifeguard' }, ['default_pool_size = 4']);
    onTestFinished(() => bouncer.stop());
  });

  const lifeguardBeforeIt = (): Promise<Harness> =>
    lifeguardWith({
      patientUrl: patient.botUrl,
      poolYaml: [`pool_size: { pgbouncer: "${bouncer.consoleUrl()}", raise_by: 50%, revert_after: 30m }`],
    });

  /** The suggestion as the verdict draws it, pressed by Alice; gives the message with Approve and Deny. */
  async function askToRaise(lifeguard: Harness, parent: Message): Promise<Message> {
    const { slack } = lifeguard;
    const posted = await new WebClient(slack.botToken, { slackApiUrl: slack.apiUrl }).chat.postMessage({
      channel: parent.channel,
      thread_ts: parent.ts,
      text: 'the suggestion',
      blocks: [actions('suggested', [poolSizeButton({ i: 'inc-1', pool: 'orders' })])],
    });
    const message = slack.workspace.message(parent.channel, posted.ts ?? '');
    if (message === undefined) throw new Error('the suggestion was not posted');
    await pressAndGiveReason(lifeguard, message);
    return lifeguard.message(
      'backend-team',
      (one) => wordsOf(one).includes('pool size from 4 to 6') && wordsOf(one).includes('"Approve"'),
      'the preview',
    );
  }

  async function pressAndGiveReason({ slack }: Harness, message: Message): Promise<void> {
    await slack.actor.press(PEOPLE.alice, message, 'Raise pool size');
    const modal = await eventually(() => [...slack.workspace.views(PEOPLE.alice)].at(-1), 'the modal');
    await slack.actor.submitView(PEOPLE.alice, modal.id, { reason: 'the sale has begun' });
  }

  async function raise(lifeguard: Harness): Promise<{ parent: Message; request: Message }> {
    const parent = await openThread(lifeguard);
    const request = await askToRaise(lifeguard, parent);
    expect(await bouncer.size()).toBe(4);
    await lifeguard.slack.actor.press(PEOPLE.bob, request, 'Approve');
    expect(await happened(lifeguard, 'RemedyEnded')).toMatchObject([{ outcome: 'done' }]);
    expect(await bouncer.size()).toBe(6);
    for (const message of [parent, request]) {
      await eventually(
        () => (wordsOf(now(lifeguard, message)).includes('*Temporary* until') ? true : undefined),
        'it is shown as temporary',
      );
    }
    return { parent, request };
  }

  test('is approved, shown as temporary, and taken back when its time is up', async () => {
    const lifeguard = await lifeguardBeforeIt();
    const { parent, request } = await raise(lifeguard);
    await lifeguard.fastForward(29 * MINUTE);
    await lifeguard.settled();
    expect(await bouncer.size()).toBe(6);
    await lifeguard.fastForward(2 * MINUTE);
    expect(await happened(lifeguard, 'UndoEnded')).toMatchObject([{ outcome: 'done' }]);
    expect(await bouncer.size()).toBe(4);
    await lifeguard.message(
      'backend-team',
      (one) => wordsOf(one).includes('is 4 again') || wordsOf(one).includes('as its time was up'),
      'the thread says so',
    );
    for (const message of [parent, request]) {
      await eventually(
        () => (wordsOf(now(lifeguard, message)).includes('*Temporary* until') ? undefined : true),
        'it is not shown as temporary any more',
      );
    }
  });

  test('is taken back by a press of Undo, by an approver only', async () => {
    const lifeguard = await lifeguardBeforeIt();
    const { request } = await raise(lifeguard);
    await lifeguard.slack.actor.press(PEOPLE.alice, now(lifeguard, request), 'Undo');
    await told(lifeguard, PEOPLE.alice, 'only approvers may do this');
    expect(await happened(lifeguard, 'ActRefused')).toMatchObject([{ by: { id: PEOPLE.alice } }]);
    expect(await bouncer.size()).toBe(6);
    await lifeguard.slack.actor.press(PEOPLE.bob, now(lifeguard, request), 'Undo');
    expect(await happened(lifeguard, 'UndoEnded')).toMatchObject([{ outcome: 'done' }]);
    expect(await bouncer.size()).toBe(4);
    await lifeguard.fastForward(31 * MINUTE);
    await lifeguard.settled();
    expect(await happened(lifeguard, 'UndoEnded')).toHaveLength(1);
  });

  test('`/pool undo` lists it and takes it back; a second raise on top is refused', async () => {
    const lifeguard = await lifeguardBeforeIt();
    const { parent } = await raise(lifeguard);
    const { actor } = lifeguard.slack;
    const [suggestion] = lifeguard
      .messages('backend-team')
      .filter((one) => one.thread_ts === parent.ts && one.text === 'the suggestion');
    if (suggestion === undefined) throw new Error('the suggestion is gone');
    await pressAndGiveReason(lifeguard, suggestion);
    await told(lifeguard, PEOPLE.alice, 'Undo it first');
    await actor.command(PEOPLE.bob, 'backend-team', '/pool', 'undo');
    await told(lifeguard, PEOPLE.bob, '/pool undo inc-1/r1');
    await actor.command(PEOPLE.bob, 'backend-team', '/pool', 'undo inc-1/r1');
    await told(lifeguard, PEOPLE.bob, 'It is being undone');
    expect(await happened(lifeguard, 'UndoEnded')).toMatchObject([{ outcome: 'done' }]);
    expect(await bouncer.size()).toBe(4);
    await actor.command(PEOPLE.bob, 'backend-team', '/pool', 'undo');
    await told(lifeguard, PEOPLE.bob, 'nothing to undo');
  });

  test('a PgBouncer that is away when the time is up is said once; after an hour a person has to see to it', async () => {
    const lifeguard = await lifeguardBeforeIt();
    const { request } = await raise(lifeguard);
    await bouncer.stop();
    await lifeguard.fastForward(31 * MINUTE);
    expect(await happened(lifeguard, 'UndoDelayed')).toHaveLength(1);
    await lifeguard.message('backend-team', (one) => wordsOf(one).includes('Not undone yet'), 'the delay');
    await lifeguard.fastForward(61 * MINUTE);
    expect(await happened(lifeguard, 'UndoEnded')).toMatchObject([
      { outcome: 'failed', detail: expect.stringContaining('it still stands') },
    ]);
    await eventually(() => {
      const words = wordsOf(now(lifeguard, request));
      return words.includes('*Still in force*') && words.includes('"Undo"') ? true : undefined;
    }, 'Undo is offered again');
  });
});
