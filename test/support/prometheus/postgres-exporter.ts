import { startDaemon } from '../daemon.ts';

/** The Debian package that this helper needs. */
export const POSTGRES_EXPORTER = {
  program: 'prometheus-postgres-exporter',
  package: 'prometheus-postgres-exporter',
} as const;

/** A running exporter. */
export interface PostgresExporter {
  /** Base address; the metrics are under `/metrics`. */
  readonly url: string;
  logs(): string;
  stop(): Promise<void>;
}

/**
 * Starts Debian's postgres exporter on 127.0.0.1.
 * @param options.dsn the watched server, as a URL; its role needs `pg_monitor`
 */
export async function startPostgresExporter(options: { readonly dsn: string }): Promise<PostgresExporter> {
  const dsn = new URL(options.dsn);
  // The exporter's driver insists on TLS unless told otherwise; servers of tests speak plainly.
  dsn.searchParams.set('sslmode', 'disable');
  const daemon = await startDaemon({
    program: POSTGRES_EXPORTER.program,
    readyPath: '/metrics',
    env: { DATA_SOURCE_NAME: dsn.href },
    args: (port) => [
      `--web.listen-address=127.0.0.1:${port}`,
      // Version 0.11.1 asks for columns of pg_stat_bgwriter that PostgreSQL 17 has moved elsewhere.
      '--no-collector.bgwriter',
    ],
  });
  return { url: daemon.url, logs: daemon.logs, stop: daemon.stop };
}
