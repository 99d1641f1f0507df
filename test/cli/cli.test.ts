import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { withStep } from '../runbook/sample.ts';
import { configText } from '../support/lifeguard.ts';
import { connect, testDatabase } from '../support/postgres.ts';
import { runCli } from '../support/process.ts';

// A start of the compiled program takes its time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lifeguard-cli-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the command line', () => {
  test('tells how it is used: 0 when asked for, 2 when it was not understood', async () => {
    const help = await runCli(['--help']);
    expect(help.code).toBe(0);
    for (const command of ['serve', 'check', 'migrate', 'demo'])
      expect(help.stdout).toContain(`  ${command} `);
    const none = await runCli([]);
    expect(none.code).toBe(2);
    expect(none.stderr).toContain('usage: lifeguard');
    const unknown = await runCli(['server']);
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain('There is no command `server`.');
  });

  test('refuses options of the demo that make no sense', async () => {
    for (const args of [
      ['--prot', '1'],
      ['--port', 'x'],
      ['--port', '70000'],
    ]) {
      expect((await runCli(['demo', ...args])).code).toBe(2);
    }
  });

  test.each(['serve', 'check', 'migrate'])(
    '%s names every fault of the configuration at once, with its path, and ends with 2',
    async (command) => {
      await writeFile(
        join(folder, 'lifeguard.yaml'),
        [
          'slak: { channel: "#incidents" }',
          'access: { approval_ttl: soon }',
          'pools:',
          '  - name: orders',
          '    match: { datname: x }',
          '    database_url: ${NOT_SET_ANYWHERE}',
          '    threshold: 900',
        ].join('\n'),
      );
      const { code, stderr } = await runCli([command], { cwd: folder, env: { PORT: 'three' } });
      expect(code).toBe(2);
      for (const path of [
        'PORT',
        'slak',
        'access.approval_ttl',
        'pools[0].database_url',
        'pools[0].threshold',
      ]) {
        expect(stderr).toContain(path);
      }
      expect(stderr).toContain('NOT_SET_ANYWHERE');
      expect(stderr).toContain('line 2');
    },
  );

  test('serve refuses a runbook with a fault: exit 2, with its file and line', async () => {
    await writeFile(join(folder, 'own.md'), withStep('```checks\n- conections\n```'));
    await writeFile(
      join(folder, 'lifeguard.yaml'),
      configText({ patientUrl: 'set', poolYaml: ['runbook: own.md'] }),
    );
    const { code, stderr } = await runCli(['serve'], {
      cwd: folder,
      env: {
        PATIENT_URL: 'postgres://bot@127.0.0.1:1/none',
        DATABASE_URL: 'postgres://store@127.0.0.1:1/none',
        PORT: '0',
      },
    });
    expect(stderr).toMatch(/own\.md:1\d.*conections/);
    expect(code).toBe(2);
  });

  test('a missing configuration is a fault that names the mend', async () => {
    const { code, stderr } = await runCli(['serve'], { cwd: folder, env: { LIFEGUARD_CONFIG: 'none.yaml' } });
    expect(code).toBe(2);
    expect(stderr).toContain('lifeguard.example.yaml');
  });

  test('a taken port ends the demo with 2 and names another', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as AddressInfo;
    try {
      const { code, stderr } = await runCli(['demo', '--auto', '--port', String(port)]);
      expect(stderr).toContain(`port ${port} is taken`);
      expect(code).toBe(2);
    } finally {
      await new Promise((resolve) => taken.close(resolve));
    }
  });
});

describe('lifeguard migrate', () => {
  test('brings an empty store up to date, and says that there is nothing to do the second time', async () => {
    const database = await testDatabase();
    try {
      await writeFile(join(folder, 'lifeguard.yaml'), configText({}));
      const env = { DATABASE_URL: database.url };
      const first = await runCli(['migrate'], { cwd: folder, env });
      expect(first.stdout).toContain('001_incidents');
      expect(first.code).toBe(0);
      const second = await runCli(['migrate'], { cwd: folder, env });
      expect(second.stdout).toBe('the schema is up to date\n');
      const client = await connect(database.url);
      expect((await client.query('select from incidents')).rowCount).toBe(0);
      await client.end();
    } finally {
      await database.drop();
    }
  });

  test('ends with 1 when the store cannot be reached, without its password', async () => {
    await writeFile(join(folder, 'lifeguard.yaml'), configText({}));
    const env = { DATABASE_URL: 'postgres://me:hush-hush@127.0.0.1:1/none' };
    const { code, stderr, stdout } = await runCli(['migrate'], { cwd: folder, env });
    expect(code).toBe(1);
    expect(stderr).toContain('ECONNREFUSED');
    expect(stdout + stderr).not.toContain('hush-hush');
  });
});
