import type { JsonObject } from '../types.ts';
import { address, integer, keys, list, object, oneOf, type Problems, string } from './problems.ts';

/** What each kind of inline piece must carry. */
const INLINE: { readonly [type: string]: { required: readonly string[]; optional: readonly string[] } } = {
  text: { required: ['text'], optional: [] },
  link: { required: ['url'], optional: ['text', 'unsafe'] },
  emoji: { required: ['name'], optional: ['unicode', 'skin_tone', 'url'] },
  user: { required: ['user_id'], optional: [] },
  channel: { required: ['channel_id'], optional: [] },
  usergroup: { required: ['usergroup_id'], optional: [] },
  team: { required: ['team_id'], optional: [] },
  broadcast: { required: ['range'], optional: [] },
  color: { required: ['value'], optional: [] },
  date: { required: ['timestamp', 'format'], optional: ['url', 'fallback'] },
};

const STYLES = ['bold', 'italic', 'strike', 'code', 'underline', 'highlight', 'client_highlight', 'unlink'];

function inline(problems: Problems, value: unknown, pointer: string): void {
  const found = object(problems, value, pointer);
  if (found === undefined) return;
  const rules = typeof found.type === 'string' ? INLINE[found.type] : undefined;
  if (rules === undefined) {
    problems.add(`${pointer}/type`, `unsupported type: ${String(found.type)}`);
    return;
  }
  keys(problems, found, pointer, ['type', ...rules.required], ['style', ...rules.optional]);
  string(problems, found.text, `${pointer}/text`);
  string(problems, found.name, `${pointer}/name`);
  address(problems, found.type === 'link' ? found.url : undefined, `${pointer}/url`, 3_000);
  oneOf(problems, found.range, `${pointer}/range`, ['here', 'channel', 'everyone']);
  if (found.style !== undefined) {
    const style = object(problems, found.style, `${pointer}/style`);
    if (style !== undefined) keys(problems, style, `${pointer}/style`, [], STYLES);
  }
}

function pieces(problems: Problems, value: unknown, pointer: string): void {
  list(problems, value, pointer, { min: 0 }, (item, at) => inline(problems, item, at));
}

function part(problems: Problems, value: unknown, pointer: string): void {
  const found = object(problems, value, pointer);
  if (found === undefined) return;
  switch (found.type) {
    case 'rich_text_section':
      keys(problems, found, pointer, ['type', 'elements'], []);
      pieces(problems, found.elements, `${pointer}/elements`);
      break;
    case 'rich_text_quote':
    case 'rich_text_preformatted':
      keys(problems, found, pointer, ['type', 'elements'], ['border', 'language']);
      pieces(problems, found.elements, `${pointer}/elements`);
      break;
    case 'rich_text_list':
      keys(problems, found, pointer, ['type', 'elements', 'style'], ['indent', 'offset', 'border']);
      oneOf(problems, found.style, `${pointer}/style`, ['bullet', 'ordered']);
      integer(problems, found.indent, `${pointer}/indent`, { min: 0, max: 8 });
      list(problems, found.elements, `${pointer}/elements`, {}, (item, at) => {
        const section = object(problems, item, at);
        if (section !== undefined) pieces(problems, section.elements, `${at}/elements`);
      });
      break;
    default:
      problems.add(`${pointer}/type`, `unsupported type: ${String(found.type)}`);
  }
}

/** What a rich_text block, or a table's cell of that type, holds. */
export function richText(problems: Problems, block: JsonObject, pointer: string): void {
  list(problems, block.elements, `${pointer}/elements`, {}, (item, at) => part(problems, item, at));
}
