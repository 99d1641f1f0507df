import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, lstat, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { findBinaries } from '../../src/store/embedded/binaries.ts';
import {
  type Embedded,
  type EmbeddedOptions,
  removeEmbedded,
  startEmbedded,
} from '../../src/store/embedded.ts';
import { connect, newCluster } from '../support/postgres.ts';
import { end, FAST, isAlive, openFolder, until, Workshop, watchdogsOf } from './embedded.process.ts';

const isRoot = process.getuid?.() === 0;
const NOBODY = 65_534;

let workshop: Workshop;
/** A store of this file's tests that only look at one, with default settings. */
let running: Embedded;
/** Data made earlier, for the tests that start on such. */
let existing: string;
let folder: string;
const started: Embedded[] = [];

beforeAll(async () => {
  workshop = await Workshop.open();
  running = await startEmbedded({ dataDir: join(workshop.dir, 'running') });
  existing = join(workshop.dir, 'existing');
  await newCluster(existing);
});
afterAll(async () => {
  await running.stop();
  await workshop.close();
});
beforeEach(async () => {
  folder = await openFolder();
});
afterEach(async () => {
  await workshop.endAll();
  for (const store of started.splice(0)) await store.stop();
  await rm(folder, { recursive: true, force: true });
});

async function start(options: Partial<EmbeddedOptions> & { dataDir: string }): Promise<Embedded> {
  const store = await startEmbedded({ flags: FAST, ...options });
  started.push(store);
  return store;
}

async function ask<T extends pg.QueryResultRow>(url: string, sql: string): Promise<T[]> {
  const client = await connect(url);
  try {
    return (await client.query<T>(sql)).rows;
  } finally {
    await client.end();
  }
}

