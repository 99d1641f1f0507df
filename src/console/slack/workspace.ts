import { Bytes } from './bytes.ts';
import { Collection } from './collection.ts';
import { freshId, steadyId, TimestampClock } from './identifiers.ts';
import { type Entry, Journal } from './journal.ts';
import { MessageBook } from './messages.ts';
import { DEFAULT_APP, DEFAULT_TEAM, DEFAULT_USERS, makeBotUser, makeUser, type UserSeed } from './people.ts';
import { Triggers } from './triggers.ts';
import type {
  AppIdentity,
  Change,
  Channel,
  Ephemeral,
  Message,
  ResponseUrl,
  SlackFile,
  Team,
  User,
  UserGroup,
  View,
} from './types.ts';

/** What a workspace starts with. Everything has a default. */
export interface WorkspaceOptions {
  readonly team?: Team;
  readonly app?: AppIdentity;
  /** The people; the bot's own user is added. */
  readonly users?: readonly UserSeed[];
  readonly groups?: readonly UserGroup[];
  /** Names of channels to create, with or without `#`. */
  readonly channels?: readonly string[];
  /** A file to keep everything in; none keeps it in memory. Uploaded files go to a folder beside it. */
  readonly journal?: string;
  /** A line shown to whoever opens the page for the first time. */
  readonly hint?: string;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** What a message is made of before it has a timestamp. */
export type NewMessage = Omit<Message, 'ts' | 'reply_count' | 'latest_reply'>;

/** Which ephemeral message. */
export type EphemeralRef = Pick<Ephemeral, 'channel' | 'ts' | 'user'>;

/** The messages' name in the journal. */
const MESSAGES = 'messages';

/** How long an expired response_url is still known as expired rather than as never given out. */
const KEEP_EXPIRED_MS = 60 * 60 * 1_000;

const MAX_EPHEMERALS = 500;
const MILLISECONDS_PER_SECOND = 1_000;

/**
 * The state of one Slack workspace: who is there, which channels, what was said. It refuses nothing; the rules are
 * in `methods/` and `validate/`. Every change is in the journal before the method that made it returns.
 */
export class Workspace {
  readonly team: Team;
  readonly app: AppIdentity;
  readonly triggers: Triggers;
  readonly now: () => number;
  readonly #users: ReadonlyMap<string, User>;
  readonly #groups: ReadonlyMap<string, UserGroup>;
  readonly #write = (entry: Entry): void => this.#journal?.append(entry);
  readonly #channels = new Collection<Channel>('channels', this.#write);
  readonly #ephemerals = new Collection<Ephemeral>('ephemerals', this.#write);
  readonly #views = new Collection<View>('views', this.#write);
  readonly #files = new Collection<SlackFile>('files', this.#write);
  readonly #responseUrls = new Collection<ResponseUrl>('response_urls', this.#write);
  readonly #book = new MessageBook();
  readonly #bytes: Bytes;
  readonly #listeners = new Set<(change: Change) => void>();
  readonly #clock: TimestampClock;
  readonly #journal: Journal | undefined;
  #hint: string;

  /** @throws Error when the journal cannot be read or written */
  constructor(options: WorkspaceOptions) {
    this.now = options.now ?? Date.now;
    this.team = options.team ?? DEFAULT_TEAM;
    this.app = options.app ?? DEFAULT_APP;
    this.triggers = new Triggers(this.now);
    this.#hint = options.hint ?? '';
    this.#clock = new TimestampClock(this.now);
    const people = (options.users ?? DEFAULT_USERS).map(makeUser);
    this.#users = new Map([...people, makeBotUser(this.app)].map((user) => [user.id, user]));
    this.#groups = new Map((options.groups ?? []).map((group) => [group.id, group]));
    this.#bytes = new Bytes(options.journal === undefined ? undefined : `${options.journal}.files`);
    if (options.journal !== undefined) {
      const { journal, entries } = Journal.open(options.journal);
      for (const entry of entries) this.#restore(entry);
      this.#journal = journal;
    }
    for (const name of options.channels ?? []) this.ensureChannel(name);
  }

