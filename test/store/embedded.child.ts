// A process of its own for embedded.test.ts: starts a store, says where, and lives until it is ended.
import { startEmbedded } from '../../src/store/embedded.ts';

const store = await startEmbedded(JSON.parse(process.argv[2] ?? '{}'));
console.log(JSON.stringify({ url: store.url, dataDir: store.dataDir, pid: store.pid }));
process.once('SIGTERM', async () => {
  await store.stop();
  process.exit(0);
});
setInterval(() => {}, 60_000);
