import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatDuration, LONGEST_DURATION_MS, parseDuration } from '../../src/config/duration.ts';

describe('a duration', () => {
  test.each([
    ['0m', 0],
    ['500ms', 500],
    ['30s', 30_000],
    ['5m', 300_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
    ['365d', LONGEST_DURATION_MS],
  ])('%s is %i milliseconds', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each(['', '5', 'm', '5 m', '-5m', '+5m', '1.5h', '5M', '1h30m', '5min', '5w', ' 5m', '5m\n', '٥m'])(
    '%j is refused with the units there are',
    (text) => {
      expect(() => parseDuration(text)).toThrow(
        'is not a duration: write a whole number with ms, s, m, h or d, for example 30s',
      );
    },
  );

  test.each(['366d', '8761h', '999999999999999999999999d'])('%s is too long', (text) => {
    expect(() => parseDuration(text)).toThrow('is too long: at most 365d');
  });

  test.each([
    [0, '0s'],
    [1, '1ms'],
    [1_500, '1500ms'],
    [90_000, '90s'],
    [600_000, '10m'],
    [5_400_000, '90m'],
    [172_800_000, '2d'],
  ])('%i milliseconds are written in the largest unit that fits: %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])('%d milliseconds cannot be written', (ms) => {
    expect(() => formatDuration(ms)).toThrow(RangeError);
  });

  test('what is written is read as the same time', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: LONGEST_DURATION_MS }),
        (ms) => parseDuration(formatDuration(ms)) === ms,
      ),
    );
  });

  test('what is read is written as the same time, in the same unit or a larger one', () => {
    const unit = fc.constantFrom('ms', 's', 'm', 'h', 'd');
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 365 }), unit, (amount, of) => {
        const ms = parseDuration(`${amount}${of}`);
        const written = formatDuration(ms);
        expect(parseDuration(written)).toBe(ms);
        expect(written.length).toBeLessThanOrEqual(`${amount}${of}`.length);
      }),
    );
  });
});
