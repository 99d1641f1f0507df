import { z } from 'zod';
import type { Act, ChosenByBlock } from './protocol.ts';
import type { Actor, Outcome } from './slack/interact.ts';

const person = z.string().regex(/^U[A-Z0-9]+$/);
const place = z.string().regex(/^[CD][A-Z0-9]+$/);
const timestamp = z.string().regex(/^\d+\.\d{6}$/);
const words = z.string().min(1).max(4_000);
const id = z.string().max(255);
const chosen = z.union([z.string().max(3_000), z.array(z.string().max(3_000)).max(100), z.null()]);
const values = z.record(z.string(), z.record(z.string(), chosen)).optional();

/** What the page may ask for on a person's behalf. */
const ACT: z.ZodType<Act> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('command'), user: person, channel: place, text: words }),
  z.strictObject({
    kind: z.literal('say'),
    user: person,
    channel: place,
    text: words,
    thread_ts: timestamp.optional(),
  }),
  z.strictObject({
    kind: z.literal('press'),
    user: person,
    channel: place,
    ts: timestamp,
    block_id: id,
    action_id: id,
    state: values,
  }),
  z.strictObject({
    kind: z.literal('select'),
    user: person,
    channel: place,
    ts: timestamp,
    block_id: id,
    action_id: id,
    chosen,
    state: values,
  }),
  z.strictObject({
    kind: z.literal('act_in_view'),
    user: person,
    view: id,
    block_id: id,
    action_id: id,
    chosen: chosen.optional(),
    state: values,
  }),
  z.strictObject({ kind: z.literal('submit'), user: person, view: id, values }),
  z.strictObject({ kind: z.literal('close'), user: person, view: id }),
]);

/** The answer: an HTTP status, and what became of the act or why it was not tried. */
export interface ActAnswer {
  readonly status: 200 | 400 | 409;
  readonly body: Outcome | { readonly ok: false; readonly error: string };
}

/**
 * Checks what the page sent and does it.
 * @param body the parsed JSON body
 * @returns 400 naming the faulty field; 409 when what was pressed is gone by now; else 200 with the outcome
 */
export async function performAct(actor: Actor, body: unknown): Promise<ActAnswer> {
  const parsed = ACT.safeParse(body);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return refuse(400, `${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'malformed'}`);
  }
  try {
    return { status: 200, body: await perform(actor, parsed.data) };
  } catch (error) {
    return refuse(409, error instanceof Error ? error.message : String(error));
  }
}

function refuse(status: 400 | 409, error: string): ActAnswer {
  return { status, body: { ok: false, error } };
}

function perform(actor: Actor, act: Act): Promise<Outcome> | Outcome {
  switch (act.kind) {
    case 'command': {
      const [command = '', ...rest] = act.text.trim().split(/\s+/);
      if (!command.startsWith('/')) throw new Error('a command begins with a slash');
      return actor.command(act.user, act.channel, command, rest.join(' '));
    }
    case 'say':
      actor.say(act.user, act.channel, act.text, act.thread_ts);
      return { ok: true, ms: 0 };
    case 'press':
      return actor.press(act.user, act, act.action_id, { blockId: act.block_id, ...stateOf(act) });
    case 'select':
      return actor.select(act.user, act, act.action_id, act.chosen, {
        blockId: act.block_id,
        ...stateOf(act),
      });
    case 'act_in_view':
      return actor.actInView(act.user, act.view, act.action_id, {
        blockId: act.block_id,
        ...(act.chosen === undefined ? {} : { chosen: act.chosen }),
        ...stateOf(act),
      });
    case 'submit':
      return actor.submitView(act.user, act.view, act.values ?? {});
    case 'close':
      return actor.closeView(act.user, act.view);
  }
}

function stateOf(act: { state?: ChosenByBlock | undefined }): { state?: ChosenByBlock } {
  return act.state === undefined ? {} : { state: act.state };
}
