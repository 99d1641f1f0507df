import { afterSubmission, type Outcome, outcome, sayAcknowledged } from './interact/aftermath.ts';
import { findElement, type Located, type Pointing } from './interact/elements.ts';
import {
  actionOf,
  commandFields,
  eventCallback,
  messageActions,
  viewActions,
  viewClosed,
  viewSubmission,
} from './interact/payloads.ts';
import { type AppAddress, type Delivery, sendForm, sendJson } from './interact/send.ts';
import { type Chosen, type ChosenValues, formFaults, stateValue, stateValues } from './interact/state.ts';
import { openResponseUrl } from './responses.ts';
import { type Ephemeral, type JsonObject, type Message, SLACKBOT, type User, type View } from './types.ts';
import { modalStack } from './views.ts';
import type { Workspace } from './workspace.ts';

export type { Outcome } from './interact/aftermath.ts';

/** Where the app is, and where its answers come back to. */
export interface ActorOptions extends AppAddress {
  readonly workspace: Workspace;
  /** Where the console is reached, without a slash at the end. */
  readonly baseUrl: string;
}

/** A message, or where to find the present form of one. */
export type MessageRef = Message | Ephemeral | { readonly channel: string; readonly ts: string };

/**
 * People doing things in Slack: each function sends the app exactly what Slack would send, signed, waits three
 * seconds for the acknowledgement, and does to the workspace what Slack would do with it. What a person may do is
 * the app's affair; a button that is not there cannot be pressed (Error).
 */
export class Actor {
  readonly #options: ActorOptions;
  readonly #workspace: Workspace;

  constructor(options: ActorOptions) {
    this.#options = options;
    this.#workspace = options.workspace;
  }

