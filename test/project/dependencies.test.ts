import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const {
  dependencies,
  optionalDependencies,
  devDependencies,
}: Record<string, Record<string, string>> = JSON.parse(read('package.json'));
const shipped = Object.keys({ ...dependencies, ...optionalDependencies });

describe('docs/dependencies.md', () => {
  test('names each dependency of package.json, and no other', () => {
    const named = [...read('docs/dependencies.md').matchAll(/^\| `([^`]+)`/gm)].map(([, name]) => name);
    expect(named.toSorted()).toEqual([...shipped, ...Object.keys(devDependencies ?? {})].toSorted());
  });

  test('says of each that is shipped what for, why, by whom, how large, and what it reaches', () => {
    const rows = read('docs/dependencies.md').match(/^\| `.*$/gm) ?? [];
    for (const row of rows.filter((one) => shipped.some((name) => one.startsWith(`| \`${name}\` `)))) {
      const cells = row.split('|').slice(1, -1);
      expect(cells, row).toHaveLength(6);
      for (const cell of cells) expect(cell.trim(), row).not.toBe('');
    }
  });
});

describe('dist/sbom.json', () => {
  interface Component {
    'bom-ref': string;
    name: string;
    version: string;
    hashes?: unknown[];
  }
  const text = read('dist/sbom.json');
  const sbom = JSON.parse(text) as {
    bomFormat: string;
    metadata: { component: Component };
    components: Component[];
    dependencies: { ref: string; dependsOn: string[] }[];
  };
  const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, { version: string }> };

  test('is of Lifeguard, and holds every dependency that is shipped in the version of the lock', () => {
    expect(sbom.bomFormat).toBe('CycloneDX');
    expect(sbom.metadata.component.name).toBe('lifeguard');
    for (const name of [...shipped, 'react', 'react-dom', 'slack-blocks-to-jsx']) {
      const version = lock.packages[`node_modules/${name}`]?.version;
      expect(sbom.components, name).toContainEqual(
        expect.objectContaining({ name, version, hashes: expect.anything() }),
      );
    }
  });

  test('holds all that these depend on in turn, and nothing that only development needs', () => {
    const known = new Set(sbom.components.map((one) => one['bom-ref']));
    for (const { ref, dependsOn } of sbom.dependencies) {
      for (const one of dependsOn) expect(known, `${ref} needs ${one}`).toContain(one);
    }
    const names = sbom.components.map(({ name }) => name);
    for (const name of ['vitest', 'typescript', 'fast-check', 'rolldown']) expect(names).not.toContain(name);
  });

  test('names what the console’s page imports', () => {
    const bundled = /const BUNDLED = \[([^\]]*)\]/.exec(read('.ci/sbom.js'))?.[1] ?? '';
    const page = join(ROOT, 'src/console/page');
    const imported = new Set(
      readdirSync(page, { recursive: true, encoding: 'utf8' })
        .filter((file) => /\.tsx?$/.test(file))
        .flatMap((file) => [...readFileSync(join(page, file), 'utf8').matchAll(/ from '([^./'][^/']*)/g)])
        .map(([, name]) => name),
    );
    expect([...bundled.matchAll(/'([^']+)'/g)].map(([, name]) => name).toSorted()).toEqual(
      [...imported].toSorted(),
    );
  });

  test('tells nothing of the machine it was made on', () => {
    expect(text).not.toContain(ROOT);
    expect(text).not.toMatch(/registry\.|\/root\/|\/home\//);
  });
});

describe('npm run audit', () => {
  /** Runs it with an `npm` that prints this and ends with 1, as the real one does for anything but a clean answer. */
  function audited(printed: string) {
    const folder = mkdtempSync(join(tmpdir(), 'lifeguard-audit-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'answer'), printed);
    writeFileSync(join(folder, 'npm'), '#!/bin/sh\ncat "$(dirname "$0")/answer"\nexit 1\n');
    chmodSync(join(folder, 'npm'), 0o755);
    return spawnSync(process.execPath, [join(ROOT, '.ci/audit.js')], {
      encoding: 'utf8',
      env: { PATH: `${folder}${delimiter}${process.env.PATH ?? ''}` },
    });
  }

  test('fails for one known vulnerability, passes for none, and says when nobody could tell', () => {
    const found = (total: number) => JSON.stringify({ metadata: { vulnerabilities: { total } } });
    expect(audited(found(1)).status).toBe(1);
    expect(audited(found(0))).toMatchObject({ status: 0, stdout: 'No known vulnerability.\n' });
    expect(audited('{"message":"405 Method Not Allowed"}')).toMatchObject({
      status: 0,
      stdout: 'Not audited: 405 Method Not Allowed\n',
    });
  });
});
