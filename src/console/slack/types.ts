/**
 * What the Slack stand-in keeps: the same things, under the same names, that Slack's Web API gives out
 * (docs.slack.dev/reference/objects), less what nobody here reads.
 */

/** A JSON object whose values have not been looked at yet. */
export type JsonObject = { readonly [key: string]: unknown };

/** True for a plain JSON object: not null, not an array. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A Block Kit block that has passed validation. */
export interface Block extends JsonObject {
  readonly type: string;
  readonly block_id?: string;
}

/** The workspace itself. */
export interface Team {
  readonly id: string;
  readonly name: string;
  /** The name before `.slack.com`. */
  readonly domain: string;
}

/** The app whose bot calls the Web API. */
export interface AppIdentity {
  readonly appId: string;
  readonly botId: string;
  /** The bot's user, U… */
  readonly botUserId: string;
  readonly name: string;
}

/** A person, or the bot's own user. */
export interface User {
  readonly id: string;
  /** The handle, lower case. */
  readonly name: string;
  readonly real_name: string;
  /** What the person does, shown beside the name: "on-call engineer". */
  readonly title: string;
  readonly email?: string;
  /** Six hexadecimal digits without `#`, the avatar's background. */
  readonly color: string;
  /** One or two letters drawn in place of a picture. */
  readonly initials: string;
  readonly tz: string;
  readonly is_bot: boolean;
}

/** A user group, S…: what `<!subteam^S…>` and the access rules name. */
export interface UserGroup {
  readonly id: string;
  readonly handle: string;
  readonly name: string;
  readonly users: readonly string[];
}

/** A public channel (C…) or a person's conversation with the bot (D…). */
export interface Channel {
  readonly id: string;
  readonly name: string;
  /** Seconds since 1970. */
  readonly created: number;
  /** The bot has joined: without it reading and most posting end in `not_in_channel`. */
  readonly is_member: boolean;
  /** For a D… conversation: the person at the other end. */
  readonly user?: string;
}

/** Data an app hangs on a message, invisible to people. */
export interface Metadata {
  readonly event_type: string;
  readonly event_payload: JsonObject;
}

/** An emoji under a message and who put it there. */
export interface Reaction {
  readonly name: string;
  readonly users: readonly string[];
}

/** A message everybody in the channel sees. */
export interface Message {
  readonly channel: string;
  /** Unique and rising in its channel: seconds, a point, six digits. */
  readonly ts: string;
  readonly user: string;
  readonly bot_id?: string;
  readonly app_id?: string;
  readonly username?: string;
  readonly text: string;
  readonly blocks?: readonly Block[];
  readonly attachments?: readonly JsonObject[];
  readonly metadata?: Metadata;
  readonly thread_ts?: string;
  readonly reply_broadcast?: boolean;
  readonly edited?: { readonly user: string; readonly ts: string };
  readonly reactions?: readonly Reaction[];
  readonly pinned?: boolean;
  /** Ids of shared files, F… */
  readonly files?: readonly string[];
  /** For a parent: how many replies, and the ts of the newest. Derived, never stored. */
  readonly reply_count?: number;
  readonly latest_reply?: string;
}

/** A message that one person alone sees. */
export interface Ephemeral {
  readonly channel: string;
  readonly ts: string;
  /** Who sees it. */
  readonly user: string;
  /** Who says it: the bot's user, or SLACKBOT for Slack's own words. */
  readonly from: string;
  readonly text: string;
  readonly blocks?: readonly Block[];
  readonly attachments?: readonly JsonObject[];
  readonly thread_ts?: string;
}

/** The user that speaks for Slack itself in ephemeral errors. */
export const SLACKBOT = 'USLACKBOT';

/** A value typed or chosen in a view or a message, as `state.values` reports it. */
export type StateValue = JsonObject & { readonly type: string };

/** `state.values`: by block_id, then action_id. */
export type StateValues = { readonly [blockId: string]: { readonly [actionId: string]: StateValue } };

/** A modal, or the App Home of one person. */
export interface View {
  readonly id: string;
  readonly type: 'modal' | 'home';
  /** Whose screen it is on. */
  readonly user: string;
  readonly title?: JsonObject;
  readonly submit?: JsonObject;
  readonly close?: JsonObject;
  readonly blocks: readonly Block[];
  readonly callback_id: string;
  readonly external_id: string;
  readonly private_metadata: string;
  readonly hash: string;
  readonly clear_on_close: boolean;
  readonly notify_on_close: boolean;
  readonly root_view_id: string;
  readonly previous_view_id: string | null;
}

/** An uploaded file's description; its bytes are read with `Workspace.fileBytes`. */
export interface SlackFile {
  readonly id: string;
  readonly name: string;
  readonly title: string;
  readonly mimetype: string;
  readonly size: number;
  readonly alt_txt: string;
  /** Seconds since 1970. */
  readonly created: number;
  readonly channels: readonly string[];
  /** False between `files.getUploadURLExternal` and `files.completeUploadExternal`. */
  readonly complete: boolean;
}

/** Where a response_url leads, and how much of it is left. */
export interface ResponseUrl {
  readonly id: string;
  readonly user: string;
  readonly channel: string;
  /** The message the click was on; none for a slash command. */
  readonly message?: { readonly ts: string; readonly ephemeral: boolean };
  readonly thread_ts?: string;
  /** Milliseconds since 1970. */
  readonly expires: number;
  readonly used: number;
}

/** Something changed in the workspace, told to whoever listens. */
export type Change =
  | { readonly kind: 'channel'; readonly channel: Channel }
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'message_deleted'; readonly channel: string; readonly ts: string }
  | { readonly kind: 'ephemeral'; readonly ephemeral: Ephemeral }
  | {
      readonly kind: 'ephemeral_deleted';
      readonly channel: string;
      readonly ts: string;
      readonly user: string;
    }
  | { readonly kind: 'view'; readonly view: View }
  | { readonly kind: 'view_closed'; readonly id: string; readonly user: string }
  | { readonly kind: 'hint'; readonly hint: string };
