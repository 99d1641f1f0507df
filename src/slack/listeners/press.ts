import type {
  AllMiddlewareArgs,
  App,
  BlockAction,
  ButtonAction,
  SlackActionMiddlewareArgs,
  types,
} from '@slack/bolt';
import type { Told } from '../../incident/decide/index.ts';
import type { Actor } from '../../incident/people.ts';
import { currentScope, inScope } from '../../observe/scope.ts';
import { LifelineError } from '../../pool/faults.ts';
import type { Desk } from '../desk.ts';
import { toldText } from '../views/told.ts';

/** What a press carries, and who pressed. */
export interface Press {
  readonly actor: Actor;
  /** The button's value, parsed; an object of unknown shape. */
  readonly value: Readonly<Record<string, unknown>>;
}

/** What a press led to: a code with facts, a sentence, or nothing to say. */
export type Answer = Told | { readonly text: string } | undefined;

/** A button whose press could not be saved must not look as if it had been. */
export const NOT_SAVED =
  ':warning: That could not be saved just now, so nothing was done. Please try again in a moment.';

/**
 * Listens to the buttons whose action id is `id` or begins with `id.`: acknowledges first, since
 * Slack waits three seconds at most, then does the work and tells the person what the thread does not.
 */
export function onPress(app: App, desk: Desk, id: string, work: (press: Press) => Promise<Answer>): void {
  const pattern = new RegExp(`^${id}(\\.|$)`);
  listenTo(app, pattern, async (args) => {
    const began = performance.now();
    await args.ack();
    const ackMs = performance.now() - began;
    let text: string | undefined;
    let outcome: 'done' | 'refused' | 'failed' = 'done';
    try {
      const { user } = args.body;
      const actor = await actorOf(desk, user.id, 'name' in user ? user.name : undefined);
      const answer = await work({ actor, value: parse(args.action.value) });
      text = answer === undefined ? undefined : 'text' in answer ? answer.text : toldText(answer);
      if (answer !== undefined && 'code' in answer && answer.code === 'not_allowed') outcome = 'refused';
    } catch (error) {
      desk.log.error({ err: error, action: id }, 'a press could not be carried out');
      text = troubleText(error);
      outcome = 'failed';
    }
    desk.onInteraction(id, outcome, ackMs);
    if (text === undefined) return;
    await args
      .respond({ response_type: 'ephemeral', replace_original: false, text })
      .catch((error: unknown) =>
        desk.log.warn({ err: error, action: id }, 'the answer did not reach the person'),
      );
  });
}

type ActionArgs = SlackActionMiddlewareArgs<BlockAction<ButtonAction>> & AllMiddlewareArgs;

/** What is done for a press belongs to the incident that its button names. */
function listenTo(app: App, pattern: RegExp, take: (args: ActionArgs) => Promise<void>): void {
  app.action<BlockAction<ButtonAction>>({ type: 'block_actions', action_id: pattern }, (args) => {
    const incident = text(parse(args.action.value), 'i');
    return inScope({ ...currentScope(), ...(incident === '' ? {} : { incident }) }, () => take(args));
  });
}

/** A press that opens a modal, before anything is looked up that takes time. */
export interface Opening {
  /** The button's value, parsed. */
  readonly value: Readonly<Record<string, unknown>>;
  readonly body: BlockAction<ButtonAction>;
}

/**
 * Listens like `onPress`, and opens a modal. Slack's trigger is good for three seconds from the press: `viewOf`
 * must ask nothing that may take as long.
 */
export function onOpen(
  app: App,
  desk: Desk,
  id: string,
  viewOf: (opening: Opening) => Promise<types.ModalView | { readonly text: string }>,
): void {
  const pattern = new RegExp(`^${id}(\\.|$)`);
  listenTo(app, pattern, async (args) => {
    const { ack, action, body, client, respond } = args;
    const began = performance.now();
    await ack();
    const ackMs = performance.now() - began;
    let trouble: string | undefined;
    try {
      const view = await viewOf({ value: parse(action.value), body });
      if ('text' in view) trouble = view.text;
      else await client.views.open({ trigger_id: body.trigger_id, view });
    } catch (error) {
      desk.log.error({ err: error, action: id }, 'a modal could not be opened');
      trouble = troubleText(error);
    }
    desk.onInteraction(id, trouble === undefined ? 'done' : 'failed', ackMs);
    if (trouble === undefined) return;
    await respond({ response_type: 'ephemeral', replace_original: false, text: trouble }).catch(
      (error: unknown) => desk.log.warn({ err: error }, 'the answer did not reach the person'),
    );
  });
}

/** What the person is told of a fault: which part is away, and that nothing was done. */
export function troubleText(error: unknown): string {
  return error instanceof LifelineError
    ? ':warning: The database does not answer just now, so nothing was done. Please try again in a moment.'
    : NOT_SAVED;
}

/** A person of Slack with the groups they are in now. */
export async function actorOf(desk: Desk, user: string, name: string | undefined): Promise<Actor> {
  const groups = await desk.groupsOf(user);
  return { id: user, ...(name === undefined ? {} : { name }), groups, via: 'slack' };
}

/** A string of the value, by name; one with NUL, which PostgreSQL takes in no text, is none of ours. */
export function text(value: Readonly<Record<string, unknown>>, name: string): string {
  const found = value[name];
  return typeof found === 'string' && !found.includes('\0') ? found : '';
}

/** What a button or a modal carries, as an object of unknown shape. */
export function parse(value: string | undefined): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(value ?? '');
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {};
  } catch {
    return {};
  }
}
