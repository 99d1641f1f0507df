import type { PersonRef } from './people.ts';

/** What can be done to the pool, by the names that `access.two_person` uses. */
export type Action =
  | 'cancel'
  | 'terminate'
  | 'terminate_leak'
  | 'rollback_prepared'
  | 'restart'
  | 'pool_size'
  | 'timeout';

/** Exactly which backend: a pid alone is reused by the server, so its start time belongs to it. */
export interface BackendTarget {
  readonly kind: 'backend';
  readonly pid: number;
  /** `backend_start` as the server prints it, to the microsecond. */
  readonly backendStart: string;
  /** `query_start`, for a remedy that is meant for one query. */
  readonly queryStart?: string;
}

/** All sessions of a leak, each as it was when people were shown it. */
export interface LeakTarget {
  readonly kind: 'leak';
  readonly application: string;
  /** The statement after which the connections were not given back, masked and shortened. */
  readonly lastStatement: string;
  /** With the start of its last query: one that has run another since is at work, and not meant. */
  readonly backends: readonly Required<Omit<BackendTarget, 'kind'>>[];
}

/** Exactly which prepared transaction: its gid can be used again, so when and by whom belongs to it. */
export interface PreparedTarget {
  readonly kind: 'prepared';
  readonly gid: string;
  readonly owner: string;
  readonly database: string;
  /** `prepared` as the server prints it, to the microsecond. */
  readonly preparedAt: string;
}

/** The size of a pool, from what to what, and after how many milliseconds the former one comes back by itself. */
export type PoolSizeTarget = { readonly kind: 'pool_size'; readonly revertAfterMs: number } & (
  | {
      readonly way: 'pgbouncer';
      /** Host and port of the console: another pooler has a size of its own. */
      readonly at: string;
      readonly from: number;
      readonly to: number;
    }
  | {
      readonly way: 'kubernetes';
      readonly namespace: string;
      readonly deployment: string;
      readonly uid: string;
      readonly container: string;
      /** Variables of its environment that hold the size. */
      readonly variables: readonly SizeVariable[];
    }
  | {
      readonly way: 'webhook';
      readonly host: string;
      readonly by: { readonly percent: number } | { readonly connections: number };
      /** Names this one change to the receiver, and the undoing of it. */
      readonly key: string;
    }
);

