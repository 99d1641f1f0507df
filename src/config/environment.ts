import { checkNames } from './environment/names.ts';
import { readPagerDuty } from './environment/pagerduty.ts';
import { createReader, type Reader } from './environment/reader.ts';
import { readSlack, readSlackApiUrl, slackWarnings } from './environment/slack.ts';
import { readTracing } from './environment/tracing.ts';
import { isUrlOf, POSTGRES_SCHEMES } from './schema/fields.ts';
import {
  type Environment,
  type Fault,
  LOG_LEVELS,
  RATE_LIMITS,
  ROLES,
  type SlackEnvironment,
} from './types.ts';
import type { Env, Variables } from './variables.ts';

const DEFAULT_PORT = 3000;
const HIGHEST_PORT = 65_535;

/** Where the configuration is, counted from the working directory. */
export const DEFAULT_CONFIG_PATH = './lifeguard.yaml';

const CONSOLE_WORDS = ['1', '0', 'true', 'false', 'auto'] as const;

/** What became of the environment variables. */
export interface ReadEnvironment {
  /** Not to be used when there are faults: defaults stand where a variable is faulty. */
  readonly environment: Environment;
  readonly faults: readonly Fault[];
  /** What is allowed but hardly meant. */
  readonly warnings: readonly string[];
}

/**
 * Reads the environment variables and tells all their faults; throws nothing. No fault and no warning
 * holds the value of a secret.
 */
export function readEnvironment(env: Env, variables: Variables): ReadEnvironment {
  const reader = createReader(env, variables);
  const odd = checkNames(env, reader);
  const slack = readSlack(reader);
  const tracing = readTracing(reader);
  const environment: Environment = {
    port: readPort(reader),
    configPath: reader.text('LIFEGUARD_CONFIG') ?? DEFAULT_CONFIG_PATH,
    role: reader.word('LIFEGUARD_ROLE', ROLES, 'all'),
    ...readUrl(reader, 'databaseUrl', 'DATABASE_URL', POSTGRES_SCHEMES),
    ...readUrl(reader, 'redisUrl', 'REDIS_URL', ['redis:', 'rediss:']),
    slack,
    slackApiUrl: readSlackApiUrl(reader),
    // The console takes whatever comes.
    slackRateLimits: reader.word(
      'SLACK_RATE_LIMITS',
      RATE_LIMITS,
      slack.mode === 'console' ? 'none' : 'slack',
    ),
    ...optional('alertmanagerToken', reader.secret('ALERTMANAGER_WEBHOOK_TOKEN')),
    pagerduty: readPagerDuty(reader),
    logLevel: reader.word('LOG_LEVEL', LOG_LEVELS, 'info'),
    ...(tracing === undefined ? {} : { tracing }),
    console: readConsole(reader, slack),
  };
  if (environment.role === 'worker' && slack.mode === 'console') {
    reader.fault(
      'LIFEGUARD_ROLE',
      'cannot be worker without SLACK_BOT_TOKEN: the console that stands in for Slack lives in one process',
    );
  }
  return {
    environment,
    faults: reader.faults,
    warnings: [...odd, ...slackWarnings(slack, environment.slackApiUrl), ...missing(environment)],
  };
}

function readPort(reader: Reader): number {
  const given = reader.text('PORT');
  if (given === undefined) return DEFAULT_PORT;
  const port = /^\d{1,5}$/.test(given) ? Number(given) : Number.NaN;
  if (port <= HIGHEST_PORT) return port;
  reader.fault(
    'PORT',
    `must be a port from 1 to ${HIGHEST_PORT} (0 takes a free one), not ${JSON.stringify(given)}`,
  );
  return DEFAULT_PORT;
}

function readConsole(reader: Reader, slack: SlackEnvironment): boolean {
  const word = reader.word('LIFEGUARD_CONSOLE', CONSOLE_WORDS, 'auto');
  if (slack.mode !== 'console') return word === '1' || word === 'true';
  if (word === '0' || word === 'false') {
    reader.fault(
      'LIFEGUARD_CONSOLE',
      'cannot be switched off while it stands in for Slack: set SLACK_BOT_TOKEN, or leave it out',
    );
  }
  return true;
}

function readUrl<K extends string>(
  reader: Reader,
  key: K,
  name: string,
  schemes: readonly string[],
): { readonly [key in K]?: string } {
  const url = reader.secret(name);
  if (url !== undefined && !isUrlOf(url, schemes)) {
    const beginnings = schemes.map((scheme) => `${scheme}//`).join(' or ');
    reader.fault(
      name,
      `must be a URL that begins with ${beginnings} (special characters of its password percent-encoded)`,
    );
  }
  return optional(key, url);
}

function optional<K extends string>(key: K, value: string | undefined): { readonly [key in K]?: string } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [key in K]: string });
}

function missing({ alertmanagerToken, role, databaseUrl }: Environment): string[] {
  return [
    ...(alertmanagerToken === undefined
      ? ['ALERTMANAGER_WEBHOOK_TOKEN: is not set, so every alert is refused']
      : []),
    ...(role !== 'all' && databaseUrl === undefined
      ? [`DATABASE_URL: is not set, and no other process can share the embedded store with this ${role}`]
      : []),
  ];
}
