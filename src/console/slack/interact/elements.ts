import { type Block, isObject, type JsonObject } from '../types.ts';
import { elementsOf } from '../validate/blocks.ts';

/** An interactive element and the block it stands in. */
export interface Located {
  readonly blockId: string;
  readonly actionId: string;
  readonly type: string;
  readonly element: JsonObject;
  readonly block: Block;
}

/** How a person points at an element. */
export interface Pointing {
  readonly blockId?: string;
  readonly actionId?: string;
  /** The words on a button, without the emoji before them. */
  readonly text?: string;
  readonly value?: string;
}

/** Every interactive element of some blocks, in the order they are read. */
export function interactiveElements(blocks: readonly Block[]): Located[] {
  return blocks.flatMap((block) =>
    elementsOf(block)
      .filter(({ element }) => element.type !== 'image')
      .map(({ element }) => ({
        blockId: block.block_id ?? '',
        actionId: String(element.action_id ?? ''),
        type: String(element.type),
        element,
        block,
      })),
  );
}

/**
 * The first element that fits everything given.
 * @throws Error naming the elements there are, when none fits
 */
export function findElement(blocks: readonly Block[], pointing: Pointing): Located {
  const all = interactiveElements(blocks);
  const found = all.find(
    (one) =>
      (pointing.blockId === undefined || one.blockId === pointing.blockId) &&
      (pointing.actionId === undefined || one.actionId === pointing.actionId) &&
      (pointing.text === undefined || buttonText(one.element) === pointing.text) &&
      (pointing.value === undefined || one.element.value === pointing.value),
  );
  if (found !== undefined) return found;
  const there = all.map((one) => buttonText(one.element) || one.actionId).join(', ');
  throw new Error(`no element fits ${JSON.stringify(pointing)}; there are: ${there === '' ? 'none' : there}`);
}

/** A button's words without an emoji (the character or its `:name:`) in front. */
export function buttonText(element: JsonObject): string {
  const text = isObject(element.text) ? String(element.text.text ?? '') : '';
  return text
    .replace(
      /^(?:(?::[a-z0-9_+'-]+:|\p{Extended_Pictographic}|\p{Regional_Indicator}|[\u200d\ufe0f])\s*)+/u,
      '',
    )
    .trim();
}
