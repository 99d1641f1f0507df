import type { AtOnceCondition, Unless } from '../incident/policy.ts';
import type { Action } from '../incident/remedy.ts';

/** What `lifeguard.yaml` says, checked and with every default filled in. Durations are milliseconds. */
export interface Config {
  readonly slack: {
    /** Where a thread opens unless its pool names its own: `#name` or a channel id. */
    readonly channel: string;
  };
  readonly access: AccessConfig;
  /** Empty when Lifeguard looks after none: every alert then opens a thread that says so. */
  readonly pools: readonly PoolConfig[];
  /** Without levels when the file has none: nobody is brought in. */
  readonly escalation: EscalationConfig;
  /** A resolved incident takes a new alert of its pool into its thread for this long. */
  readonly reopenWithinMs: number;
  readonly watchdog?: WatchdogConfig;
  readonly heartbeat?: HeartbeatConfig;
}

/** Who may do what: Slack user ids (`U…`, `W…`) and user group ids (`S…`). */
export interface AccessConfig {
  /** Left out: every member. */
  readonly responders?: readonly string[];
  /** Empty: nobody. */
  readonly approvers: readonly string[];
  /** Actions that need two approvers, neither of them the requester. */
  readonly twoPerson: readonly TwoPersonAction[];
  /** How long a request for approval stays open. */
  readonly approvalTtlMs: number;
}

/** The actions that `access.two_person` may name. */
export const TWO_PERSON_ACTIONS = [
  'cancel',
  'terminate',
  'terminate_leak',
  'rollback_prepared',
  'restart',
  'pool_size',
  'timeout',
] as const satisfies readonly Action[];

/** One of {@link TWO_PERSON_ACTIONS}. */
export type TwoPersonAction = (typeof TWO_PERSON_ACTIONS)[number];

/** One connection pool that is watched and rescued. */
export interface PoolConfig {
  readonly name: string;
  /** Labels that tie an alert to this pool; all must be equal. Never empty. */
  readonly match: Readonly<Record<string, string>>;
  /** The database in trouble. A secret. */
  readonly databaseUrl: string;
  /** `application_name` of the app that owns the pool. */
  readonly application?: string;
  readonly channel?: string;
  /** Per cent of utilisation that counts as trouble. */
  readonly threshold: number;
  readonly detect?: DetectConfig;
  readonly prometheus?: PrometheusConfig;
  readonly logs?: LogsConfig;
  readonly restart?: RestartConfig;
  readonly poolSize?: PoolSizeConfig;
  readonly verify: VerifyConfig;
  /** Link name (`dashboard`, `alerts`, any other) to its http(s) address. */
  readonly links: Readonly<Record<string, string>>;
  /** Path of a Markdown runbook, as written. Left out: the one that comes with Lifeguard. */
  readonly runbook?: string;
  /** The recycle time of the application's pool: sessions that sit idle for longer look like a leak. */
  readonly recycleMs: number;
  readonly escalation?: EscalationConfig;
}

/** The bot's own samples open an incident too. */
export interface DetectConfig {
  /** Per cent. */
  readonly above: number;
  readonly forMs: number;
  /** Per cent at which a warning is given; below `above`. */
  readonly warn?: number;
}

/** How to sign in to a web server: by one of these, or not at all. */
export interface SignIn {
  /** A secret. */
  readonly bearerToken?: string;
  /** `password` is a secret. */
  readonly basicAuth?: { readonly username: string; readonly password: string };
}

/** A web server that Lifeguard asks by itself. */
export interface Outward {
  readonly url: string;
  /** It may be at a link-local address, or at one of a cloud's metadata service; left out: it may not. */
  readonly allowLinkLocal?: boolean;
}

/** Where utilisation is read instead of `pg_stat_activity`. Each metric is a PromQL expression. */
export interface PrometheusConfig extends SignIn, Outward {
  readonly active: string;
  readonly idle: string;
  readonly max: string;
  readonly requestRate?: string;
  readonly requestRateBaseline?: string;
  /** Of one query. */
  readonly timeoutMs: number;
}

/** Where the application's log lines come from. */
export type LogsConfig = LogsSource & {
  /** How many of the last lines are searched. */
  readonly lines: number;
};

/** A container's log, a query of Loki, the log of pods, or a file. */
export type LogsSource =
  | { readonly docker: string }
  | { readonly loki: LokiSource }
  | {
      readonly kubernetes: {
        readonly namespace: string;
        /** Label selector of the pods. */
        readonly selector: string;
        readonly container?: string;
      };
    }
  | { readonly file: string };

/** A Loki server and what is asked of it. */
export interface LokiSource extends SignIn, Outward {
  /** LogQL. */
  readonly query: string;
  /** Sent as `X-Scope-OrgID`. */
  readonly tenant?: string;
}

/** A webhook that carries out a remedy; `secret` signs the request. */
export interface WebhookTarget extends Outward {
  /** A secret. */
  readonly secret: string;
  readonly timeoutMs: number;
}

/** How the application is restarted. */
export type RestartConfig =
  | { readonly docker: string }
  | { readonly kubernetes: { readonly namespace: string; readonly deployment: string } }
  | { readonly webhook: WebhookTarget };

/** How the pool is made larger, by how much and for how long. */
export type PoolSizeConfig = PoolSizeTarget & {
  readonly raiseBy: RaiseBy;
  /** After this long the old size is set again. */
  readonly revertAfterMs: number;
};

