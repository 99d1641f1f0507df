import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Builds the console's page into dist/console-page, where its server looks for it. */
export default defineConfig({
  root: 'src/console/page',
  base: '/console/',
  plugins: [react()],
  build: {
    outDir: '../../../dist/console-page',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: false,
    // slack-blocks-to-jsx brings its own parser and emoji names: 580 kB as source.
    chunkSizeWarningLimit: 1_500,
  },
});
