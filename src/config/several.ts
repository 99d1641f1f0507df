/** Parts shorter than this are words of one secret and not secrets of their own. */
const SHORTEST_OF_SEVERAL = 16;

/**
 * The secrets in a setting: several with blanks between while one is being changed for another. A pass phrase, whose
 * words are short, is one.
 */
export function secretsIn(setting: string): string[] {
  const parts = setting.split(/\s+/).filter((part) => part !== '');
  return parts.length > 1 && parts.every((part) => part.length >= SHORTEST_OF_SEVERAL) ? parts : [setting];
}
