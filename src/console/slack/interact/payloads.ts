import { messageObject, viewObject } from '../present.ts';
import type { Ephemeral, JsonObject, Message, StateValues, User, View } from '../types.ts';
import type { Workspace } from '../workspace.ts';
import type { Located } from './elements.ts';

/** The old, unsigned proof of origin that Slack still sends; nothing should read it. */
const VERIFICATION_TOKEN = 'local-verification-token';

/** What every interaction carries. */
function envelope(workspace: Workspace, user: User): JsonObject {
  const { team, app } = workspace;
  return {
    user: { id: user.id, username: user.name, name: user.name, team_id: team.id },
    api_app_id: app.appId,
    token: VERIFICATION_TOKEN,
    team: { id: team.id, domain: team.domain },
    enterprise: null,
    is_enterprise_install: false,
  };
}

/** A slash command's form fields (docs.slack.dev/interactivity/implementing-slash-commands). */
export function commandFields(
  workspace: Workspace,
  user: User,
  channel: { readonly id: string; readonly name: string },
  said: { readonly command: string; readonly text: string },
  links: { readonly triggerId: string; readonly responseUrl: string },
): Record<string, string> {
  return {
    token: VERIFICATION_TOKEN,
    team_id: workspace.team.id,
    team_domain: workspace.team.domain,
    channel_id: channel.id,
    channel_name: channel.name,
    user_id: user.id,
    user_name: user.name,
    command: said.command,
    text: said.text,
    api_app_id: workspace.app.appId,
    is_enterprise_install: 'false',
    response_url: links.responseUrl,
    trigger_id: links.triggerId,
  };
}

/** One entry of `actions`: the element, what was chosen, when (seconds with six digits). */
export function actionOf(located: Located, chosen: JsonObject, ts: string): JsonObject {
  const { element } = located;
  const kept = ['text', 'value', 'url', 'style', 'confirm', 'placeholder', 'initial_option'].filter(
    (key) => element[key] !== undefined,
  );
  return {
    ...Object.fromEntries(kept.map((key) => [key, element[key]])),
    ...chosen,
    type: located.type,
    action_id: located.actionId,
    block_id: located.blockId,
    action_ts: ts,
  };
}

/** A click in a message: `block_actions` (docs.slack.dev/reference/interaction-payloads/block_actions-payload). */
export function messageActions(
  workspace: Workspace,
  user: User,
  message: Message | Ephemeral,
  details: {
    readonly actions: readonly JsonObject[];
    readonly values: StateValues;
    readonly triggerId: string;
    readonly responseUrl: string;
    readonly baseUrl: string;
  },
): JsonObject {
  const isEphemeral = 'from' in message;
  const channel = workspace.channel(message.channel);
  return {
    type: 'block_actions',
    ...envelope(workspace, user),
    container: {
      type: 'message',
      message_ts: message.ts,
      channel_id: message.channel,
      is_ephemeral: isEphemeral,
      ...(message.thread_ts === undefined ? {} : { thread_ts: message.thread_ts }),
    },
    trigger_id: details.triggerId,
    channel: {
      id: message.channel,
      name: channel?.user === undefined ? (channel?.name ?? '') : 'directmessage',
    },
    // Slack sends no message with a click in an ephemeral one.
    ...(isEphemeral
      ? {}
      : { message: messageObject(workspace, message, { metadata: true, baseUrl: details.baseUrl }) }),
    state: { values: details.values },
    response_url: details.responseUrl,
    actions: details.actions,
  };
}

/** A click in a modal. */
export function viewActions(
  workspace: Workspace,
  user: User,
  view: View,
  details: {
    readonly actions: readonly JsonObject[];
    readonly values: StateValues;
    readonly triggerId: string;
  },
): JsonObject {
  return {
    type: 'block_actions',
    ...envelope(workspace, user),
    container: { type: 'view', view_id: view.id },
    trigger_id: details.triggerId,
    view: viewObject(workspace, view, details.values),
    actions: details.actions,
  };
}

/** A modal's submit button: `view_submission`. */
export function viewSubmission(
  workspace: Workspace,
  user: User,
  view: View,
  details: { readonly values: StateValues; readonly triggerId: string },
): JsonObject {
  return {
    type: 'view_submission',
    ...envelope(workspace, user),
    trigger_id: details.triggerId,
    view: viewObject(workspace, view, details.values),
    response_urls: [],
  };
}

/** A modal closed by its person, sent only where the view asked for it. */
export function viewClosed(workspace: Workspace, user: User, view: View, isCleared: boolean): JsonObject {
  return {
    type: 'view_closed',
    ...envelope(workspace, user),
    view: viewObject(workspace, view),
    is_cleared: isCleared,
  };
}

/** An event in its envelope (docs.slack.dev/apis/events-api). */
export function eventCallback(workspace: Workspace, event: JsonObject): JsonObject {
  return {
    token: VERIFICATION_TOKEN,
    team_id: workspace.team.id,
    api_app_id: workspace.app.appId,
    event,
    type: 'event_callback',
    event_id: workspace.freshId('Ev'),
    event_time: Math.floor(workspace.now() / 1_000),
    authorizations: [
      { enterprise_id: null, team_id: workspace.team.id, user_id: workspace.app.botUserId, is_bot: true },
    ],
    is_ext_shared_channel: false,
  };
}
