import { SlackError } from '../errors.ts';
import { mimetypeOf } from '../files.ts';
import type { Method } from './method.ts';

const MILLISECONDS_PER_SECOND = 1_000;

/** docs.slack.dev/reference/methods/files.getUploadURLExternal: the first of three steps. */
export const filesGetUploadURLExternal: Method = {
  name: 'files.getUploadURLExternal',
  scope: 'files:write',
  tier: 4,
  run: (args, { workspace, baseUrl }) => {
    const name = args.required('filename');
    args.required('length');
    const size = args.number('length', 0, 0);
    if (size === 0)
      throw new SlackError('invalid_arguments', { messages: ['length must be greater than 0'] });
    const file = workspace.saveFile({
      id: workspace.freshId('F'),
      name,
      title: name,
      mimetype: mimetypeOf(name),
      size,
      alt_txt: args.text('alt_txt') ?? args.text('alt_text') ?? '',
      created: Math.floor(workspace.now() / MILLISECONDS_PER_SECOND),
      channels: [],
      complete: false,
    });
    return { upload_url: `${baseUrl}/slack/upload/${file.id}`, file_id: file.id };
  },
};
