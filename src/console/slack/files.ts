import type { Workspace } from './workspace.ts';

/** The pictures a page may show as such; everything else is only downloaded. */
const MIMETYPES: { readonly [extension: string]: string } = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
};

/** A file's type by the end of its name. */
export function mimetypeOf(name: string): string {
  return MIMETYPES[name.split('.').at(-1)?.toLowerCase() ?? ''] ?? 'application/octet-stream';
}

/** What the upload address answers. */
export interface UploadAnswer {
  readonly status: number;
  readonly body: string;
}

/**
 * Takes the bytes posted to an upload address: raw, or as one part of a form, which is what `@slack/web-api` sends.
 * @returns 200 `OK - <bytes>` as Slack does; 404 for an unknown or used address; 400 when the length differs from
 *   the one announced
 */
export async function receiveUpload(
  workspace: Workspace,
  fileId: string,
  contentType: string,
  body: Buffer,
): Promise<UploadAnswer> {
  const file = workspace.file(fileId);
  if (file === undefined || file.complete) return { status: 404, body: 'no such upload' };
  const bytes = contentType.startsWith('multipart/form-data') ? await filePart(contentType, body) : body;
  if (bytes === undefined) return { status: 400, body: 'the form holds no file' };
  if (bytes.length !== file.size) {
    return { status: 400, body: `announced ${file.size} bytes, received ${bytes.length}` };
  }
  workspace.saveFileBytes(fileId, bytes);
  return { status: 200, body: `OK - ${bytes.length}` };
}

async function filePart(contentType: string, body: Buffer): Promise<Buffer | undefined> {
  const response = new Response(new Uint8Array(body), { headers: { 'content-type': contentType } });
  const form = await response.formData().catch(() => undefined);
  for (const value of form?.values() ?? []) {
    if (typeof value !== 'string') return Buffer.from(await value.arrayBuffer());
  }
  return undefined;
}
