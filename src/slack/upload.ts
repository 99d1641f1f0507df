import type { webApi } from '@slack/bolt';
import { Later } from '../effects/handler.ts';
import { agentsFor } from '../outward/agents.ts';
import { slackError, slackFailure } from './errors.ts';

/** A file for a thread. */
export interface Upload {
  /** The channel's id; a name is not taken here. */
  readonly channel: string;
  readonly threadTs: string;
  readonly bytes: Buffer;
  readonly filename: string;
  readonly title: string;
  /** Of a picture: read out by screen readers; at most 1,000 characters are kept. */
  readonly alt?: string;
}

/** The workspace takes no files from us: say it in text instead. `code` is Slack's. */
export class FilesRefused extends Error {
  readonly code: string;

  constructor(code: string, cause: unknown) {
    super(`Slack takes no files from us (${code}): grant files:write or allow uploads to have charts`, {
      cause,
    });
    this.name = 'FilesRefused';
    this.code = code;
  }
}

/**
 * Codes that will not pass by waiting: the workspace or its administrator wants no files from this app.
 * https://docs.slack.dev/reference/methods/files.getUploadURLExternal#errors
 */
const REFUSING: ReadonlySet<string> = new Set([
  'missing_scope',
  'no_permission',
  'not_allowed_token_type',
  'file_uploads_disabled',
  'file_uploads_except_images_disabled',
  'file_upload_size_restricted',
  'blocked_file_type',
  'slack_connect_file_uploads_disabled',
  'slack_connect_file_upload_sharing_blocked',
  'slack_connect_blocked_file_type',
  'storage_limit_reached',
  'unknown_method',
  'posting_to_general_channel_denied',
]);

/** Slack's limit of an alternative text. */
const LONGEST_ALT = 1_000;

/** Sending a hundred kilobytes takes no longer, or the connection is of no use. */
const SEND_TIMEOUT_MS = 10_000;

/**
 * Puts a file into a thread: asks for an address, sends the bytes there, has it shared.
 *
 * Run again after an uncertain outcome it uploads again, so that at worst it stands there twice;
 * nothing is shared before the last step.
 *
 * @throws FilesRefused when this workspace takes no files, Later or Hopeless as `slackFailure` has it
 */
export async function uploadFile(
  client: webApi.WebClient,
  upload: Upload,
): Promise<{ readonly fileId: string }> {
  const { filename, bytes, title, channel, threadTs, alt } = upload;
  const address = await call(() =>
    client.files.getUploadURLExternal({
      filename,
      length: bytes.length,
      ...(alt === undefined ? {} : { alt_text: cut(alt, LONGEST_ALT) }),
    }),
  );
  const { upload_url: url, file_id: fileId } = address;
  if (url === undefined || fileId === undefined) throw new Later('Slack: gave no address for the upload');
  await send(url, bytes);
  await call(() =>
    client.files.completeUploadExternal({
      files: [{ id: fileId, title }],
      channel_id: channel,
      thread_ts: threadTs,
    }),
  );
  return { fileId };
}

async function call<T>(method: () => Promise<T>): Promise<T> {
  try {
    return await method();
  } catch (error) {
    const code = slackError(error);
    if (code !== undefined && REFUSING.has(code)) throw new FilesRefused(code, error);
    throw slackFailure(error);
  }
}

/** The address is a secret for whoever has it can write there: it stands in no message and no cause. */
async function send(url: string, bytes: Buffer): Promise<void> {
  // Loaded with the first file: most of the time there is none to send.
  const { default: axios } = await import('axios');
  const status = await axios
    .post<unknown>(url, bytes, {
      ...agentsFor({}),
      timeout: SEND_TIMEOUT_MS,
      signal: AbortSignal.timeout(SEND_TIMEOUT_MS),
      maxRedirects: 0,
      validateStatus: () => true,
      headers: { 'content-type': 'application/octet-stream' },
    })
    .then((answer) => answer.status)
    .catch(() => undefined);
  if (status === undefined) throw new Later('Slack: the file could not be sent');
  if (status !== 200) throw new Later(`Slack: the file was not taken (HTTP ${status})`);
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}
