// node .ci/complete-lock.js [--check]
//
// Completes package-lock.json after `npm install` against a registry that does not serve every platform's
// packages. npm leaves such optional packages out of the lock file and `npm ci` then refuses it ("Missing: ...
// from lock file", npm/cli issue 9846). What is added is what their names say: version, system, processor.
// They are installed on their own platform alone, where the registry gives the rest.
//
// With --check it changes nothing and ends with 1 when something is missing.
import { readFileSync, writeFileSync } from 'node:fs';

const FILE = new URL('../package-lock.json', import.meta.url);
const PLATFORM = /-(android|darwin|freebsd|linux|win32)-(arm64|arm|ia32|x64)(?:-(gnu|musl))?$/;

/** The optional packages that the lock file names and has no record of: name, version, who names it. */
function missing(packages) {
  return Object.entries(packages).flatMap(([path, record]) =>
    Object.entries(record.optionalDependencies ?? {})
      .filter(([name]) => !packages[`node_modules/${name}`] && !packages[`${path}/node_modules/${name}`])
      .map(([name, version]) => ({ name, version, parent: record })),
  );
}

/** The record of a platform package; undefined when its name or version does not tell. */
function recordOf({ name, version, parent }) {
  const [, system, processor, library] = PLATFORM.exec(name) ?? [];
  if (system === undefined || !/^\d+\.\d+\.\d+/.test(version)) return undefined;
  return {
    version,
    cpu: [processor],
    ...(parent.dev ? { dev: true } : {}),
    ...(library === 'musl' ? { libc: ['musl'] } : {}),
    license: parent.license,
    optional: true,
    os: [system],
  };
}

const lock = JSON.parse(readFileSync(FILE, 'utf8'));
const absent = missing(lock.packages);
const records = absent.map((each) => [`node_modules/${each.name}`, recordOf(each)]);
for (const { name, version } of absent) console.log(`missing: ${name} ${version}`);

if (process.argv.includes('--check')) {
  if (absent.length > 0) process.exitCode = 1;
} else {
  const { '': root, ...others } = lock.packages;
  const all = [...Object.entries(others), ...records.filter(([, record]) => record !== undefined)];
  const sorted = all.sort(([one], [two]) => one.localeCompare(two, 'en'));
  lock.packages = { '': root, ...Object.fromEntries(sorted) };
  writeFileSync(FILE, `${JSON.stringify(lock, null, 2)}\n`);
}
