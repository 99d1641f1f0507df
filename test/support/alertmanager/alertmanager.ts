import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type Daemon, freePort, startDaemon } from '../daemon.ts';

/** The Debian package that these helpers need. */
export const ALERTMANAGER = {
  program: 'prometheus-alertmanager',
  package: 'prometheus-alertmanager',
} as const;

/** How the Alertmanager of a test notifies. Durations as Alertmanager writes them: `1s`, `200ms`. */
export interface AlertmanagerOptions {
  /** Where notifications go, for example Lifeguard's `/webhooks/alertmanager`. */
  readonly webhookUrl: string;
  /** Bearer token of the webhook. */
  readonly token: string;
  /** Labels that make a group. Default: `alertname` and `datname`, as in observability/alertmanager.example.yml. */
  readonly groupBy?: readonly string[];
  /** Default: `100ms`. */
  readonly groupWait?: string;
  /** Default: `1s`; also the pause before a failed notification is tried anew with the next flush. */
  readonly groupInterval?: string;
  /** Default: `1h`, so that nothing is repeated within a test that does not want it. */
  readonly repeatInterval?: string;
  /** Makes it a member of a cluster that joins these `clusterAddress`es; empty for the first member. */
  readonly clusterPeers?: readonly string[];
}

/** A running Alertmanager. */
export interface Alertmanager {
  readonly url: string;
  /** For the `clusterPeers` of another one; empty without a cluster. */
  readonly clusterAddress: string;
  logs(): string;
  stop(): Promise<void>;
}

/** An alert as a client of Alertmanager's API posts it. Times in ISO 8601. */
export interface PostableAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly startsAt?: string;
  /** In the past: the alert is resolved. */
  readonly endsAt?: string;
  readonly generatorURL?: string;
}

/** Starts Debian's Alertmanager on 127.0.0.1 with an empty store of its own. */
export async function startAlertmanager(options: AlertmanagerOptions): Promise<Alertmanager> {
  const folder = await mkdtemp(join(tmpdir(), 'lifeguard-alertmanager-'));
  const clusterAddress = options.clusterPeers === undefined ? '' : `127.0.0.1:${await freePort()}`;
  try {
    await chmod(folder, 0o700);
    const configFile = join(folder, 'alertmanager.yml');
    await writeFile(configFile, stringify(configuration(options)), { mode: 0o600 });
    const daemon = await startDaemon({
      program: ALERTMANAGER.program,
      readyPath: '/-/ready',
      args: (port) => [
        `--config.file=${configFile}`,
        `--storage.path=${join(folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        // Otherwise notifications carry the machine's name.
        `--web.external-url=http://127.0.0.1:${port}`,
        ...clusterFlags(clusterAddress, options),
      ],
    });
    return { ...running(daemon, folder), clusterAddress };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Posts alerts as Prometheus does. Throws when Alertmanager refuses them. */
export async function postAlerts(url: string, alerts: readonly PostableAlert[]): Promise<void> {
  const response = await fetch(`${url}/api/v2/alerts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(alerts),
  });
  const answer = await response.text();
  if (!response.ok) throw new Error(`Alertmanager answered ${response.status}: ${answer}`);
}

function running(daemon: Daemon, folder: string): Omit<Alertmanager, 'clusterAddress'> {
  return {
    url: daemon.url,
    logs: daemon.logs,
    stop: async () => {
      await daemon.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function configuration(options: AlertmanagerOptions): object {
  return {
    route: {
      receiver: 'lifeguard',
      group_by: options.groupBy ?? ['alertname', 'datname'],
      group_wait: options.groupWait ?? '100ms',
      group_interval: options.groupInterval ?? '1s',
      repeat_interval: options.repeatInterval ?? '1h',
    },
    receivers: [
      {
        name: 'lifeguard',
        webhook_configs: [
          {
            url: options.webhookUrl,
            send_resolved: true,
            max_alerts: 0,
            http_config: { authorization: { type: 'Bearer', credentials: options.token } },
          },
        ],
      },
    ],
  };
}

function clusterFlags(address: string, options: AlertmanagerOptions): string[] {
  // An empty address switches the cluster off.
  if (options.clusterPeers === undefined) return ['--cluster.listen-address='];
  return [
    `--cluster.listen-address=${address}`,
    `--cluster.advertise-address=${address}`,
    '--cluster.settle-timeout=1s',
    ...options.clusterPeers.map((peer) => `--cluster.peer=${peer}`),
  ];
}
