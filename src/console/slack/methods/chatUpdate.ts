import { isEmpty, readContent, readMetadata } from '../content.ts';
import { SlackError } from '../errors.ts';
import { messageObject } from '../present.ts';
import type { Message } from '../types.ts';
import { channelById, type Method } from './method.ts';

/**
 * docs.slack.dev/reference/methods/chat.update. Blocks left out stay only when text is left out too; text alone
 * takes them away. Metadata left out stays; an empty object takes it away. Attachments left out stay.
 */
export const chatUpdate: Method = {
  name: 'chat.update',
  scope: 'chat:write',
  tier: 3,
  run: (args, context) => {
    const { workspace, baseUrl } = context;
    const channel = channelById(args, context);
    const before = workspace.message(channel.id, args.required('ts'));
    if (before === undefined) throw new SlackError('message_not_found');
    if (before.bot_id !== workspace.app.botId) throw new SlackError('cant_update_message');
    const content = readContent(args, workspace, baseUrl);
    const given = content.text ?? content.blocks ?? content.attachments;
    const { given: metadataGiven, metadata } = readMetadata(args);
    if (given === undefined && !metadataGiven) throw new SlackError('no_text');

    const {
      blocks: oldBlocks,
      attachments: oldAttachments,
      metadata: oldMetadata,
      edited: _edited,
      ...rest
    } = before;
    const blocks = content.blocks ?? (content.text === undefined ? oldBlocks : undefined);
    const attachments = content.attachments ?? oldAttachments;
    const kept = metadataGiven ? metadata : oldMetadata;
    const ofText = content.blocks === undefined && content.text !== undefined;
    const after: Message = {
      ...rest,
      text: content.text ?? before.text,
      ...(blocks?.length ? { blocks } : {}),
      ...(attachments?.length ? { attachments } : {}),
      ...(kept === undefined ? {} : { metadata: kept }),
      ...(ofText
        ? { edited: { user: workspace.app.botUserId, ts: `${Math.floor(workspace.now() / 1_000)}.000000` } }
        : {}),
    };
    if (isEmpty(after)) throw new SlackError('no_text');
    const saved = workspace.save(after);
    return {
      channel: channel.id,
      ts: saved.ts,
      text: saved.text,
      message: messageObject(workspace, saved, { metadata: true, baseUrl }),
    };
  },
};