  /**
   * Types a slash command into a channel.
   * @param channel id or name
   * @param command with its slash: `/pool`
   */
  async command(userId: string, channel: string, command: string, text = ''): Promise<Outcome> {
    const user = this.#user(userId);
    const where = this.#workspace.channel(channel);
    if (where === undefined) throw new Error(`no channel ${channel}`);
    const origin = { user: user.id, channel: where.id };
    const links = {
      triggerId: this.#workspace.triggers.issue(user.id),
      responseUrl: this.#responseUrl(origin),
    };
    const fields = commandFields(this.#workspace, user, where, { command, text }, links);
    const delivery = await sendForm(this.#options, fields);
    if (delivery.outcome !== 'acknowledged') {
      this.#complain(origin, `${command} failed with the error "${delivery.outcome}"`);
      return outcome(delivery);
    }
    return sayAcknowledged(this.#workspace, origin, delivery, this.#options.baseUrl);
  }

  /**
   * Presses a button.
   * @param message as it was seen (a stale one can be pressed too), or its channel and ts for its present form
   * @param button its action_id, or the words on it without the emoji
   * @param more `value` or `blockId` to tell like buttons apart; `state` for what was chosen in selects beside it
   * @throws Error when there is no such button
   */
  async press(
    userId: string,
    message: MessageRef,
    button: string,
    more: { readonly value?: string; readonly blockId?: string; readonly state?: ChosenValues } = {},
  ): Promise<Outcome> {
    const seen = this.#seen(userId, message);
    return this.#actOnMessage(userId, seen, locate(seen.blocks ?? [], button, more), undefined, more.state);
  }

  /** Chooses in a menu, picker, checkbox group or overflow of a message. @throws Error when there is none */
  async select(
    userId: string,
    message: MessageRef,
    actionId: string,
    chosen: Chosen,
    more: { readonly blockId?: string; readonly state?: ChosenValues } = {},
  ): Promise<Outcome> {
    const seen = this.#seen(userId, message);
    const located = locate(seen.blocks ?? [], actionId, more);
    return this.#actOnMessage(userId, seen, located, chosen, more.state);
  }

  /** Presses a button or chooses in a menu of a modal or App Home. @throws Error when there is none */
  async actInView(
    userId: string,
    viewId: string,
    element: string,
    more: { readonly chosen?: Chosen; readonly blockId?: string; readonly state?: ChosenValues } = {},
  ): Promise<Outcome> {
    const user = this.#user(userId);
    const view = this.#view(userId, viewId);
    const located = locate(view.blocks, element, more);
    const payload = viewActions(this.#workspace, user, view, {
      actions: [actionOf(located, choice(located, more.chosen), this.#actionTs())],
      values: stateValues(view.blocks, withChosen(located, more.chosen, more.state)),
      triggerId: this.#workspace.triggers.issue(user.id),
    });
    return outcome(await this.#send(payload));
  }

  /**
   * Presses a modal's submit button.
   * @param values what was typed and chosen, by action_id (or block_id, then action_id); the rest keeps what it
   *   started with
   */
  async submitView(userId: string, viewId: string, values: ChosenValues = {}): Promise<Outcome> {
    const user = this.#user(userId);
    const view = this.#view(userId, viewId);
    const state = stateValues(view.blocks, values);
    const faults = formFaults(view.blocks, state);
    if (Object.keys(faults).length > 0) return { ok: false, error: 'view_incomplete', errors: faults, ms: 0 };
    const triggerId = this.#workspace.triggers.issue(user.id);
    const delivery = await this.#send(
      viewSubmission(this.#workspace, user, view, { values: state, triggerId }),
    );
    return delivery.outcome === 'acknowledged'
      ? afterSubmission(this.#workspace, view, delivery)
      : outcome(delivery);
  }

  /** Closes a modal (and, where it says so, all below it). */
  async closeView(userId: string, viewId: string): Promise<Outcome> {
    const user = this.#user(userId);
    const view = this.#view(userId, viewId);
    const closing = view.clear_on_close ? modalStack(this.#workspace, userId) : [view];
    for (const one of closing) this.#workspace.removeView(one.id);
    if (!view.notify_on_close) return { ok: true, ms: 0 };
    return outcome(await this.#send(viewClosed(this.#workspace, user, view, view.clear_on_close)));
  }

  /** Writes an ordinary message as a person; the app is not told. */
  say(userId: string, channel: string, text: string, threadTs?: string): Message {
    const where = this.#workspace.channel(channel);
    if (where === undefined) throw new Error(`no channel ${channel}`);
    const thread = threadTs === undefined ? {} : { thread_ts: threadTs };
    return this.#workspace.post({ channel: where.id, user: this.#user(userId).id, text, ...thread });
  }

  /** Sends an event of the Events API, such as `app_mention`. */
  async event(event: JsonObject): Promise<Outcome> {
    return outcome(await sendJson(this.#options, eventCallback(this.#workspace, event)));
  }

  async #actOnMessage(
    userId: string,
    message: Message | Ephemeral,
    located: Located,
    chosen: Chosen | undefined,
    state: ChosenValues | undefined,
  ): Promise<Outcome> {
    const user = this.#user(userId);
    const thread = message.thread_ts === undefined ? {} : { thread_ts: message.thread_ts };
    const origin = { user: user.id, channel: message.channel };
    const original = { ts: message.ts, ephemeral: 'from' in message };
    const payload = messageActions(this.#workspace, user, message, {
      actions: [actionOf(located, choice(located, chosen), this.#actionTs())],
      values: stateValues(message.blocks ?? [], withChosen(located, chosen, state)),
      triggerId: this.#workspace.triggers.issue(user.id),
      responseUrl: this.#responseUrl({ ...origin, ...thread, message: original }),
      baseUrl: this.#options.baseUrl,
    });
    const delivery = await this.#send(payload);
    if (delivery.outcome === 'operation_timeout') {
      this.#complain(
        { ...origin, ...thread },
        'The app did not answer within 3 seconds (operation_timeout). Try again.',
      );
    } else if (delivery.outcome === 'dispatch_failed') {
      const status =
        delivery.status === undefined ? 'could not be reached' : `answered with status ${delivery.status}`;
      this.#complain({ ...origin, ...thread }, `The app ${status} (dispatch_failed).`);
    }
    return outcome(delivery);
  }

  #send(payload: JsonObject): Promise<Delivery> {
    return sendForm(this.#options, { payload: JSON.stringify(payload) });
  }

  #responseUrl(origin: Parameters<typeof openResponseUrl>[1]): string {
    return `${this.#options.baseUrl}/slack/response/${openResponseUrl(this.#workspace, origin).id}`;
  }

  #complain(
    where: { readonly user: string; readonly channel: string; readonly thread_ts?: string },
    text: string,
  ): void {
    this.#workspace.postEphemeral({ ...where, from: SLACKBOT, text });
  }

  #actionTs(): string {
    return (this.#workspace.now() / 1_000).toFixed(6);
  }

  #user(id: string): User {
    const user = this.#workspace.user(id);
    if (user === undefined || user.is_bot) throw new Error(`no person ${id}`);
    return user;
  }

  #view(userId: string, viewId: string): View {
    const view = this.#workspace.view(viewId);
    if (view === undefined || view.user !== userId)
      throw new Error(`no view ${viewId} on the screen of ${userId}`);
    return view;
  }

  #seen(userId: string, message: MessageRef): Message | Ephemeral {
    if ('text' in message) return message;
    const channel = this.#workspace.channel(message.channel)?.id ?? message.channel;
    const present =
      this.#workspace.message(channel, message.ts) ??
      this.#workspace.ephemeral({ channel, ts: message.ts, user: userId });
    if (present === undefined) throw new Error(`no message ${message.ts} in ${message.channel}`);
    return present;
  }
}

/** By action_id first, else by the words on it. */
function locate(
  blocks: Parameters<typeof findElement>[0],
  name: string,
  more: { readonly value?: string; readonly blockId?: string },
): Located {
  const rest: Pointing = {
    ...(more.value === undefined ? {} : { value: more.value }),
    ...(more.blockId === undefined ? {} : { blockId: more.blockId }),
  };
  try {
    return findElement(blocks, { ...rest, actionId: name });
  } catch {
    return findElement(blocks, { ...rest, text: name });
  }
}

function choice(located: Located, chosen: Chosen | undefined): JsonObject {
  if (located.type === 'button' || located.type === 'workflow_button') return {};
  const { type: _type, ...rest } = stateValue(located.element, chosen);
  return rest;
}

function withChosen(located: Located, chosen: Chosen | undefined, state: ChosenValues = {}): ChosenValues {
  return chosen === undefined ? state : { ...state, [located.actionId]: chosen };
}
