import type { Change, Channel, Ephemeral, Message, Team, User, UserGroup, View } from './slack/types.ts';

/** What the page and its server say to each other. Types alone: the page bundles nothing from here. */

/** A command the composer completes: what to type, and what it does. */
export interface CommandHelp {
  /** `/pool kill` */
  readonly command: string;
  /** `<pid>`; empty when it takes nothing. */
  readonly usage: string;
  readonly description: string;
}

/** A shared file as the page shows it. */
export interface PageFile {
  readonly id: string;
  readonly title: string;
  readonly url: string;
  readonly alt: string;
  readonly isImage: boolean;
}

/** A message as the page shows it: files resolved, metadata left out. */
export type PageMessage = Omit<Message, 'files' | 'metadata'> & { readonly files?: readonly PageFile[] };

/** Everything the page starts with. Replies are not in it: `GET /console/api/thread` gives a thread. */
export interface Snapshot {
  readonly team: Team;
  readonly appUser: string;
  readonly users: readonly User[];
  readonly groups: readonly UserGroup[];
  readonly channels: readonly Channel[];
  readonly messages: readonly PageMessage[];
  readonly ephemerals: readonly Ephemeral[];
  readonly views: readonly View[];
  readonly commands: readonly CommandHelp[];
  readonly hint: string;
}

/** One live change, as the page gets it. */
export type PageChange =
  | Exclude<Change, { kind: 'message' }>
  | { readonly kind: 'message'; readonly message: PageMessage };

/** What a person typed or chose: one value, several, or nothing. */
export type ChosenValue = string | string[] | null;

/** Choices by block_id, then action_id. */
export type ChosenByBlock = Record<string, Record<string, ChosenValue>>;

/** The body of `POST /console/api/act`: what a person does. */
export type Act =
  | { kind: 'command'; user: string; channel: string; text: string }
  | { kind: 'say'; user: string; channel: string; text: string; thread_ts?: string | undefined }
  | {
      kind: 'press';
      user: string;
      channel: string;
      ts: string;
      block_id: string;
      action_id: string;
      state?: ChosenByBlock | undefined;
    }
  | {
      kind: 'select';
      user: string;
      channel: string;
      ts: string;
      block_id: string;
      action_id: string;
      chosen: ChosenValue;
      state?: ChosenByBlock | undefined;
    }
  | {
      kind: 'act_in_view';
      user: string;
      view: string;
      block_id: string;
      action_id: string;
      chosen?: ChosenValue | undefined;
      state?: ChosenByBlock | undefined;
    }
  | { kind: 'submit'; user: string; view: string; values?: ChosenByBlock | undefined }
  | { kind: 'close'; user: string; view: string };

/** What became of an act. */
export interface ActResult {
  readonly ok: boolean;
  readonly error?: string;
  /** A form's faults by block_id. */
  readonly errors?: Readonly<Record<string, string>>;
}
