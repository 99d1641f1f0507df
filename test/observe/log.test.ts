import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createLogger, type LoggerOptions } from '../../src/observe/log.ts';
import { MASK } from '../../src/observe/mask.ts';
import { inScope } from '../../src/observe/scope.ts';
import { connect, testDatabase } from '../support/postgres.ts';

function recorder(options: Partial<LoggerOptions> = {}) {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const log = createLogger({ level: 'info', secrets: [], destination, ...options });
  return { log, lines, last: (): Record<string, unknown> => JSON.parse(lines.at(-1) ?? '{}') };
}

describe('a log line', () => {
  test('is one JSON object with an ISO time, the level as a word and the message', () => {
    const { log, lines, last } = recorder();
    log.warn({ incident: 'inc-1' }, 'the queue is slow');
    expect(lines).toHaveLength(1);
    expect(lines[0]?.endsWith('\n')).toBe(true);
    expect(last()).toEqual({
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      incident: 'inc-1',
      msg: 'the queue is slow',
    });
  });

  test('is written from the chosen level on', () => {
    const { log, lines } = recorder({ level: 'warn' });
    log.debug('no');
    log.info({ a: 1 }, 'no');
    log.warn('yes');
    log.error('yes');
    expect(lines).toHaveLength(2);
  });

  test("carries the fields of its child logger, and the child's child", () => {
    const { log, last } = recorder();
    log.child({ incident: 'inc-7' }).child({ effect: 'inc-7.3.0' }).info('drawn');
    expect(last()).toMatchObject({ incident: 'inc-7', effect: 'inc-7.3.0', msg: 'drawn' });
  });

  test('carries the ids of the scope it is written in, unless it has its own, once each', async () => {
    const { log, lines, last } = recorder();
    const child = log.child({ incident: 'inc-8' });
    await inScope({ incident: 'inc-7', effect: 'inc-7.3.0' }, async () => {
      await Promise.resolve();
      log.info('drawn');
      expect(last()).toMatchObject({ incident: 'inc-7', effect: 'inc-7.3.0', msg: 'drawn' });
      log.info({ incident: 'inc-9' }, 'another');
      expect(last()).toMatchObject({ incident: 'inc-9', effect: 'inc-7.3.0' });
      child.info('of another');
      expect(lines.at(-1)?.match(/"incident"/g)).toHaveLength(1);
      expect(last()).toMatchObject({ incident: 'inc-8', effect: 'inc-7.3.0' });
      inScope({}, () => log.info("nobody's"));
      expect(last()).not.toHaveProperty('incident');
    });
    log.info('outside');
    expect(last()).not.toHaveProperty('incident');
  });

  test('keeps its own level, time and message when fields have the same names', () => {
    const { log, last } = recorder();
    log.info({ level: 3, time: 'late', msg: 'x' }, 'escalated');
    expect(last()).toMatchObject({ level: 'info', level_: 3, time_: 'late', msg_: 'x', msg: 'escalated' });
  });

  test('survives cycles, endless depth, bytes and values that JSON does not know', () => {
    const { log, last } = recorder();
    const cycle: Record<string, unknown> = { n: 1n, bytes: Buffer.from('password'), set: new Set([1]) };
    cycle.self = cycle;
    let deep: unknown = 'end';
    for (let i = 0; i < 50_000; i += 1) deep = [deep];
    log.info({ cycle, deep, many: new Array(1_000).fill(0) }, 'odd');
    expect(last()).toMatchObject({
      cycle: { n: '1', bytes: '[8 bytes]', set: [1], self: '[the same again]' },
    });
    expect(JSON.stringify(last().deep)).toContain('[too deep]');
    expect(last().many).toHaveLength(101);
  });
});

