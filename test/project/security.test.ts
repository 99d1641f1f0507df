import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

test('what docs/security.md names as holding something is there', () => {
  const text = readFileSync(join(ROOT, 'docs/security.md'), 'utf8');
  const named = [...text.matchAll(/`((?:src|test|deploy|docs)\/[\w./-]+)`/g)].map(([, path]) => path ?? '');
  expect(named.length).toBeGreaterThan(40);
  expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});

/** A secret beside `===`, which stops at the first difference; asking whether there is one at all is no comparison. */
const COMPARED =
  /\b\w*(?:secret|token|signature|password|hmac)\w*\s*[!=]==(?!\s*(?:undefined|null|''|""))|(?<!typeof )[!=]==\s*[\w.]*(?:secret|token|signature|password|hmac)\b/i;

/** The local stand-ins of Slack and PagerDuty, whose tokens are in the open, and what people type into a page. */
const STAND_INS = /^console\//;

test('no secret is compared but in constant time', () => {
  const src = join(ROOT, 'src');
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /\.tsx?$/.test(file),
  );
  const found = files
    .filter((file) => !STAND_INS.test(file))
    .flatMap((file) =>
      readFileSync(join(src, file), 'utf8')
        .split('\n')
        .filter((line) => COMPARED.test(line) && !/\btypeof\b/.test(line))
        .map((line) => `${file}: ${line.trim()}`),
    );
  expect(found).toEqual([]);
  for (const file of ['intake/credentials.ts', 'pagerduty/signature.ts']) {
    const text = readFileSync(join(src, file), 'utf8');
    expect(text, file).toMatch(/\btimingSafeEqual\([^)]*given|\bisSame\b[^;]*= timingSafeEqual\b/);
    expect(text, file).not.toMatch(/\b(?:given|expected|digest)\b *={3}|={3} *(?:given|expected|digest)\b/);
  }
  expect(COMPARED.test('if (given === token) return')).toBe(true);
  expect(COMPARED.test('if (signature !== expected) return')).toBe(true);
  expect(COMPARED.test("if (token === '') return")).toBe(false);
});
