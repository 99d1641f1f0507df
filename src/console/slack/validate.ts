import { LIMITS } from './limits.ts';
import { isObject } from './types.ts';
import { block, elementsOf, type Surface } from './validate/blocks.ts';
import { flag, keys, list, object, oneOf, Problems, string } from './validate/problems.ts';
import { PLAIN, text } from './validate/text.ts';

export type { Surface } from './validate/blocks.ts';

/**
 * Everything Slack would refuse in a list of blocks.
 * @param pointer where the list stands: `/blocks`, or `/view/blocks`
 * @returns sentences like `must be less than 3001 characters [json-pointer:/blocks/0/text/text]`; empty when fine
 */
export function validateBlocks(value: unknown, surface: Surface = 'message', pointer = '/blocks'): string[] {
  const problems = new Problems();
  checkBlocks(problems, value, surface, pointer);
  return problems.sentences();
}

/** Everything Slack would refuse in a view given to `views.open` and its like. */
export function validateView(value: unknown): string[] {
  const problems = new Problems();
  const view = object(problems, value, '/view');
  if (view === undefined) return problems.sentences();
  oneOf(problems, view.type, '/view/type', ['modal', 'home']);
  const isModal = view.type === 'modal';
  const optional = [
    ...['private_metadata', 'callback_id', 'external_id'],
    ...(isModal ? ['submit', 'close', 'clear_on_close', 'notify_on_close', 'submit_disabled'] : []),
  ];
  keys(problems, view, '/view', isModal ? ['type', 'title', 'blocks'] : ['type', 'blocks'], optional);
  text(problems, view.title, '/view/title', PLAIN, LIMITS.viewTitle);
  text(problems, view.submit, '/view/submit', PLAIN, LIMITS.viewButton);
  text(problems, view.close, '/view/close', PLAIN, LIMITS.viewButton);
  string(problems, view.private_metadata, '/view/private_metadata', { min: 0, max: LIMITS.privateMetadata });
  string(problems, view.callback_id, '/view/callback_id', { min: 0, max: LIMITS.callbackId });
  string(problems, view.external_id, '/view/external_id', { min: 0, max: LIMITS.externalId });
  flag(problems, view.clear_on_close, '/view/clear_on_close');
  flag(problems, view.notify_on_close, '/view/notify_on_close');
  checkBlocks(problems, view.blocks, isModal ? 'modal' : 'home', '/view/blocks');
  const hasInput =
    Array.isArray(view.blocks) && view.blocks.some((one) => isObject(one) && one.type === 'input');
  if (isModal && hasInput && view.submit === undefined) {
    problems.add('/view', 'missing required field: submit (a modal with input blocks needs one)');
  }
  return problems.sentences();
}

/** Everything Slack would refuse in old-style attachments. */
export function validateAttachments(value: unknown): string[] {
  const problems = new Problems();
  list(problems, value, '/attachments', { min: 0, max: LIMITS.attachments }, (item, at) => {
    const attachment = object(problems, item, at);
    if (attachment?.blocks !== undefined) checkBlocks(problems, attachment.blocks, 'message', `${at}/blocks`);
  });
  return problems.sentences();
}

/** Slack's code for faulty message metadata; nothing when it is fine. An empty object takes metadata away. */
export function metadataFault(value: unknown): 'invalid_metadata_format' | 'metadata_too_large' | undefined {
  if (!isObject(value)) return 'invalid_metadata_format';
  if (Object.keys(value).length === 0) return undefined;
  const known = Object.keys(value).every((key) => key === 'event_type' || key === 'event_payload');
  const typed = typeof value.event_type === 'string' && value.event_type !== '';
  if (!known || !typed || !isObject(value.event_payload)) return 'invalid_metadata_format';
  return Buffer.byteLength(JSON.stringify(value)) > LIMITS.metadataBytes ? 'metadata_too_large' : undefined;
}

function checkBlocks(problems: Problems, value: unknown, surface: Surface, pointer: string): void {
  const max = surface === 'message' ? LIMITS.blocksInMessage : LIMITS.blocksInView;
  list(problems, value, pointer, { min: 0, max }, (item, at) => block(problems, item, at, surface));
  if (!Array.isArray(value)) return;
  const blockIds = new Set<string>();
  const counts = { focus: 0, table: 0, markdown: 0 };
  value.forEach((found: unknown, index) => {
    if (!isObject(found)) return;
    const at = `${pointer}/${index}`;
    if (typeof found.block_id === 'string') {
      if (blockIds.has(found.block_id))
        problems.add(`${at}/block_id`, `\`block_id\` "${found.block_id}" already exists`);
      blockIds.add(found.block_id);
    }
    if (found.type === 'table') counts.table += 1;
    if (found.type === 'markdown' && typeof found.text === 'string') counts.markdown += found.text.length;
    const actionIds = new Set<string>();
    for (const { element, at: within } of elementsOf(found)) {
      if (element.focus_on_load === true) counts.focus += 1;
      const actionId = element.action_id;
      if (typeof actionId !== 'string') continue;
      if (actionIds.has(actionId)) {
        problems.add(`${at}${within}/action_id`, `\`action_id\` "${actionId}" already exists in this block`);
      }
      actionIds.add(actionId);
    }
  });
  if (counts.focus > 1) problems.add(pointer, 'only one element may have focus_on_load');
  if (counts.table > 1) problems.add(pointer, 'only one table block is allowed');
  if (counts.markdown > LIMITS.markdownTextTotal) {
    problems.add(
      pointer,
      `markdown text must be less than ${LIMITS.markdownTextTotal + 1} characters in all`,
    );
  }
}
