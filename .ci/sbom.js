// Writes dist/sbom.json, the software bill of materials (CycloneDX) of what is shipped: the production dependencies and
// what the console's page is built from. It is a function of package-lock.json: the same lock, the same bytes.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

/** Development dependencies whose code ends up in dist/console-page. */
const BUNDLED = ['react', 'react-dom', 'slack-blocks-to-jsx'];

const lock = readFileSync('package-lock.json');
const { name } = JSON.parse(lock);
const all = JSON.parse(
  execFileSync('npm', ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'inherit'],
  }),
);

const dependsOn = new Map(all.dependencies.map((one) => [one.ref, one.dependsOn]));

/** Adds a component and all that it depends on. */
function follow(ref, into) {
  if (into.has(ref)) return into;
  into.add(ref);
  for (const next of dependsOn.get(ref) ?? []) follow(next, into);
  return into;
}

const isDevelopment = ({ properties = [] }) =>
  properties.some(({ name }) => name === 'cdx:npm:package:development');

const shipped = new Set(all.components.filter((one) => !isDevelopment(one)).map((one) => one['bom-ref']));
for (const one of all.components) if (BUNDLED.includes(one.name)) follow(one['bom-ref'], shipped);

const root = all.metadata.component['bom-ref'];
const sbom = {
  ...all,
  serialNumber: uuidOf(lock),
  // npm calls the product by the folder it lies in, and says when it was asked.
  metadata: {
    lifecycles: [{ phase: 'build' }],
    tools: all.metadata.tools,
    component: { ...all.metadata.component, name, type: 'application' },
  },
  components: all.components.filter((one) => shipped.has(one['bom-ref'])),
  dependencies: all.dependencies
    .filter(({ ref }) => ref === root || shipped.has(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((one) => shipped.has(one)) })),
};
writeFileSync('dist/sbom.json', `${JSON.stringify(sbom, undefined, 2)}\n`);

/** A name-based UUID (RFC 9562, version 8). */
function uuidOf(bytes) {
  const hex = createHash('sha256').update(bytes).digest('hex');
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
