import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { drawnEvents } from '../../src/charts/events.ts';
import { type RateChartInput, rateAlt, rateChart, rateSvg } from '../../src/charts/rate.ts';
import { renderPng } from '../../src/charts/render.ts';
import {
  type UtilisationChartInput,
  utilisationAlt,
  utilisationChart,
  utilisationSvg,
} from '../../src/charts/utilisation.ts';

const FROM = new Date('2026-01-02T10:00:00Z');
const TO = new Date('2026-01-02T11:00:00Z');
const at = (minute: number) => new Date(FROM.getTime() + minute * 60_000);

const RISING: UtilisationChartInput = {
  points: Array.from({ length: 240 }, (_, n) => ({
    at: at(n / 4),
    value: n < 200 ? 40 : 40 + (n - 199) * 1.35,
  })),
  threshold: 90,
  events: [
    { at: at(58), label: 'alert' },
    { at: at(59), label: 'acknowledged by Ana' },
  ],
  from: FROM,
  to: TO,
  title: 'orders',
};

const RATE: RateChartInput = {
  points: Array.from({ length: 60 }, (_, n) => ({ at: at(n), value: n < 50 ? 1_000 : 4_000 })),
  baseline: 1_000,
  unit: 'requests a minute',
  from: FROM,
  to: TO,
  title: 'orders',
};

/** Width and height out of a PNG's header. */
function sizeOf(png: Buffer): [number, number] {
  expect(png.subarray(1, 4).toString()).toBe('PNG');
  return [png.readUInt32BE(16), png.readUInt32BE(20)];
}

describe('the chart of utilisation', () => {
  test('is a PNG of 1200 × 500 px that is quick to load', async () => {
    const { png } = await utilisationChart(RISING);
    expect(sizeOf(png)).toEqual([1200, 500]);
    expect(png.length).toBeLessThan(200_000);
  });

  test('its words are drawn in the font that comes along', async () => {
    const svg = utilisationSvg({ ...RISING, points: [], events: [] });
    const bare = svg.replace(/<text.*?<\/text>/g, '');
    expect((await renderPng(svg)).equals(await renderPng(bare))).toBe(false);
  });

  test('says its figures to those who do not see it', () => {
    const alt = utilisationAlt(RISING);
    expect(alt).toBe(
      'orders: connections in use over the last hour, until 11:00 UTC. Now 94 %, over the line of 90 %; ' +
        'peak 94 % at 10:59. It is rising by 5.4 % a minute, full at about 11:00. ' +
        'Marked: 10:58 alert; 10:59 acknowledged by Ana.',
    );
  });

  test('without samples it says so instead of showing zero', () => {
    const empty = { ...RISING, points: [] };
    expect(utilisationSvg(empty)).toContain('no samples in this time');
    expect(utilisationAlt(empty)).toMatch(/There are no samples\.$/);
  });

  test('a gap in the samples is a gap in the line', () => {
    const torn = RISING.points.filter((point) => point.at < at(20) || point.at > at(25));
    const lines = (svg: string) => svg.match(/fill="none"/g)?.length;
    expect(lines(utilisationSvg(RISING))).toBe(1);
    expect(lines(utilisationSvg({ ...RISING, points: torn }))).toBe(2);
  });

  test('what people have written stands in it as words, never as markup', async () => {
    const words = fc.string({ unit: 'binary', maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(words, words, async (title, label) => {
        const svg = utilisationSvg({ ...RISING, points: [], title, events: [{ at: at(30), label }] });
        expect(sizeOf(await renderPng(svg))).toEqual([1200, 500]);
      }),
      { numRuns: 25 },
    );
    expect(utilisationSvg({ ...RISING, title: '<b>&"' })).toContain('&#60;b&#62;&#38;&#34;');
  });

  test('any samples make a chart: no coordinate is lost', () => {
    const point = fc.record({ at: fc.date({ min: FROM, max: TO, noInvalidDate: true }), value: fc.double() });
    fc.assert(
      fc.property(fc.array(point, { maxLength: 40 }), (points) => {
        expect(utilisationSvg({ ...RISING, points })).not.toMatch(/NaN|Infinity|undefined/);
        expect(rateSvg({ ...RATE, points })).not.toMatch(/NaN|Infinity|undefined/);
        expect(utilisationAlt({ ...RISING, points }).length).toBeLessThan(1_000);
      }),
    );
  });

  test('of a crowd of events the first and the newest are marked', () => {
    const crowd = Array.from({ length: 30 }, (_, n) => ({ at: at(n), label: `event ${n}` }));
    const drawn = drawnEvents({ from: FROM, to: TO }, [...crowd, { at: at(-1), label: 'before' }]);
    expect(drawn.map(({ label }) => label)).toEqual([
      'event 0',
      ...crowd.slice(-7).map(({ label }) => label),
    ]);
  });
});

describe('the chart of a rate', () => {
  test('shows and says how it stands to the usual rate', async () => {
    const { png, alt } = await rateChart(RATE);
    expect(sizeOf(png)).toEqual([1200, 500]);
    expect(rateSvg(RATE)).toContain('4.0 × usual');
    expect(alt).toBe(
      'orders: requests a minute over the last hour, until 11:00 UTC. Now 4,000, usual 1,000, ' +
        'that is 4.0 × usual; peak 4,000 at 10:59.',
    );
  });

  test('without a usual rate, or without data, it says only what is known', () => {
    const { baseline: _left, ...alone } = RATE;
    expect(rateAlt(alone)).not.toMatch(/usual/);
    expect(rateSvg({ ...RATE, baseline: 0 })).not.toMatch(/×/);
    expect(rateAlt({ ...RATE, points: [] })).toMatch(/There is no data\.$/);
  });
});
