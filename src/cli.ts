#!/usr/bin/env node
import { parseArgs } from 'node:util';

/** Exit codes: 0 fine, 1 a check failed, 2 bad usage or configuration. */
const BAD_USAGE = 2;

const USAGE = `usage: lifeguard <command>

  serve                 the bot, configured by the environment and lifeguard.yaml
  check                 tries every connection, Slack scope and database grant that the configuration needs
  migrate               brings the store's schema up to date
  runbook lint FILE     what each step of a runbook would run, or everything that is wrong with it
  report ID [--format md|json]
                        the postmortem of an incident, read off what was recorded
  demo [--auto] [--fast] [--port N]
                        the whole story on this machine: no account, no Docker, no configuration
                        --auto plays both people and ends; --fast makes a second of each minute

Exit codes: 0 fine, 1 a check failed, 2 bad usage or configuration.`;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const [command, ...rest] = args;
  switch (command) {
    case 'serve':
      return (await import('./cli/serve.ts')).serve();
    case 'migrate':
      return (await import('./cli/migrate.ts')).migrateStore();
    case 'check':
      return (await import('./cli/check.ts')).check();
    case 'runbook':
      return (await import('./cli/runbook.ts')).runbook(rest);
    case 'report':
      return (await import('./cli/report.ts')).report(rest);
    case 'demo':
      return demo(rest);
    case 'help':
    case '--help':
    case '-h':
      console.log(USAGE);
      return 0;
    default:
      console.error(command === undefined ? USAGE : `There is no command \`${command}\`.\n\n${USAGE}`);
      return BAD_USAGE;
  }
}

async function demo(args: string[]): Promise<number> {
  let values: { auto?: boolean; fast?: boolean; port?: string };
  try {
    ({ values } = parseArgs({
      args,
      options: { auto: { type: 'boolean' }, fast: { type: 'boolean' }, port: { type: 'string' } },
    }));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    return BAD_USAGE;
  }
  const port = Number(values.port ?? process.env['PORT'] ?? 3000);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    console.error('--port takes a number from 0 to 65535');
    return BAD_USAGE;
  }
  return (await import('./cli/demo.ts')).demo({
    auto: values.auto ?? false,
    fast: values.fast ?? false,
    port,
  });
}
