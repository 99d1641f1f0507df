import type { Arguments } from './arguments.ts';
import { completeBlocks } from './complete.ts';
import { SlackError } from './errors.ts';
import { isTimestamp } from './identifiers.ts';
import { LIMITS } from './limits.ts';
import { fileUrl } from './present.ts';
import { type Block, isObject, type JsonObject, type Metadata } from './types.ts';
import { metadataFault, validateAttachments, validateBlocks } from './validate.ts';
import type { Workspace } from './workspace.ts';

/** What a message says, once Slack has accepted it. An empty list means "there shall be none". */
export interface Content {
  readonly text?: string;
  readonly blocks?: readonly Block[];
  readonly attachments?: readonly JsonObject[];
}

/**
 * Reads and checks text, blocks and attachments.
 * @param baseUrl for the addresses of uploaded files
 * @throws SlackError msg_too_long, invalid_blocks_format, invalid_blocks, invalid_attachments, markdown_text_conflict
 */
export function readContent(args: Arguments, workspace: Workspace, baseUrl: string): Content {
  const blocks = args.json('blocks', 'invalid_blocks_format');
  const attachments = args.json('attachments', 'invalid_attachments');
  const markdown = args.text('markdown_text');
  const text = args.text('text');
  if (markdown !== undefined && (text !== undefined || blocks !== undefined)) {
    throw new SlackError('markdown_text_conflict');
  }
  if ((text ?? '').length > LIMITS.messageText || (markdown ?? '').length > LIMITS.markdownTextTotal) {
    throw new SlackError('msg_too_long');
  }
  if (blocks !== undefined && !Array.isArray(blocks)) throw new SlackError('invalid_blocks_format');
  const checked = blocks === undefined ? undefined : acceptBlocks(blocks, workspace, baseUrl);
  return {
    ...contentText(text, markdown),
    ...(checked === undefined ? {} : { blocks: checked }),
    ...(markdown === undefined ? {} : { blocks: completeBlocks([{ type: 'markdown', text: markdown }]) }),
    ...(attachments === undefined ? {} : { attachments: acceptAttachments(attachments) }),
  };
}

function contentText(text: string | undefined, markdown: string | undefined): { text?: string } {
  const said = text ?? markdown;
  return said === undefined ? {} : { text: said };
}

/** Validated and completed blocks. @throws SlackError invalid_blocks with the pointers */
export function acceptBlocks(blocks: readonly unknown[], workspace: Workspace, baseUrl: string): Block[] {
  const messages = [...validateBlocks(blocks), ...missingFiles(blocks, workspace, baseUrl)];
  if (messages.length > 0) throw new SlackError('invalid_blocks', { messages });
  return completeBlocks(blocks);
}

function acceptAttachments(attachments: unknown): JsonObject[] {
  if (!Array.isArray(attachments)) throw new SlackError('invalid_attachments');
  if (attachments.length > LIMITS.attachments) throw new SlackError('too_many_attachments');
  const messages = validateAttachments(attachments);
  if (messages.length > 0) throw new SlackError('invalid_blocks', { messages });
  return attachments.filter(isObject).map((one, index) => ({
    id: index + 1,
    ...one,
    ...(Array.isArray(one.blocks) ? { blocks: completeBlocks(one.blocks) } : {}),
  }));
}

/** Pictures by `slack_file` must have been uploaded before. */
function missingFiles(blocks: readonly unknown[], workspace: Workspace, baseUrl: string): string[] {
  return blocks.flatMap((block, index) => {
    if (!isObject(block) || block.type !== 'image' || !isObject(block.slack_file)) return [];
    const { id, url } = block.slack_file;
    const named = String(id ?? String(url).split('/').at(-2));
    const file = workspace.file(named);
    const fits = file?.complete && (id !== undefined || url === fileUrl(baseUrl, file));
    return fits ? [] : [`invalid slack file [json-pointer:/blocks/${index}/slack_file]`];
  });
}

/** True when there is nothing to see in it. */
export function isEmpty(content: Content): boolean {
  return !content.text && !content.blocks?.length && !content.attachments?.length;
}

/** The metadata argument: nothing when absent or taken away. @throws SlackError invalid_metadata_format */
export function readMetadata(args: Arguments): { readonly given: boolean; readonly metadata?: Metadata } {
  const value = args.json('metadata', 'invalid_metadata_format');
  if (value === undefined) return { given: false };
  const fault = metadataFault(value);
  if (fault !== undefined) throw new SlackError(fault);
  const { event_type, event_payload } = value as Partial<Metadata>;
  if (event_type === undefined || event_payload === undefined) return { given: true };
  return { given: true, metadata: { event_type, event_payload } };
}

/**
 * The thread a message goes to, if any.
 * @throws SlackError invalid_thread_ts, thread_not_found, cannot_reply_to_message (the ts of a reply was given)
 */
export function readThread(args: Arguments, workspace: Workspace, channel: string): string | undefined {
  const ts = args.text('thread_ts');
  if (ts === undefined) return undefined;
  if (!isTimestamp(ts))
    throw new SlackError('invalid_thread_ts', { messages: [`${ts} is not a valid thread_ts`] });
  const parent = workspace.message(channel, ts);
  if (parent === undefined) {
    if (workspace.thread(channel, ts).length > 0) return ts; // the parent was deleted, its thread lives on
    throw new SlackError('thread_not_found');
  }
  if (parent.thread_ts !== undefined && parent.thread_ts !== ts)
    throw new SlackError('cannot_reply_to_message');
  return ts;
}