/** What holds the pool's size. `pgbouncer` is the URL of its admin console, a secret. */
export type PoolSizeTarget =
  | { readonly pgbouncer: string }
  | {
      readonly kubernetes: {
        readonly namespace: string;
        readonly deployment: string;
        readonly container?: string;
        /** Names of the environment variables that hold the size. */
        readonly env: readonly string[];
      };
    }
  | { readonly webhook: WebhookTarget };

/** An increase: `50%` of the present size, or so many connections. */
export type RaiseBy = { readonly percent: number } | { readonly connections: number };

/** When a fix counts as one: utilisation below so many per cent within this time. */
export interface VerifyConfig {
  readonly withinMs: number;
  /** Per cent; at most `threshold`. */
  readonly healthyBelow: number;
}

/** Who is told when; a pool's own replaces the global one as a whole. */
export interface EscalationConfig {
  /** Shown from level 3 on. */
  readonly hotline?: string;
  readonly levels: readonly LevelConfig[];
  /** A condition that skips the wait, and the level (from 1) it goes to. */
  readonly atOnce: Partial<Record<AtOnceCondition, number | 'next'>>;
}

/** One rung of the escalation. */
export interface LevelConfig {
  readonly name: string;
  /** Milliseconds after the alert's `startsAt`. */
  readonly afterMs: number;
  readonly unless?: Unless;
  readonly channel?: string;
  /** Whom the channel calls when the page has not gone out: ids of Slack users and groups, `here`, `channel`. */
  readonly mention?: readonly string[];
  readonly page?: PageConfig;
}

/** How PagerDuty is paged at a level. Routing keys are secrets. */
export type PageConfig =
  | RoutedPage
  /** The PagerDuty incident that a level before has paged is moved to this level of its policy, by REST. */
  | { readonly escalationLevel: number };

/** A page by the Events API, to the service that the key belongs to. */
export interface RoutedPage {
  readonly routingKey: string;
  /** Tried when PagerDuty has not taken the page within a minute. */
  readonly fallbackRoutingKey?: string;
}

/** Alertmanager's always-firing alert is expected this often; its absence is announced. */
export interface WatchdogConfig {
  readonly everyMs: number;
  /** It may be late by so much, milliseconds. */
  readonly graceMs: number;
  /** The always-firing alert's `alertname`. */
  readonly alertname: string;
  /** Who is paged when it stays away; left out: level 1. */
  readonly page?: RoutedPage;
}

/** An outside monitor that is called this often while Lifeguard is well. */
export interface HeartbeatConfig extends Outward {
  /** May hold a token: treated as a secret. */
  readonly url: string;
  readonly everyMs: number;
  readonly method: 'get' | 'post';
}

/** How Slack is reached; `console`: not configured, the local console stands in. */
export type SlackEnvironment =
  | { readonly mode: 'console' }
  | { readonly mode: 'http'; readonly botToken: string; readonly signingSecret: string }
  | {
      readonly mode: 'socket';
      readonly botToken: string;
      readonly appToken: string;
      readonly signingSecret?: string;
    };

/** How much is logged, in pino's words. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** One of {@link LOG_LEVELS}. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** How a replica takes part. */
export const ROLES = ['web', 'worker', 'all'] as const;

/** One of {@link ROLES}. */
export type Role = (typeof ROLES)[number];

/** Where traces are sent to. */
export interface TracingEnvironment {
  /** Of OTLP over HTTP, path included. */
  readonly url: string;
  /** Sent with every request. Secrets. */
  readonly headers: Readonly<Record<string, string>>;
  readonly serviceName: string;
}

/** What the environment variables say, checked and with every default filled in. */
export interface Environment {
  /** 0 takes any free port. */
  readonly port: number;
  /** As given, not yet resolved against the working directory. */
  readonly configPath: string;
  readonly role: Role;
  /** The store; left out: embedded PostgreSQL. A secret. */
  readonly databaseUrl?: string;
  /** Left out: the queues live in the store. A secret. */
  readonly redisUrl?: string;
  readonly slack: SlackEnvironment;
  /** Slack's Web API; ends in a slash. */
  readonly slackApiUrl: string;
  /** `slack`: its limits are kept; `none`: nothing is counted, and a 429 is waited out. */
  readonly slackRateLimits: (typeof RATE_LIMITS)[number];
  /** Bearer token or basic-auth password of Alertmanager's webhook. A secret. */
  readonly alertmanagerToken?: string;
  readonly pagerduty: {
    /** Host name, with a port where it is not 443. Always TLS. */
    readonly eventsServer: string;
    readonly apiServer: string;
    /** A secret. */
    readonly apiToken?: string;
    readonly fromEmail?: string;
    /** Several during a rotation; empty: the webhook is off. Secrets. */
    readonly webhookSecrets: readonly string[];
  };
  readonly logLevel: LogLevel;
  /** Left out: nothing is traced. */
  readonly tracing?: TracingEnvironment;
  /** Whether the local console is served. */
  readonly console: boolean;
}

/** What is kept of Slack's rate limits. */
export const RATE_LIMITS = ['slack', 'none'] as const;

/** One thing wrong with the configuration. */
export interface Fault {
  /** `pools[0].verify.within` in the file, or the variable's name in the environment. */
  readonly path: string;
  /** Line of `lifeguard.yaml`, from 1. */
  readonly line?: number;
  /** What is wrong and how to mend it; never holds a value that came from the environment. */
  readonly message: string;
}