describe('secrets in a log line', () => {
  const secret = fc.string({ minLength: 8, unit: 'binary' }).filter((text) => !text.includes('*'));

  test('are in none of its texts and keys, wherever they were given', () => {
    fc.assert(
      fc.property(secret, fc.string(), (value, around) => {
        const { log, lines } = recorder({ secrets: [value] });
        const text = `${around}${value}${around}`;
        const error = new Error(text, { cause: new AggregateError([new Error(text)], text) });
        log
          .child({ [text]: text })
          .error({ err: error, nested: { [text]: [text, new Map([[text, text]])] } }, text);
        log.info(text);
        for (const line of lines)
          for (const found of textsIn(JSON.parse(line))) expect(found).not.toContain(value);
      }),
      { numRuns: 300 },
    );
  });

  test('are masked by the name of their field, whatever they look like', () => {
    const { log, last } = recorder();
    log.info(
      { routing_key: 'abc', headers: { Authorization: 'abc', 'x-slack-signature': 'abc' }, tokens: 5 },
      'x',
    );
    expect(last()).toMatchObject({
      routing_key: MASK,
      headers: { Authorization: MASK, 'x-slack-signature': MASK },
      tokens: 5,
    });
  });

  test('do not come with the request that a library hangs on its error', () => {
    const { log, lines } = recorder();
    const config = { headers: { 'x-key': 'hunter22' } };
    log.error(
      { err: Object.assign(new Error('429'), { config, status: 429, code: 'ERR_BAD_REQUEST' }) },
      'refused',
    );
    expect(lines[0]).not.toContain('hunter22');
    expect(lines[0]).toContain('ERR_BAD_REQUEST');
  });
});

describe("PostgreSQL's errors in a log line", () => {
  test('show code and message, and no value of any row or statement', async () => {
    const database = await testDatabase();
    const client = await connect(database.url);
    const { log, lines, last } = recorder();
    try {
      await client.query(`create table people (mail text primary key, age integer check (age > 0))`);
      await client.query(`insert into people values ('ann@example.com', 4711)`);
      const failing = [
        `insert into people values ('ann@example.com', 1)`,
        `insert into people values ('ann@example.com', -4711)`,
        `select 'ann@example.com'::integer`,
        `select 'annsword'::integer`,
        `select * from people where mail = 'ann@example.com' and`,
        `select 'ann@example.com' 'x' from`,
        `do $$ begin raise exception 'no place for ''%''', 'ann@example.com'; end $$`,
        `do $$ begin execute 'select 1/0 as "ann@example.com"'; end $$`,
        `select * from "ann@example.com"`,
        `select 1 where 'ann@example.com`,
      ];
      for (const statement of failing) {
        const error = await client.query(statement).catch((caught: unknown) => caught);
        expect(error, statement).toBeInstanceOf(Error);
        log.error({ err: error }, 'the store failed');
        log.error({ err: new Error(`no commit: ${String(error)}`, { cause: error }) }, 'the store failed');
        log.error({ deep: [{ error }] }, 'the store failed');
        expect(last().deep).toMatchObject([{ error: { code: expect.stringMatching(/^[0-9A-Z]{5}$/) } }]);
      }
    } finally {
      await client.end();
      await database.drop();
    }
    expect(lines).toHaveLength(30);
    for (const line of lines) expect(line).not.toMatch(/ann@example|annsword|4711/);
    expect(JSON.parse(lines[0] ?? '{}').err).toEqual({
      type: 'DatabaseError',
      message: 'duplicate key value violates unique constraint "people_pkey"',
      code: '23505',
      constraint: 'people_pkey',
      table: 'people',
      stack: expect.stringMatching(/^ {4}at /),
    });
  });

  test('statements given as fields are left out', () => {
    const { log, lines } = recorder();
    log.info({ query: `select 'ann@example.com'`, inner: { sql: `select 'ann@example.com'` } }, 'slow');
    expect(lines[0]).not.toContain('ann@example.com');
  });
});

/** All texts and keys in a value. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...textsIn(inner)]);
}
