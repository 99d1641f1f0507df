/**
 * What the checks found, as figures: the evidence that causes are ranked by. A part that is absent was
 * not looked at or could not be; a cause that needs it then says so instead of guessing.
 *
 * Ages and times are milliseconds; texts of queries are masked and shortened before they get here.
 */
export interface Facts {
  readonly utilisation?: UtilisationFacts;
  readonly connections?: ConnectionFacts;
  readonly locks?: LockFacts;
  readonly prepared?: PreparedFacts;
  readonly leaks?: LeakFacts;
  readonly logs?: LogFacts;
  readonly traffic?: TrafficFacts;
  readonly statements?: StatementFacts;
  readonly replication?: ReplicationFacts;
  readonly vacuum?: VacuumFacts;
  readonly settings?: SettingsFacts;
  readonly pooler?: PoolerFacts;
  readonly damage?: DamageFacts;
}

/** Signs of damaged data: an error of SQLSTATE class XX, or pages whose checksum was wrong. */
export type DamageFacts =
  | { readonly kind: 'sqlstate'; readonly sqlstate: string; readonly message: string }
  | {
      readonly kind: 'checksum';
      readonly database: string;
      /** Since the statistics were last reset. */
      readonly failures: number;
      /** ISO 8601, of the last of them. */
      readonly lastAt: string;
    };

/** How full the pool is and was. Per cent of the usable connections. */
export interface UtilisationFacts {
  readonly percent: number;
  readonly peak: number;
  /** Per cent a minute; positive when filling. */
  readonly slopePerMinute: number;
  readonly usable: number;
  readonly used: number;
}

/** Who holds the connections now. */
export interface ConnectionFacts {
  readonly used: number;
  readonly usable: number;
  readonly active: number;
  readonly idle: number;
  readonly idleInTransaction: number;
  readonly waitingForLock: number;
  /** Active and waiting for nothing, or for the disk: really at work. */
  readonly working: number;
  /** Active queries older than a minute. */
  readonly longActive: number;
  readonly oldestActive?: SessionFact;
  readonly oldestTransaction?: SessionFact;
  /** The application with the most sessions, and how many it has. */
  readonly largestApplication?: { readonly name: string; readonly total: number };
  /** Half of the active queries are younger than this. */
  readonly medianActiveMs: number;
  /** Half of the connections are younger than this: a storm of short connections makes it small. */
  readonly medianConnectedMs: number;
}

/** One session, as evidence. */
export interface SessionFact {
  readonly pid: number;
  readonly backendStart: string;
  /** Of the query it is at, or was at last. */
  readonly queryStart?: string;
  readonly application: string;
  readonly state: string;
  readonly ageMs: number;
  readonly query: string;
  /** Never ended, so no remedy is aimed at it: a superuser's session, or a process of the server itself. */
  readonly isProtected?: true;
}

/** Who waits for whom. */
export interface LockFacts {
  readonly waiters: number;
  /** The session that most others wait for, itself waiting for nobody. */
  readonly root?: SessionFact & {
    readonly blocks: number;
    /** What it holds or wants: a row, or a whole table. */
    readonly kind: 'row' | 'table' | 'other';
    /** Its statement changes a table's definition (ALTER, CREATE INDEX, DROP, TRUNCATE, VACUUM FULL, LOCK…). */
    readonly isDdl: boolean;
    readonly isVacuum: boolean;
  };
  /** DDL that waits in the lock queue, with others queueing behind it. */
  readonly blockedDdl?: SessionFact & { readonly behind: number };
  /** Waiters whose blocker is a prepared transaction, which has no session. */
  readonly behindPrepared: number;
  /** The table that most waiters want, where the server tells it. */
  readonly table?: string;
}

/** Prepared transactions that were left behind. */
export interface PreparedFacts {
  readonly count: number;
  readonly oldest?: {
    readonly gid: string;
    readonly ageMs: number;
    readonly owner: string;
    readonly database: string;
  };
}

/** Connections that nobody gives back. */
export interface LeakFacts {
  /** Idle in transaction, grouped by application and last statement, largest first. */
  readonly inTransaction: readonly LeakGroup[];
  /** Idle beyond the pool's recycle time, grouped likewise. */
  readonly idle: readonly LeakGroup[];
}

export interface LeakGroup {
  readonly application: string;
  /** The statement after which the connection was not given back. */
  readonly lastStatement: string;
  readonly sessions: number;
  readonly oldestMs: number;
  /** All of them are superusers', which are never ended: no remedy is aimed at them. */
  readonly isProtected?: true;
}

/** What the application's log says. */
export interface LogFacts {
  readonly lines: number;
  /** Counts by pattern. */
  readonly matches: Readonly<Record<string, number>>;
}

/** Requests a minute now against the baseline of the last hour. */
export interface TrafficFacts {
  readonly ratePerMinute: number;
  readonly baselinePerMinute: number;
  readonly ratio: number;
  /** Connections used now against those of an hour ago, when known. */
  readonly connectionsRatio?: number;
  /** Share of requests that failed, 0 to 1, when known: repeated failures are a retry storm. */
  readonly errorShare?: number;
}

/** Statements since the incident began, from pg_stat_statements. */
export interface StatementFacts {
  readonly top: readonly StatementFact[];
  /** What `top` adds up: the time since the incident began or, without a reading from before, all time. */
  readonly window?: 'incident' | 'total';
  /** Calls a second since the last reading, over all statements, when two readings are there. */
  readonly callsPerSecond?: number;
  /** Mean time of all calls since the last reading. */
  readonly meanMs?: number;
}

export interface StatementFact {
  readonly query: string;
  readonly calls: number;
  readonly meanMs: number;
  /** Share of the time of all statements, 0 to 1. */
  readonly share: number;
  /** Mean time against the mean before the incident, when both are known. */
  readonly slowdown?: number;
}

/** Replicas and what holds the log back. */
export interface ReplicationFacts {
  readonly replicas: number;
  readonly worstLagMs?: number;
  readonly worstLagBytes?: number;
  /** Sessions that wait for a synchronous replica to confirm their commit. */
  readonly waitingForSync: number;
}

/** Vacuum at work, or kept from it. */
export interface VacuumFacts {
  readonly running: readonly {
    readonly pid: number;
    readonly table: string;
    readonly antiWraparound: boolean;
    readonly blocks: number;
  }[];
  /** An autovacuum worker that waits for a lock. */
  readonly blocked: number;
  /** Age of the oldest transaction id still visible, in transactions. */
  readonly oldestXminAge?: number;
}

/** Server and pool settings that matter for connections. */
export interface SettingsFacts {
  readonly maxConnections: number;
  readonly idleInTransactionTimeoutMs: number;
  readonly statementTimeoutMs: number;
  readonly idleSessionTimeoutMs: number;
}

/** What PgBouncer says of its pools, all of them added up. */
export interface PoolerFacts {
  readonly clientsActive: number;
  /** Clients that wait for a server connection. */
  readonly clientsWaiting: number;
  readonly serversActive: number;
  readonly serversIdle: number;
  /** How long the first in the queue has waited. */
  readonly longestWaitMs: number;
}
