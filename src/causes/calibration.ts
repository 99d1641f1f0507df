/**
 * Share of the fault lab's runs in which a cause of at least this weight was right, the highest weight
 * first, rounded. Weights order causes; only this makes a probability of them. Taken from runs with other
 * seeds (7 and 13) than those that docs/diagnosis.md holds it against, by the rule of succession, so that no
 * number of runs makes it 1. The third says only that three runs are too few to tell.
 */
const CALIBRATION: readonly { readonly from: number; readonly right: number }[] = [
  { from: 0.8, right: 0.99 },
  { from: 0.6, right: 0.9 },
  { from: 0.45, right: 0.5 },
  { from: 0, right: 0.03 },
];

/** What a weight is worth: the share of lab runs in which it was right, 0 to 1. Never falls as it grows. */
export function probabilityOf(weight: number): number {
  return CALIBRATION.find((bin) => weight >= bin.from)?.right ?? 0;
}

/** The word for a probability. */
export function confidenceOf(probability: number): 'certain' | 'likely' | 'possible' {
  if (probability >= 0.95) return 'certain';
  return probability >= 0.6 ? 'likely' : 'possible';
}
