import { secretsIn } from './several.ts';
import type { Config, Environment, EscalationConfig, PoolConfig, RoutedPage, SignIn } from './types.ts';

/**
 * Every secret of the configuration, each once, for the log to mask. Connection strings are secrets as a
 * whole; of other addresses the password alone is one.
 */
export function secretsOf(environment: Environment, config: Config): string[] {
  const { slack, pagerduty } = environment;
  const found = [
    environment.databaseUrl,
    environment.redisUrl,
    ...(slack.mode === 'console' ? [] : [slack.botToken, slack.signingSecret]),
    slack.mode === 'socket' ? slack.appToken : undefined,
    environment.alertmanagerToken,
    ...secretsIn(environment.alertmanagerToken ?? ''),
    ...Object.values(environment.tracing?.headers ?? {}),
    environment.tracing === undefined ? undefined : passwordIn(environment.tracing.url),
    pagerduty.apiToken,
    ...pagerduty.webhookSecrets,
    ...config.pools.flatMap(secretsOfPool),
    ...secretsOfEscalation(config.escalation),
    ...secretsOfPage(config.watchdog?.page),
    config.heartbeat?.url,
  ];
  return [...new Set(found.filter((secret): secret is string => secret !== undefined && secret !== ''))];
}

type Found = readonly (string | undefined)[];

function secretsOfPool({ databaseUrl, prometheus, logs, restart, poolSize, escalation }: PoolConfig): Found {
  const loki = logs !== undefined && 'loki' in logs ? logs.loki : undefined;
  const webhooks = [restart, poolSize].flatMap((remedy) =>
    remedy !== undefined && 'webhook' in remedy ? [remedy.webhook] : [],
  );
  return [
    databaseUrl,
    ...secretsOfServer(prometheus),
    ...secretsOfServer(loki),
    ...webhooks.flatMap(({ url, secret }) => [secret, passwordIn(url)]),
    poolSize !== undefined && 'pgbouncer' in poolSize ? poolSize.pgbouncer : undefined,
    ...(escalation === undefined ? [] : secretsOfEscalation(escalation)),
  ];
}

function secretsOfServer(server: (SignIn & { readonly url: string }) | undefined): Found {
  return server === undefined ? [] : [server.bearerToken, server.basicAuth?.password, passwordIn(server.url)];
}

function secretsOfEscalation({ levels }: EscalationConfig): Found {
  return levels.flatMap(({ page }) =>
    page !== undefined && 'routingKey' in page ? secretsOfPage(page) : [],
  );
}

function secretsOfPage(page: RoutedPage | undefined): Found {
  return [page?.routingKey, page?.fallbackRoutingKey];
}

/** The password in an address, as it is written there. */
function passwordIn(url: string): string {
  return new URL(url).password;
}
