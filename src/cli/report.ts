import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { openStorePlace } from '../app/store.ts';
import { reportMarkdown } from '../report/markdown.ts';
import { reportOf } from '../report/report.ts';
import { Store } from '../store/store.ts';
import { readConfiguration } from './configuration.ts';
import { loggerFor } from './logger.ts';

const FORMATS = ['md', 'json'] as const;

const USAGE = `usage: lifeguard report ID [--format ${FORMATS.join('|')}]

  ID is the incident's, as its first message shows it: inc-42`;

/**
 * `lifeguard report ID --format md|json`: the postmortem of an incident, on standard output.
 *
 * @returns 0; 1 when there is no such incident or the store cannot be read; 2 on bad usage
 */
export async function report(args: string[]): Promise<number> {
  const asked = readArguments(args);
  if (typeof asked === 'string') {
    console.error(`${asked}\n\n${USAGE}`);
    return 2;
  }
  const loaded = readConfiguration();
  if (loaded === undefined) return 2;
  const log = loggerFor(loaded.config, loaded.environment);
  const place = await openStorePlace(loaded.environment, resolve('.lifeguard'), log);
  const store = new Store({ url: place.url, connections: 1 });
  try {
    const written = reportOf(await store.events(asked.id));
    if (written === undefined) {
      console.error(`there is no incident ${JSON.stringify(asked.id)} in the store`);
      return 1;
    }
    console.log(
      asked.format === 'json' ? JSON.stringify(written, undefined, 2) : reportMarkdown(written).trimEnd(),
    );
    return 0;
  } catch (error) {
    console.error(`the store could not be read: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  } finally {
    await store.close();
    await place.stop();
  }
}

function readArguments(
  args: string[],
): { readonly id: string; readonly format: (typeof FORMATS)[number] } | string {
  try {
    const { values, positionals } = parseArgs({
      args,
      options: { format: { type: 'string' } },
      allowPositionals: true,
    });
    const [id, ...more] = positionals;
    if (id === undefined || more.length > 0) return 'report takes the id of one incident';
    const format = FORMATS.find((one) => one === (values.format ?? 'md'));
    if (format === undefined)
      return `--format takes ${FORMATS.join(' or ')}, not ${JSON.stringify(values.format)}`;
    return { id, format };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
