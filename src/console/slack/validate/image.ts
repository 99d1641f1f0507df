import { LIMITS } from '../limits.ts';
import type { JsonObject } from '../types.ts';
import { address, keys, object, type Problems, string } from './problems.ts';

/** What every picture needs, block or element: words for those who cannot see it, and exactly one source. */
export function picture(problems: Problems, image: JsonObject, pointer: string): void {
  if (image.alt_text === undefined) problems.add(pointer, 'missing required field: alt_text');
  string(problems, image.alt_text, `${pointer}/alt_text`, { max: LIMITS.altText });
  if ((image.image_url === undefined) === (image.slack_file === undefined)) {
    problems.add(pointer, 'must provide exactly one of image_url or slack_file');
  }
  address(problems, image.image_url, `${pointer}/image_url`, LIMITS.url);
  if (image.slack_file === undefined) return;
  const file = object(problems, image.slack_file, `${pointer}/slack_file`);
  if (file === undefined) return;
  keys(problems, file, `${pointer}/slack_file`, [], ['id', 'url']);
  if ((file.id === undefined) === (file.url === undefined)) {
    problems.add(`${pointer}/slack_file`, 'must provide exactly one of id or url');
  }
  string(problems, file.id, `${pointer}/slack_file/id`);
  address(problems, file.url, `${pointer}/slack_file/url`, LIMITS.url);
}

/** A small picture in a context or beside a section. */
export function imageElement(problems: Problems, image: JsonObject, pointer: string): void {
  keys(problems, image, pointer, ['type'], ['alt_text', 'image_url', 'slack_file']);
  picture(problems, image, pointer);
}