test('data and password are kept across restarts', async () => {
  const dataDir = join(folder, 'store');
  const first = await start({ dataDir });
  await ask(first.url, 'create table kept as select 42 as answer');
  await first.stop();
  const second = await start({ dataDir });
  expect(await ask(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
  expect(new URL(second.url).password).toBe(new URL(first.url).password);
});

test('without flags the store is durable', async () => {
  const settings = await ask(
    running.url,
    "select name, setting from pg_settings where name in ('fsync', 'synchronous_commit', 'full_page_writes', 'listen_addresses', 'unix_socket_directories', 'server_encoding', 'max_connections') order by name",
  );
  expect(Object.fromEntries(settings.map(({ name, setting }) => [name, setting]))).toEqual({
    fsync: 'on',
    full_page_writes: 'on',
    listen_addresses: '127.0.0.1',
    max_connections: '50',
    server_encoding: 'UTF8',
    synchronous_commit: 'on',
    unix_socket_directories: '',
  });
});

test('flags win over the built-in settings, and the named database is created once', async () => {
  const dataDir = join(folder, 'store');
  await newCluster(dataDir);
  const options = {
    dataDir,
    database: 'catalytic_db',
    flags: [...FAST, '-c', 'max_connections=20', '-c', 'shared_preload_libraries=pg_stat_statements'],
  };
  await (await start(options)).stop();
  const store = await start(options);
  await ask(store.url, 'create extension pg_stat_statements');
  expect(
    await ask(store.url, "select current_database(), current_setting('max_connections') as max"),
  ).toEqual([{ current_database: 'catalytic_db', max: '20' }]);
});

test('nobody gets in without the password, which only its owner can read', async () => {
  const stranger = new URL(running.url);
  stranger.password = 'guess';
  await expect(ask(stranger.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
  const { mode } = await stat(join(running.dataDir, 'password'));
  expect(mode & 0o777).toBe(0o600);
});

test('a second store on the same folder is refused with the process that has it', async () => {
  const { dataDir } = running;
  await expect(startEmbedded({ dataDir })).rejects.toThrow(`in use by process ${process.pid}`);
  const other = workshop.start({ dataDir });
  await expect(other).rejects.toThrow(`in use by process ${process.pid}`);
});

test('of two processes that start at once on a new folder, one gets it and one is told', async () => {
  const dataDir = join(folder, 'store');
  const outcomes = await Promise.allSettled([workshop.start({ dataDir }), workshop.start({ dataDir })]);
  expect(outcomes.map((outcome) => outcome.status).sort()).toEqual(['fulfilled', 'rejected']);
  const refused = outcomes.find((outcome) => outcome.status === 'rejected');
  expect(String(refused?.reason)).toContain('in use by process');
});

test('the server ends with its process, also when that is killed outright', async () => {
  const dataDir = join(folder, 'store');
  await newCluster(dataDir);
  const { child, pid, url } = await workshop.start({ dataDir });
  await ask(url, 'create table kept as select 1 as one');
  expect(await isAlive(pid)).toBe(true);
  await end(child, 'SIGKILL');
  await until(async () => !(await isAlive(pid)));
  const again = await start({ dataDir });
  expect(await ask(again.url, 'select one from kept')).toEqual([{ one: 1 }]);
});

test.runIf(process.platform === 'linux')(
  'Ctrl-C in the terminal does not reach the server before us',
  async () => {
    const groupOf = async (pid: number | 'self') =>
      (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ')[2];
    expect(await groupOf(running.pid)).not.toBe(await groupOf('self'));
  },
);

test('a restart right after kill -9 does not trip over the server that is still ending', async () => {
  const dataDir = join(folder, 'store');
  await newCluster(dataDir);
  const { child, url } = await workshop.start({ dataDir });
  const bystander = await connect(url);
  await end(child, 'SIGKILL');
  const again = await start({ dataDir });
  expect(await ask(again.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  await bystander.end().catch(() => {});
});

test('an orphaned server that no watchdog ended is stopped before the new one starts', async () => {
  const dataDir = join(folder, 'store');
  await newCluster(dataDir);
  const { child, pid, url } = await workshop.start({ dataDir });
  await ask(url, 'create table kept as select 1 as one');
  for (const watchdog of await watchdogsOf(dataDir)) process.kill(watchdog, 'SIGKILL');
  await end(child, 'SIGKILL');
  expect(await isAlive(pid)).toBe(true);
  const again = await start({ dataDir });
  expect(await isAlive(pid)).toBe(false);
  expect(await ask(again.url, 'select one from kept')).toEqual([{ one: 1 }]);
});

test('a stale postmaster.pid whose number now belongs to another process does not matter', async () => {
  const dataDir = existing;
  // Of the server's own account: PostgreSQL overlooks other people's processes by itself.
  const { uid, gid } = await stat(join(dataDir, 'data'));
  const stranger = spawn('sleep', ['60'], isRoot ? { uid, gid } : {});
  await writeFile(
    join(dataDir, 'data', 'postmaster.pid'),
    `${stranger.pid}\n${dataDir}/data\n1\n5\n\n127.0.0.1\n\nready\n`,
  );
  await writeFile(join(dataDir, 'owner'), `${stranger.pid} another-boot:1\n`);
  const again = await start({ dataDir });
  expect(await ask(again.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  expect(stranger.exitCode).toBeNull();
  stranger.kill();
});

test('a process killed while it made the data leaves nothing in the way', async () => {
  const dataDir = join(folder, 'store');
  await mkdir(join(dataDir, '.init-999', 'data'), { recursive: true });
  await writeFile(join(dataDir, '.init-999', 'data', 'PG_VERSION'), '18\n');
  const store = await start({ dataDir });
  expect(await ask(store.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  await expect(lstat(join(dataDir, '.init-999'))).rejects.toMatchObject({ code: 'ENOENT' });
});

test('a port of one’s own is kept, and a taken one is named', async () => {
  const dataDir = existing;
  const squatter = createServer().listen(0, '127.0.0.1');
  await once(squatter, 'listening');
  const address = squatter.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await expect(startEmbedded({ dataDir, port, flags: FAST })).rejects.toThrow(`port ${port} is taken`);
  squatter.close();
  await once(squatter, 'close');
  expect((await start({ dataDir, port })).port).toBe(port);
});

test('data of another major version is refused with what to do', async () => {
  const dataDir = existing;
  const file = join(dataDir, 'data', 'PG_VERSION');
  const [version] = (await readFile(file, 'utf8')).split('\n');
  await writeFile(file, '15\n');
  await expect(startEmbedded({ dataDir })).rejects.toThrow(/made by PostgreSQL 15.*DATABASE_URL/);
  await writeFile(file, `${version}\n`);
  await start({ dataDir });
});

test('a platform without binaries is told to set DATABASE_URL', async () => {
  await expect(findBinaries('sunos-sparc')).rejects.toThrow('set DATABASE_URL');
  await expect(findBinaries('win32-x64')).rejects.toThrow('set DATABASE_URL');
});

test('PostgreSQL’s own words explain a start that fails, and the folder is free again', async () => {
  const dataDir = existing;
  await expect(start({ dataDir, flags: ['-c', 'no_such_setting=1'] })).rejects.toThrow('no_such_setting');
  await start({ dataDir });
});

test('the environment’s secrets are not handed to the server', async () => {
  process.env.LIFEGUARD_TEST_SECRET = 'hush';
  try {
    const store = await start({ dataDir: existing });
    if (process.platform !== 'linux') return;
    expect(await readFile(`/proc/${store.pid}/environ`, 'utf8')).not.toContain('hush');
  } finally {
    delete process.env.LIFEGUARD_TEST_SECRET;
  }
});

test.runIf(isRoot)(
  'as root in a folder only root may enter, the data is kept outside and linked',
  async () => {
    const outside = folder;
    const closed = await mkdtemp(join(tmpdir(), 'lifeguard-closed-'));
    try {
      const script = await workshop.checkout(closed);
      await chmod(closed, 0o700);
      const options = { dataDir: join(closed, '.lifeguard', 'store'), sharedDir: join(outside, 'shared') };
      const first = await workshop.start(options, { script });
      await ask(first.url, 'create table kept as select 1 as one');
      expect((await lstat(options.dataDir)).isSymbolicLink()).toBe(true);
      expect(first.dataDir.startsWith(options.sharedDir)).toBe(true);
      await end(first.child, 'SIGKILL');
      const second = await workshop.start(options, { script });
      expect(await ask(second.url, 'select one from kept')).toEqual([{ one: 1 }]);
      await end(second.child, 'SIGTERM');
      await removeEmbedded(options.dataDir);
      await expect(stat(first.dataDir)).rejects.toMatchObject({ code: 'ENOENT' });
    } finally {
      await rm(closed, { recursive: true, force: true });
    }
  },
);

test.runIf(isRoot)(
  'as root, two processes that copy binaries and link data at once end with one store',
  async () => {
    const outside = folder;
    const closed = await mkdtemp(join(tmpdir(), 'lifeguard-closed-'));
    try {
      const script = await workshop.checkout(closed);
      const options = { dataDir: join(closed, 'store'), sharedDir: join(outside, 'shared') };
      const outcomes = await Promise.allSettled([
        workshop.start(options, { script }),
        workshop.start(options, { script }),
      ]);
      expect(outcomes.map((outcome) => outcome.status).sort()).toEqual(['fulfilled', 'rejected']);
    } finally {
      await workshop.endAll();
      await rm(closed, { recursive: true, force: true });
    }
  },
);

test.runIf(isRoot)('an ordinary user keeps the data in the folder itself', async () => {
  const dir = folder;
  const script = await workshop.checkout(dir);
  await mkdir(join(dir, 'home'));
  await chown(join(dir, 'home'), NOBODY, NOBODY);
  const dataDir = join(dir, 'home', '.lifeguard', 'store');
  const store = await workshop.start({ dataDir }, { script, uid: NOBODY });
  expect(store.dataDir).toBe(dataDir);
  expect((await stat(join(dataDir, 'data'))).uid).toBe(NOBODY);
  expect(await ask(store.url, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test.runIf(isRoot)('an ordinary user without a right to the folder is told so', async () => {
  const dir = folder;
  const script = await workshop.checkout(dir);
  const refused = workshop.start({ dataDir: join(dir, 'store') }, { script, uid: NOBODY });
  await expect(refused).rejects.toThrow(/cannot keep data in .* make the folder writable/);
});
