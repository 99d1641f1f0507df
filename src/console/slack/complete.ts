import { shortId } from './identifiers.ts';
import { type Block, isObject, type JsonObject } from './types.ts';
import { ALLOWED_IN } from './validate/elements.ts';

const INTERACTIVE = new Set<string>([...ALLOWED_IN.actions, ...ALLOWED_IN.input]);

/**
 * What Slack makes of blocks when it takes them: each gets a block_id, each interactive element an action_id, each
 * text its defaults. Apps get them back in this form, so tests that compare must meet it here too.
 * @param blocks validated blocks
 */
export function completeBlocks(blocks: readonly unknown[]): Block[] {
  return blocks.filter(isObject).map((block) => {
    const completed = completeObject(block);
    return { ...completed, type: String(block.type), block_id: String(block.block_id ?? shortId()) };
  });
}

function completeValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(completeValue);
  return isObject(value) ? completeObject(value) : value;
}

function completeObject(value: JsonObject): JsonObject {
  const entries = Object.entries(value).map(([key, inner]) => [key, completeValue(inner)] as const);
  const completed: JsonObject = Object.fromEntries(entries);
  if (value.type === 'mrkdwn') return { verbatim: false, ...completed };
  if (value.type === 'plain_text') return { emoji: true, ...completed };
  if (typeof value.type === 'string' && INTERACTIVE.has(value.type))
    return { action_id: shortId(), ...completed };
  return completed;
}
