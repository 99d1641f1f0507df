/** 0 up to `from`, 1 from `to` on, straight between; what is no number counts as 0. */
export function ramp(value: number | undefined, from: number, to: number): number {
  if (value === undefined || Number.isNaN(value)) return 0;
  return Math.min(1, Math.max(0, (value - from) / (to - from)));
}

/** `part` of `whole`, 0 to 1; 0 of nothing. */
export function share(part: number, whole: number): number {
  return whole > 0 ? Math.min(1, Math.max(0, part / whole)) : 0;
}
