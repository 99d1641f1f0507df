import type { PageChange, PageMessage, Snapshot } from '../protocol.ts';

/** How the connection to the server stands. */
export type Connection = 'connecting' | 'live' | 'lost';

/** Everything the page knows. */
export interface State {
  readonly connection: Connection;
  /** Counts the times the whole state came: a thread on screen is fetched anew each time. */
  readonly generation: number;
  readonly data: Snapshot | undefined;
  /** Messages that changed since a thread was last asked for: what comes of that may be older. */
  readonly changed: ReadonlySet<string>;
}

/** What changes it. */
export type Step =
  | { readonly kind: 'state'; readonly snapshot: Snapshot }
  | { readonly kind: 'change'; readonly change: PageChange }
  | { readonly kind: 'asked' }
  | { readonly kind: 'messages'; readonly messages: readonly PageMessage[] }
  | { readonly kind: 'lost' };

/** Before anything came. */
export const INITIAL: State = {
  connection: 'connecting',
  generation: 0,
  data: undefined,
  changed: new Set(),
};

/** The next state. */
export function reduce(state: State, step: Step): State {
  switch (step.kind) {
    case 'state':
      return {
        connection: 'live',
        generation: state.generation + 1,
        data: step.snapshot,
        changed: new Set(),
      };
    case 'lost':
      return { ...state, connection: 'lost' };
    case 'asked':
      return { ...state, changed: new Set() };
    case 'messages': {
      if (state.data === undefined) return state;
      const { changed } = state;
      const news = step.messages.filter((one) => !changed.has(keyOf(one)));
      return { ...state, data: withMessages(state.data, news) };
    }
    case 'change':
      return state.data === undefined
        ? state
        : {
            ...state,
            data: applyChange(state.data, step.change),
            changed: withChanged(state.changed, step.change),
          };
  }
}

function withChanged(changed: ReadonlySet<string>, change: PageChange): ReadonlySet<string> {
  if (change.kind === 'message') return new Set([...changed, keyOf(change.message)]);
  return change.kind === 'message_deleted' ? new Set([...changed, keyOf(change)]) : changed;
}

function keyOf({ channel, ts }: Stamped): string {
  return `${channel}/${ts}`;
}

function withMessages(data: Snapshot, messages: readonly PageMessage[]): Snapshot {
  return {
    ...data,
    messages: messages.reduce((list, one) => put(list, one, sameMessage(one)), data.messages),
  };
}

function applyChange(data: Snapshot, change: PageChange): Snapshot {
  switch (change.kind) {
    case 'channel':
      return { ...data, channels: put(data.channels, change.channel, (one) => one.id === change.channel.id) };
    case 'message':
      return withMessages(data, [change.message]);
    case 'message_deleted':
      return { ...data, messages: data.messages.filter((one) => !sameMessage(change)(one)) };
    case 'ephemeral':
      return { ...data, ephemerals: put(data.ephemerals, change.ephemeral, sameEphemeral(change.ephemeral)) };
    case 'ephemeral_deleted':
      return { ...data, ephemerals: data.ephemerals.filter((one) => !sameEphemeral(change)(one)) };
    case 'view':
      if (change.view.type !== 'modal') return data;
      return { ...data, views: put(data.views, change.view, (one) => one.id === change.view.id) };
    case 'view_closed':
      return { ...data, views: data.views.filter((one) => one.id !== change.id) };
    case 'hint':
      return { ...data, hint: change.hint };
  }
}

interface Stamped {
  readonly channel: string;
  readonly ts: string;
}

function sameMessage(a: Stamped): (b: Stamped) => boolean {
  return (b) => a.ts === b.ts && a.channel === b.channel;
}

function sameEphemeral(a: Stamped & { user: string }): (b: Stamped & { user: string }) => boolean {
  return (b) => a.ts === b.ts && a.channel === b.channel && a.user === b.user;
}

/** Replaces the item that is the same, or adds it at the end. */
function put<T>(list: readonly T[], item: T, same: (one: T) => boolean): readonly T[] {
  const at = list.findIndex(same);
  return at === -1 ? [...list, item] : list.with(at, item);
}

/** Oldest first. Timestamps have one width, so they sort as words. */
export function byTime(a: { readonly ts: string }, b: { readonly ts: string }): number {
  return a.ts < b.ts ? -1 : a.ts > b.ts ? 1 : 0;
}