/** A variable that holds a size, from what to what. */
export interface SizeVariable {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** The timeouts that can be set for a role. */
export const TIMEOUT_SETTINGS = [
  'statement_timeout',
  'idle_in_transaction_session_timeout',
  'idle_session_timeout',
] as const;

/** One of them. */
export type TimeoutSetting = (typeof TIMEOUT_SETTINGS)[number];

/** A timeout of a role in a database, from what to what, as `pg_db_role_setting` has it. */
export interface TimeoutTarget {
  readonly kind: 'timeout';
  readonly setting: TimeoutSetting;
  readonly role: string;
  readonly database: string;
  /** null: it was not set there. */
  readonly from: string | null;
  readonly to: string;
}

/**
 * Exactly which run of the application: one that was restarted since is not what people were shown.
 * `key` names this one restart, so that it can be looked up afterwards whether it has happened.
 */
export type RestartTarget = { readonly kind: 'restart'; readonly key: string } & (
  | {
      readonly way: 'docker';
      /** The container's id; its name can be given to another. */
      readonly container: string;
      readonly name: string;
      /** `State.StartedAt` as the engine prints it, to the nanosecond. */
      readonly startedAt: string;
    }
  | {
      readonly way: 'kubernetes';
      readonly namespace: string;
      readonly deployment: string;
      readonly uid: string;
      /** A digest of its pod template: whatever rolls out anew changes it, scaling does not. */
      readonly template: string;
    }
  | { readonly way: 'webhook'; readonly host: string }
);

/**
 * What a remedy is aimed at. Stored with the events, so a kind is never changed, only added, and what an
 * older version stored stays readable.
 */
export type Target =
  | BackendTarget
  | LeakTarget
  | PreparedTarget
  | RestartTarget
  | PoolSizeTarget
  | TimeoutTarget;

/** Whether both mean the same thing in the server, so that it need not be asked for twice. */
export function sameTarget(one: Target, other: Target): boolean {
  if (one.kind === 'backend' && other.kind === 'backend') return sameBackend(one, other);
  if (one.kind === 'leak' && other.kind === 'leak') {
    return (
      one.application === other.application &&
      one.lastStatement === other.lastStatement &&
      one.backends.length === other.backends.length &&
      one.backends.every((each) => other.backends.some((its) => sameBackend(each, its)))
    );
  }
  if (one.kind === 'restart' && other.kind === 'restart') return sameRun(one, other);
  if (one.kind === 'pool_size' && other.kind === 'pool_size') {
    return sameSetting(one, other) && sameSize(one, other);
  }
  if (one.kind === 'timeout' && other.kind === 'timeout') {
    return sameSetting(one, other) && one.from === other.from && one.to === other.to;
  }
  return (
    one.kind === 'prepared' &&
    other.kind === 'prepared' &&
    one.gid === other.gid &&
    one.database === other.database &&
    one.preparedAt === other.preparedAt
  );
}

/** Whether both are the same run of the application; each asking has a key of its own. */
export function sameRun(one: RestartTarget, other: RestartTarget): boolean {
  if (one.way === 'docker' && other.way === 'docker')
    return one.container === other.container && one.startedAt === other.startedAt;
  if (one.way === 'kubernetes' && other.way === 'kubernetes')
    return one.uid === other.uid && one.template === other.template;
  return one.way === 'webhook' && other.way === 'webhook' && one.host === other.host;
}

/** Whether both change the same setting, so that undoing one after the other would mix up their values. */
export function sameSetting(one: Target, other: Target): boolean {
  if (one.kind === 'timeout' && other.kind === 'timeout') {
    return one.setting === other.setting && one.role === other.role && one.database === other.database;
  }
  if (one.kind !== 'pool_size' || other.kind !== 'pool_size') return false;
  if (one.way === 'pgbouncer' && other.way === 'pgbouncer') return one.at === other.at;
  if (one.way === 'kubernetes' && other.way === 'kubernetes') return one.uid === other.uid;
  return one.way === 'webhook' && other.way === 'webhook' && one.host === other.host;
}

/** Whether both go from the same size to the same size; of a webhook only its receiver knows. */
export function sameSize(one: PoolSizeTarget, other: PoolSizeTarget): boolean {
  if (one.way === 'pgbouncer' && other.way === 'pgbouncer') {
    return one.from === other.from && one.to === other.to;
  }
  if (one.way === 'kubernetes' && other.way === 'kubernetes') {
    return (
      one.container === other.container &&
      one.variables.length === other.variables.length &&
      one.variables.every(({ name, from, to }) =>
        other.variables.some((its) => its.name === name && its.from === from && its.to === to),
      )
    );
  }
  return one.way === 'webhook' && other.way === 'webhook';
}

/** Whether what a remedy with this target does is a change that can be undone. */
export function isUndoable(target: Target): boolean {
  return target.kind === 'pool_size' || target.kind === 'timeout';
}

/** Whether the pool is to get better by it at once: a timeout prevents, it holds for sessions to come only. */
export function isForNow(target: Target): boolean {
  return target.kind !== 'timeout';
}

/** What hurts more than one session, or cannot be taken back: who asks for it says why. */
const RISKY: ReadonlySet<Action> = new Set<Action>(['restart', 'pool_size', 'rollback_prepared']);

/** Whether the one who asks is asked for a reason first; without one it is not taken. */
export function needsReason({ action }: { readonly action: Action }): boolean {
  return RISKY.has(action);
}

/** How the same is asked for once more, for a sentence of which it is a part. */
export function askAgain({ action, target }: Pick<RemedyRequest, 'action' | 'target'>): string {
  return action === 'terminate' && target.kind === 'backend'
    ? `ask again with \`/pool kill ${target.pid}\` if it is still needed`
    : 'ask again if it is still needed';
}

function sameBackend(one: Omit<BackendTarget, 'kind'>, other: Omit<BackendTarget, 'kind'>): boolean {
  return (
    one.pid === other.pid && one.backendStart === other.backendStart && one.queryStart === other.queryStart
  );
}

/** What people are shown before they approve. Query texts are masked before they get here. */
export interface Preview {
  /** One line: what will be done, e.g. `Terminate backend 4711 (catalytic-api)`. */
  readonly title: string;
  /** Facts in the order they are shown. */
  readonly facts: readonly { readonly label: string; readonly value: string }[];
  readonly query?: string;
  /** What exactly is meant, where it is more than one: short lines, drawn as they are. */
  readonly rows?: readonly string[];
  /** What may go wrong, one line each; empty when nothing is known against it. */
  readonly risks: readonly string[];
  readonly takenAt: string;
}

/** Utilisation of the pool at one moment. */
export interface PoolReading {
  readonly used: number;
  readonly usable: number;
  /** Per cent of the usable connections, 0 to 100 and more. */
  readonly percent: number;
  readonly at: string;
  /** Whose connections these are, where not the server's: PgBouncer's, with the clients that wait for one. */
  readonly of?: 'pgbouncer';
}

/** How an execution ended. */
export type RemedyOutcome =
  | 'done'
  /** The target had moved on or was gone: nothing was done. */
  | 'nothing_to_do'
  /** The server or the access rules said no. */
  | 'refused'
  | 'failed';

/** A change that a remedy made and that can be undone, and where its undoing stands. */
export interface Undo {
  /** `standing`: the change is in force; `asked` and `running`: it is being undone; `ended`: it is no more. */
  readonly status: 'standing' | 'asked' | 'running' | 'ended';
  /** When it is undone by itself; absent: only when someone asks. */
  readonly until?: string;
  /** Who asked for the undoing last: a person, or Lifeguard when the time was up. */
  readonly by?: PersonRef;
  readonly askedAt?: string;
  /** Why it could not be undone yet; it is being tried again. */
  readonly trouble?: string;
  /** How the last try ended. */
  readonly result?: { readonly outcome: RemedyOutcome; readonly detail: string; readonly at: string };
}

/** One asked-for remedy, from the asking to its end. */
export interface RemedyRequest {
  readonly id: string;
  readonly action: Action;
  readonly target: Target;
  readonly preview: Preview;
  readonly requestedBy: PersonRef;
  readonly requestedAt: string;
  /** Why, in the words of the one who asked; a risky remedy is not asked for without. */
  readonly reason?: string;
  readonly expiresAt: string;
  readonly approvals: readonly { readonly by: PersonRef; readonly at: string }[];
  /** `approved`: it waits until the remedies before it in its pool have ended. */
  readonly status: 'pending' | 'approved' | 'running' | 'ended' | 'denied' | 'expired' | 'cancelled';
  /** Who denied or cancelled it. */
  readonly closedBy?: PersonRef;
  /** Present where nobody decided about it: its incident was resolved while it was still waiting. */
  readonly closedBecause?: 'resolved';
  readonly result?: {
    readonly outcome: RemedyOutcome;
    readonly detail: string;
    readonly ms?: number;
    readonly before?: PoolReading;
    readonly after?: PoolReading;
    /** Nobody could tell whether it was done. */
    readonly unknown?: true;
    readonly at: string;
  };
  /** Present once a change was made, or may have been, that can be undone. */
  readonly undo?: Undo;
}
