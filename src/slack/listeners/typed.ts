import type { Actor } from '../../incident/people.ts';
import type { Desk, PoolDesk } from '../desk.ts';
import type { View } from '../views/blocks.ts';
import type { Answer } from './press.ts';

/** What a typed command has to work with. */
export interface Typed {
  readonly desk: Desk;
  readonly actor: Actor;
  readonly words: readonly string[];
  readonly channel: { readonly id: string; readonly name: string };
}

/** What a typed command answers. */
export type Reply = View | Answer;

/** The pool that is meant: the one named, the only one there is, or the only one of this channel. */
export function poolFor(
  desk: Desk,
  wanted: string | undefined,
  channel: Typed['channel'],
): PoolDesk | undefined {
  if (wanted !== undefined) return desk.pools.get(wanted);
  const all = [...desk.pools.values()];
  if (all.length === 1) return all[0];
  const here = all.filter((pool) => pool.channel === `#${channel.name}` || pool.channel === channel.id);
  return here.length === 1 ? here[0] : undefined;
}

/** Which pools there are, for the one who named none or another. */
export function unknownPool(desk: Desk, wanted: string | undefined): { text: string } {
  const names = [...desk.pools.keys()].map((name) => `\`${name}\``).join(', ');
  if (names === '') return { text: 'No pool is configured; add one to lifeguard.yaml under `pools`.' };
  return {
    text:
      wanted === undefined
        ? `Which pool? Add its name: ${names}.`
        : `There is no pool of that name. Configured: ${names}.`,
  };
}