  /** Everybody, the bot too. */
  users(): User[] {
    return [...this.#users.values()];
  }

  user(id: string): User | undefined {
    return this.#users.get(id);
  }

  groups(): UserGroup[] {
    return [...this.#groups.values()];
  }

  group(id: string): UserGroup | undefined {
    return this.#groups.get(id);
  }

  channels(): Channel[] {
    return this.#channels.values();
  }

  /** A channel by id or by name, with or without `#`. */
  channel(idOrName: string): Channel | undefined {
    const found = this.#channels.get(idOrName);
    if (found !== undefined) return found;
    const name = plainName(idOrName);
    return this.channels().find((channel) => channel.user === undefined && channel.name === name);
  }

  /**
   * The channel of this name, created when it is missing.
   * @param options `member: false` leaves the bot outside (default: it has joined)
   */
  ensureChannel(name: string, options: { readonly member?: boolean } = {}): Channel {
    const plain = plainName(name);
    const created = Math.floor(this.now() / MILLISECONDS_PER_SECOND);
    const fresh = { id: steadyId('C', plain), name: plain, created, is_member: options.member ?? true };
    return this.channel(name) ?? this.saveChannel(fresh);
  }

  /** The bot's conversation with a person, created when it is missing; none for an unknown person. */
  ensureConversation(userId: string): Channel | undefined {
    const user = this.#users.get(userId);
    if (user === undefined || user.is_bot) return undefined;
    const id = steadyId('D', userId);
    const created = Math.floor(this.now() / MILLISECONDS_PER_SECOND);
    return (
      this.#channels.get(id) ??
      this.saveChannel({ id, name: user.name, created, is_member: true, user: userId })
    );
  }

  /** Keeps a channel as given. */
  saveChannel(channel: Channel): Channel {
    this.#channels.put(channel.id, channel);
    this.#tell({ kind: 'channel', channel });
    return channel;
  }

  /** Posts: gives the message its timestamp and keeps it. */
  post(draft: NewMessage): Message {
    return this.save({ ...draft, ts: this.#clock.next() });
  }

  /** Keeps a message as given, in place of the one with its timestamp. */
  save(message: Message): Message {
    const { reply_count: _count, latest_reply: _latest, ...stored } = message;
    this.#write([MESSAGES, `${message.channel}/${message.ts}`, stored]);
    this.#book.put(stored);
    const saved = this.#book.get(message.channel, message.ts) ?? stored;
    this.#tell({ kind: 'message', message: saved });
    this.#tellParent(saved);
    return saved;
  }

  /** Deletes; false when there was nothing. */
  remove(channel: string, ts: string): boolean {
    const message = this.#book.get(channel, ts);
    if (message === undefined) return false;
    this.#write([MESSAGES, `${channel}/${ts}`]);
    this.#book.remove(channel, ts);
    this.#tell({ kind: 'message_deleted', channel, ts });
    this.#tellParent(message);
    return true;
  }

  message(channel: string, ts: string): Message | undefined {
    return this.#book.get(channel, ts);
  }

  /** Everything in a channel (by id or name), replies too, oldest first. */
  messages(channel: string): Message[] {
    return this.#book.all(this.channel(channel)?.id ?? channel);
  }

  /** A parent and its replies, oldest first. */
  thread(channel: string, ts: string): Message[] {
    return this.#book.thread(this.channel(channel)?.id ?? channel, ts);
  }

  /** Shows a message to one person. */
  postEphemeral(draft: Omit<Ephemeral, 'ts'>): Ephemeral {
    const ephemeral = this.saveEphemeral({ ...draft, ts: this.#clock.next() });
    const surplus = this.#ephemerals.size - MAX_EPHEMERALS;
    for (const oldest of this.#ephemerals.values().slice(0, Math.max(0, surplus)))
      this.removeEphemeral(oldest);
    return ephemeral;
  }

  /** Keeps an ephemeral message as given. */
  saveEphemeral(ephemeral: Ephemeral): Ephemeral {
    this.#ephemerals.put(ephemeralKey(ephemeral), ephemeral);
    this.#tell({ kind: 'ephemeral', ephemeral });
    return ephemeral;
  }

  removeEphemeral(which: EphemeralRef): void {
    const removed = this.#ephemerals.remove(ephemeralKey(which));
    if (removed === undefined) return;
    this.#tell({ kind: 'ephemeral_deleted', channel: removed.channel, ts: removed.ts, user: removed.user });
  }

  /** What one person, or everybody, was shown alone. Oldest first. */
  ephemerals(user?: string): Ephemeral[] {
    return this.#ephemerals.values().filter((one) => user === undefined || one.user === user);
  }

  ephemeral(which: EphemeralRef): Ephemeral | undefined {
    return this.#ephemerals.get(ephemeralKey(which));
  }

  /** The views open on one person's screen, or on everybody's, the oldest first. */
  views(user?: string): View[] {
    return this.#views.values().filter((view) => user === undefined || view.user === user);
  }

  view(id: string): View | undefined {
    return this.#views.get(id);
  }

  saveView(view: View): View {
    this.#views.put(view.id, view);
    this.#tell({ kind: 'view', view });
    return view;
  }

  removeView(id: string): void {
    const view = this.#views.remove(id);
    if (view !== undefined) this.#tell({ kind: 'view_closed', id, user: view.user });
  }

  file(id: string): SlackFile | undefined {
    return this.#files.get(id);
  }

  saveFile(file: SlackFile): SlackFile {
    this.#files.put(file.id, file);
    return file;
  }

  /** Keeps an upload's bytes, in the folder beside the journal when there is one. */
  saveFileBytes(id: string, bytes: Buffer): void {
    if (this.#files.get(id) !== undefined) this.#bytes.save(id, bytes);
  }

  /** An upload's bytes; none for an unknown id or one that was never sent. */
  fileBytes(id: string): Buffer | undefined {
    return this.#files.get(id) === undefined ? undefined : this.#bytes.read(id);
  }

  responseUrl(id: string): ResponseUrl | undefined {
    return this.#responseUrls.get(id);
  }

  /** Keeps a response_url, and forgets those past their time. */
  saveResponseUrl(url: ResponseUrl): ResponseUrl {
    this.#responseUrls.put(url.id, url);
    const isOver = (one: ResponseUrl): boolean => one.expires + KEEP_EXPIRED_MS < this.now();
    for (const old of this.#responseUrls.values().filter(isOver)) this.#responseUrls.remove(old.id);
    return url;
  }

  /** A fresh id with Slack's letter in front. */
  freshId(prefix: string): string {
    return freshId(prefix);
  }

  get hint(): string {
    return this.#hint;
  }

  /** Changes the line shown above the channels; empty shows none. */
  setHint(hint: string): void {
    this.#hint = hint;
    this.#tell({ kind: 'hint', hint });
  }

  /** Tells `listener` of every change until the function given back is called. */
  subscribe(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Closes the journal. */
  close(): void {
    this.#listeners.clear();
    this.#journal?.close();
  }

  #tell(change: Change): void {
    for (const listener of this.#listeners) listener(change);
  }

  /** A reply changes its parent's count. */
  #tellParent(message: Message): void {
    if (message.thread_ts === undefined || message.thread_ts === message.ts) return;
    const parent = this.#book.get(message.channel, message.thread_ts);
    if (parent !== undefined) this.#tell({ kind: 'message', message: parent });
  }

  /** Takes one line of the journal; what it does not know a newer version wrote. */
  #restore([collection, key, value]: Entry): void {
    if (collection === MESSAGES) {
      this.#book.put(value as Message);
      this.#clock.passed((value as Message).ts);
      return;
    }
    const all = [this.#channels, this.#ephemerals, this.#views, this.#files, this.#responseUrls];
    const known = all.find((one) => one.name === collection) as Collection<unknown> | undefined;
    known?.restore(key, value);
    if (known?.name === this.#ephemerals.name) this.#clock.passed((value as Ephemeral).ts);
  }
}

/**
 * A workspace, empty or as its journal left it.
 * @throws Error when the journal cannot be read or written
 */
export function createWorkspace(options: WorkspaceOptions = {}): Workspace {
  return new Workspace(options);
}

function plainName(name: string): string {
  return name.replace(/^#/, '').toLowerCase();
}

function ephemeralKey(which: EphemeralRef): string {
  return `${which.channel}/${which.ts}/${which.user}`;
}
