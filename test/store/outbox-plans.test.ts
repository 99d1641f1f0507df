import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type TestStore, testStore } from './fixture.ts';

/** A node of a plan as PostgreSQL explains it. */
interface Node {
  readonly 'Node Type': string;
  readonly 'Index Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly Node[];
}

const WAITING = 10_000;
const DONE = 10_000;
/** In five lanes of four. */
const DUE = 20;

/** More rows than this are never looked at where an index leads to the few that count. */
const FEW = 200;

let db: TestStore;

beforeAll(async () => {
  db = await testStore();
  await db.query(`
    insert into incidents (id, key, kind, status, seq, state, opened_at)
    values ('inc-1', 'pool:orders', 'incident', 'open', 1, '{}', now())`);
  await fill('waits', WAITING, `now() + (60 + i) * interval '1 hour'`, 'null', 'owed');
  await fill('due', DUE, 'now()', `'lane-' || i % 5`, 'owed');
  await fill('done', DONE, 'now()', `'lane-' || i % 5`, 'done');
  await db.query('vacuum analyze effects');
});

afterAll(() => db.close());

async function fill(name: string, count: number, due: string, lane: string, status: string): Promise<void> {
  await db.query(
    `insert into effects (id, incident, kind, lane, payload, due, created_at, status)
     select $1 || '-' || i, 'inc-1', 'slack.message', ${lane}, '{}', ${due}, now(), $3 from generate_series(1, $2::int) as i`,
    [name, count, status],
  );
}

/** The plan of the statement that `ask` sends, as it was carried out. */
async function planOf(ask: () => Promise<unknown>, pool = db.store.pool): Promise<Node[]> {
  const spy = vi.spyOn(pool, 'query');
  await ask();
  const [query, ...rest] = (spy.mock.calls[0] ?? []) as unknown[];
  // A prepared statement comes as one object.
  const { text, values } =
    typeof query === 'string'
      ? { text: query, values: rest[0] }
      : (query as { readonly text: string; readonly values: unknown });
  spy.mockRestore();
  const [row] = await db.query<{ 'QUERY PLAN': [{ Plan: Node }] }>(
    `explain (analyze, format json) ${text}`,
    values as unknown[],
  );
  const flat = (node: Node): Node[] => [node, ...(node.Plans ?? []).flatMap(flat)];
  return row === undefined ? [] : flat(row['QUERY PLAN'][0].Plan);
}

/** How many rows of the table were looked at. */
function looked(plan: readonly Node[]): number {
  return plan
    .filter((node) => node['Node Type'].includes('Scan'))
    .map((node) => (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'])
    .reduce((sum, rows) => sum + rows, 0);
}

test('what is owed is found by index, without a look at the thousands that wait or are done', async () => {
  const plan = await planOf(() => db.outbox.owed(500));
  expect(plan.map((node) => node['Index Name'])).toContain('effects_owed_by_due');
  expect(looked(plan)).toBeLessThan(FEW);
  expect(await db.outbox.owed(500)).toHaveLength(5);
});

test('the next due time is found by index, at the first look', async () => {
  const plan = await planOf(() => db.outbox.nextDueIn());
  expect(plan.map((node) => node['Index Name'])).toContain('effects_owed_by_due');
  expect(looked(plan)).toBeLessThan(FEW);
});

test('both are found in one look, none of it at what waits', async () => {
  const plan = await planOf(() => db.outbox.look(500));
  expect(looked(plan)).toBeLessThan(FEW);
  const { owed, inMs } = await db.outbox.look(500);
  expect(owed).toEqual(await db.outbox.owed(500));
  expect(inMs).toBeGreaterThan(0);
});

test('a claim looks at its own lane alone', async () => {
  const plan = await planOf(() => db.outbox.claim('due-5', 'me'), db.store.claims);
  expect(looked(plan)).toBeLessThan(FEW);
});

test('the figures do not look at what is done', async () => {
  await db.query(`delete from effects where id like 'waits-%'`);
  await db.query('vacuum analyze effects');
  expect(looked(await planOf(() => db.outbox.figures()))).toBeLessThan(FEW);
});
