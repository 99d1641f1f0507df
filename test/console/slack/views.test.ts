import type { HomeView, ModalView } from '@slack/web-api';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type BoltBench, startBoltBench } from './bolt.ts';
import { refusalOf } from './client.ts';

const MODAL: ModalView = {
  type: 'modal',
  callback_id: 'root_cause',
  title: { type: 'plain_text', text: 'Root cause' },
  submit: { type: 'plain_text', text: 'Save' },
  private_metadata: 'incident-1',
  blocks: [
    {
      type: 'input',
      block_id: 'cause',
      label: { type: 'plain_text', text: 'What was it?' },
      element: { type: 'plain_text_input', action_id: 'words', min_length: 5 },
    },
    {
      type: 'input',
      block_id: 'kind',
      optional: true,
      label: { type: 'plain_text', text: 'Kind' },
      element: {
        type: 'static_select',
        action_id: 'kind',
        options: [{ text: { type: 'plain_text', text: 'Leak' }, value: 'leak' }],
      },
    },
  ],
};

describe('modals, between the real Slack client and a real Bolt app', () => {
  let bench: BoltBench;
  let now: number;
  beforeEach(async () => {
    now = Date.now();
    bench = await startBoltBench({ now: () => now });
  });
  afterEach(() => bench.stop());

  const trigger = () => bench.workspace.triggers.issue('U0ALICE');
  const open = async (view: ModalView = MODAL): Promise<string> => {
    const answer = await bench.client.views.open({ trigger_id: trigger(), view });
    return answer.view?.id ?? '';
  };

  test('a trigger opens one modal, within three seconds', async () => {
    const { views } = bench.client;
    const used = trigger();
    await views.open({ trigger_id: used, view: MODAL });
    expect((await refusalOf(views.open({ trigger_id: used, view: MODAL }))).error).toBe(
      'exchanged_trigger_id',
    );
    const late = trigger();
    now += 3_001;
    expect((await refusalOf(views.open({ trigger_id: late, view: MODAL }))).error).toBe('expired_trigger_id');
    expect((await refusalOf(views.open({ trigger_id: '1.2.3', view: MODAL }))).error).toBe(
      'invalid_trigger_id',
    );
  });

  test('a faulty view is refused with pointers', async () => {
    const view = { ...MODAL, title: { type: 'plain_text', text: 'x'.repeat(25) } } as const;
    const refused = await refusalOf(bench.client.views.open({ trigger_id: trigger(), view }));
    expect(refused).toMatchObject({
      error: 'invalid_arguments',
      messages: ['[ERROR] must be less than 25 characters [json-pointer:/view/title/text]'],
    });
  });

  test('what was typed and chosen arrives with the submission, and the modal closes', async () => {
    const id = await open();
    let received: unknown;
    bench.app.view('root_cause', async ({ ack, view, body }) => {
      received = { values: view.state.values, metadata: view.private_metadata, user: body.user.id };
      await ack();
    });
    const outcome = await bench.actor.submitView('U0ALICE', id, {
      words: 'a leak in the pool',
      kind: 'leak',
    });
    expect(outcome.ok).toBe(true);
    expect(received).toMatchObject({
      user: 'U0ALICE',
      metadata: 'incident-1',
      values: {
        cause: { words: { type: 'plain_text_input', value: 'a leak in the pool' } },
        kind: { kind: { type: 'static_select', selected_option: { value: 'leak' } } },
      },
    });
    expect(bench.workspace.views('U0ALICE')).toEqual([]);
  });

  test('a required field left empty or too short is not sent at all', async () => {
    const id = await open();
    expect(await bench.actor.submitView('U0ALICE', id)).toMatchObject({
      ok: false,
      error: 'view_incomplete',
      errors: { cause: 'Please complete this required field.' },
    });
    expect(await bench.actor.submitView('U0ALICE', id, { words: 'no' })).toMatchObject({
      errors: { cause: 'Please enter at least 5 characters.' },
    });
  });

  test('the app can name faults, replace the modal, put another on top, and clear all', async () => {
    const id = await open();
    const answers = [
      { response_action: 'errors', errors: { cause: 'Not that one' } },
      { response_action: 'update', view: { ...MODAL, callback_id: 'updated' } },
      { response_action: 'push', view: { ...MODAL, callback_id: 'pushed' } },
      { response_action: 'clear' },
    ] as const;
    let turn = 0;
    bench.app.view(/.*/, async ({ ack }) => {
      const answer = answers[turn];
      turn += 1;
      if (answer === undefined) throw new Error('one submission too many');
      await ack(answer);
    });
    const submit = (view: string) => bench.actor.submitView('U0ALICE', view, { words: 'a leak' });
    expect(await submit(id)).toMatchObject({ ok: false, errors: { cause: 'Not that one' } });
    await submit(id);
    expect(bench.workspace.view(id)?.callback_id).toBe('updated');
    await submit(id);
    const [, pushed] = bench.workspace.views('U0ALICE');
    expect(pushed).toMatchObject({ callback_id: 'pushed', previous_view_id: id, root_view_id: id });
    await submit(pushed?.id ?? '');
    expect(bench.workspace.views('U0ALICE')).toEqual([]);
  });

  test('views.update refuses a stale hash and an unknown view', async () => {
    const id = await open();
    const { views } = bench.client;
    const stale = views.update({ view_id: id, hash: 'stale', view: MODAL });
    expect((await refusalOf(stale)).error).toBe('hash_conflict');
    expect((await refusalOf(views.update({ view_id: 'V0NONE', view: MODAL }))).error).toBe('not_found');
    await views.update({ view_id: id, view: { ...MODAL, callback_id: 'newer' } });
    expect(bench.workspace.view(id)?.callback_id).toBe('newer');
  });

  test('three modals may lie on each other, not four', async () => {
    await open();
    const { views } = bench.client;
    await views.push({ trigger_id: trigger(), view: MODAL });
    await views.push({ trigger_id: trigger(), view: MODAL });
    expect((await refusalOf(views.push({ trigger_id: trigger(), view: MODAL }))).error).toBe(
      'push_limit_reached',
    );
  });

  test('closing is told to an app that asked for it', async () => {
    const id = await open({ ...MODAL, notify_on_close: true });
    let closed: unknown;
    bench.app.view({ callback_id: 'root_cause', type: 'view_closed' }, async ({ ack, body }) => {
      closed = body;
      await ack();
    });
    await bench.actor.closeView('U0ALICE', id);
    expect(closed).toMatchObject({ type: 'view_closed', is_cleared: false, view: { id } });
    expect(bench.workspace.view(id)).toBeUndefined();
  });

  test('an external_id belongs to one view at a time', async () => {
    await open({ ...MODAL, external_id: 'incident-1' });
    const { views } = bench.client;
    const twin = views.push({ trigger_id: trigger(), view: { ...MODAL, external_id: 'incident-1' } });
    expect((await refusalOf(twin)).error).toBe('duplicate_external_id');
    await views.update({
      external_id: 'incident-1',
      view: { ...MODAL, external_id: 'incident-1', callback_id: 'x' },
    });
    expect(bench.workspace.views('U0ALICE')).toMatchObject([{ callback_id: 'x' }]);
  });

  test('an App Home is published for one person', async () => {
    const view: HomeView = { type: 'home', blocks: [{ type: 'divider' }] };
    await bench.client.views.publish({ user_id: 'U0BOB', view });
    expect(bench.workspace.views('U0BOB')).toMatchObject([{ type: 'home' }]);
  });
});
