import fc from 'fast-check';
import { expect, test } from 'vitest';
import { numberIn, pointsIn, refusalIn, resultIn } from '../../src/prometheus/answer.ts';
import { PrometheusError } from '../../src/prometheus/error.ts';
import { runs } from '../support/fuzz.ts';

/** What stands where a value should. */
const anyText = fc.oneof(
  fc.constantFrom('NaN', '+Inf', '-Inf', '', ' ', '1e999', '0x10', '-0', '1_000', '١'),
  fc.double().map(String),
  fc.string({ maxLength: 8 }),
);

const anyTime = fc.oneof(fc.integer(), fc.double(), fc.constantFrom(8.64e12, 8.64e12 + 1, 1e300, -1e300));

/** Any other JSON, each kind of it. */
const ODD = fc.constantFrom<unknown>(null, true, 0, -1, 1e308, '', 'x', [], [[]], {}, { a: 1 }, [
  null,
  { b: [] },
]);

/** Mostly what it should be, or else any JSON. */
const mostly = <T>(right: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 24, arbitrary: right }, { weight: 1, arbitrary: ODD });

const anyPair = mostly(fc.tuple(anyTime, anyText));
const labels = mostly(
  fc.dictionary(fc.string({ maxLength: 4 }), fc.string({ maxLength: 4 }), { maxKeys: 2 }),
);
const series = <K extends string>(key: K, value: fc.Arbitrary<unknown>) =>
  mostly(fc.array(mostly(fc.record({ metric: labels, [key]: value })), { maxLength: 4 }));

const answer = fc.oneof(
  fc.record({
    status: mostly(fc.constant('success')),
    data: mostly(
      fc.oneof(
        fc.record({ resultType: fc.constant('vector'), result: series('value', anyPair) }),
        fc.record({
          resultType: fc.constant('matrix'),
          result: series('values', mostly(fc.array(anyPair, { maxLength: 6 }))),
        }),
        fc.record({ resultType: fc.constantFrom('scalar', 'string'), result: anyPair }),
      ),
    ),
  }),
  fc.record({
    status: fc.constant('error'),
    errorType: fc.jsonValue(),
    error: mostly(fc.string({ unit: 'binary' })),
  }),
  fc.jsonValue(),
);

/** Nothing else may be thrown, and what is thrown is for people to read: one line, not too long. */
function orError<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    expect(error).toBeInstanceOf(PrometheusError);
    const { message } = error as PrometheusError;
    expect(message).not.toMatch(/[\r\n]/);
    expect(message.length).toBeLessThan(700);
    return undefined;
  }
}

test('whatever Prometheus answers, it is a number, a line of numbers, or an error with the mend', () => {
  let numbers = 0;
  let lines = 0;
  fc.assert(
    fc.property(answer, fc.string(), (body, query) => {
      refusalIn(body);
      const result = orError(() => resultIn(body, query));
      if (result === undefined) return;
      const one = orError(() => numberIn(result, query));
      if (one !== undefined) {
        expect(Number.isFinite(one.value)).toBe(true);
        numbers += 1;
      }
      const many = orError(() => pointsIn(result, query));
      if (many === undefined) return;
      lines += 1;
      for (const { at, value } of many.points) {
        expect(Number.isFinite(value)).toBe(true);
        expect(Number.isNaN(at.getTime())).toBe(false);
      }
    }),
    {
      numRuns: runs(1_000),
      examples: [
        // A moment that no date can hold.
        [
          {
            status: 'success',
            data: {
              resultType: 'matrix',
              result: [{ metric: {}, values: [[1e300, '1']] }],
            },
          } as never,
          'up',
        ],
      ],
    },
  );
  expect(numbers).toBeGreaterThan(0);
  expect(lines).toBeGreaterThan(0);
});
