import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Lifeline } from '../../src/pool/lifeline.ts';
import { lockGraph, readLocks } from '../../src/pool/locks.ts';
import { connect, testDatabase } from '../support/postgres.ts';
import { begin, pidOf, until } from './crowd.ts';

let database: Awaited<ReturnType<typeof testDatabase>>;
let lifeline: Lifeline;
const clients: pg.Client[] = [];

beforeAll(async () => {
  database = await testDatabase();
  lifeline = new Lifeline({ url: database.url });
  await lifeline.start();
});
afterAll(async () => {
  await lifeline.close();
  for (const client of clients) await client.end();
  await database.drop();
});

test('a chain of locks shows who waits for whom and how many wait in all', async () => {
  const [head, middle, tail] = [
    await connect(database.url),
    await connect(database.url),
    await connect(database.url),
  ];
  clients.push(head, middle, tail);
  const [first, second, third] = [await pidOf(head), await pidOf(middle), await pidOf(tail)];
  await head.query('create table a (n int); create table b (n int)');
  await head.query('begin; lock table a');
  await middle.query('begin; lock table b');
  begin(middle, 'lock table a');
  begin(tail, 'begin; lock table b');
  await until(async () => {
    const graph = await readLocks(lifeline);
    return graph.has(second) && graph.has(third);
  });
  const graph = await readLocks(lifeline);
  expect(graph.get(first)).toEqual({ pid: first, blockedBy: [], blocks: [second], blocksInAll: 2 });
  expect(graph.get(second)).toEqual({ pid: second, blockedBy: [first], blocks: [third], blocksInAll: 1 });
  expect(graph.get(third)).toEqual({ pid: third, blockedBy: [second], blocks: [], blocksInAll: 0 });
  await head.query('rollback');
  await until(async () => !(await readLocks(lifeline)).has(first));
});

test('a prepared transaction blocks as 0, blockers are named once, and a cycle ends', () => {
  const graph = lockGraph([
    { pid: 1, blockedBy: [0] },
    { pid: 2, blockedBy: [3, 3] },
    { pid: 3, blockedBy: [2] },
    { pid: 4, blockedBy: [] },
  ]);
  expect(graph.get(0)).toEqual({ pid: 0, blockedBy: [], blocks: [1], blocksInAll: 1 });
  expect(graph.get(2)).toEqual({ pid: 2, blockedBy: [3], blocks: [3], blocksInAll: 1 });
  expect(graph.has(4)).toBe(false);
});
