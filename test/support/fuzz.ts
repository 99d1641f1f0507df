/** How many times as many cases as usual: LIFEGUARD_TEST_FUZZ, of which `npm run test:fuzz` makes use. */
const TIMES = Number(process.env.LIFEGUARD_TEST_FUZZ ?? 1);

/** The number of cases of a property that feeds a parser, for fast-check's `numRuns`. */
export function runs(usual: number): number {
  return Math.ceil(usual * TIMES);
}
