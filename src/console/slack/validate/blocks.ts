import { LIMITS } from '../limits.ts';
import { isObject, type JsonObject } from '../types.ts';
import { element } from './elements.ts';
import { imageElement, picture } from './image.ts';
import { address, flag, keys, list, object, type Problems, string } from './problems.ts';
import { richText } from './richText.ts';
import { table } from './table.ts';
import { ANY_TEXT, PLAIN, text } from './text.ts';

/** Where blocks are shown; not every block may stand everywhere. */
export type Surface = 'message' | 'modal' | 'home';

interface BlockRules {
  readonly required: readonly string[];
  readonly optional?: readonly string[];
  readonly surfaces?: readonly Surface[];
  readonly check?: (problems: Problems, block: JsonObject, pointer: string) => void;
}

function section(problems: Problems, block: JsonObject, pointer: string): void {
  if (block.text === undefined && block.fields === undefined) {
    problems.add(pointer, 'missing required field: text');
  }
  text(problems, block.text, `${pointer}/text`, ANY_TEXT, LIMITS.sectionText);
  list(problems, block.fields, `${pointer}/fields`, { max: LIMITS.sectionFields }, (item, at) =>
    text(problems, item, at, ANY_TEXT, LIMITS.sectionField),
  );
  if (block.accessory !== undefined) element(problems, block.accessory, `${pointer}/accessory`, 'section');
  flag(problems, block.expand, `${pointer}/expand`);
}

function context(problems: Problems, block: JsonObject, pointer: string): void {
  list(problems, block.elements, `${pointer}/elements`, { max: LIMITS.contextElements }, (item, at) => {
    const found = object(problems, item, at);
    if (found?.type === 'image') imageElement(problems, found, at);
    else if (found !== undefined) text(problems, found, at, ANY_TEXT, LIMITS.contextText);
  });
}

function input(problems: Problems, block: JsonObject, pointer: string): void {
  text(problems, block.label, `${pointer}/label`, PLAIN, LIMITS.inputLabel);
  text(problems, block.hint, `${pointer}/hint`, PLAIN, LIMITS.inputHint);
  flag(problems, block.optional, `${pointer}/optional`);
  flag(problems, block.dispatch_action, `${pointer}/dispatch_action`);
  if (block.element !== undefined) element(problems, block.element, `${pointer}/element`, 'input');
}

function video(problems: Problems, block: JsonObject, pointer: string): void {
  address(problems, block.video_url, `${pointer}/video_url`, LIMITS.url);
  address(problems, block.thumbnail_url, `${pointer}/thumbnail_url`, LIMITS.url);
  address(problems, block.title_url, `${pointer}/title_url`, LIMITS.url);
  string(problems, block.alt_text, `${pointer}/alt_text`, { max: LIMITS.altText });
  text(problems, block.title, `${pointer}/title`, PLAIN, LIMITS.videoTitle);
  text(problems, block.description, `${pointer}/description`, PLAIN, LIMITS.videoDescription);
  string(problems, block.author_name, `${pointer}/author_name`, { max: LIMITS.videoAuthor });
}

/**
 * The blocks this stand-in knows. Slack has a few more (cards, plans, containers, feedback buttons): nothing in this
 * project sends them, so they are refused rather than let through unchecked.
 */
const RULES: { readonly [type: string]: BlockRules } = {
  section: { required: [], optional: ['text', 'fields', 'accessory', 'expand'], check: section },
  divider: { required: [] },
  header: {
    required: ['text'],
    optional: ['level'],
    check: (problems, block, pointer) =>
      text(problems, block.text, `${pointer}/text`, PLAIN, LIMITS.headerText),
  },
  context: { required: ['elements'], check: context },
  actions: {
    required: ['elements'],
    check: (problems, block, pointer) =>
      list(problems, block.elements, `${pointer}/elements`, { max: LIMITS.actionsElements }, (item, at) =>
        element(problems, item, at, 'actions'),
      ),
  },
  image: {
    required: [],
    optional: ['alt_text', 'image_url', 'slack_file', 'title'],
    check: (problems, block, pointer) => {
      picture(problems, block, pointer);
      text(problems, block.title, `${pointer}/title`, PLAIN, LIMITS.imageTitle);
    },
  },
  input: { required: ['label', 'element'], optional: ['hint', 'optional', 'dispatch_action'], check: input },
  rich_text: { required: ['elements'], check: richText },
  markdown: {
    required: ['text'],
    surfaces: ['message'],
    check: (problems, block, pointer) =>
      string(problems, block.text, `${pointer}/text`, { max: LIMITS.markdownTextTotal }),
  },
  table: { required: ['rows'], optional: ['column_settings'], surfaces: ['message'], check: table },
  video: {
    required: ['video_url', 'thumbnail_url', 'alt_text', 'title'],
    optional: ['title_url', 'author_name', 'provider_name', 'provider_icon_url', 'description'],
    check: video,
  },
};

/** One block. */
export function block(problems: Problems, value: unknown, pointer: string, surface: Surface): void {
  const found = object(problems, value, pointer);
  if (found === undefined) return;
  const rules = typeof found.type === 'string' ? RULES[found.type] : undefined;
  if (rules === undefined || !(rules.surfaces ?? [surface]).includes(surface)) {
    problems.add(`${pointer}/type`, `unsupported type: ${String(found.type)}`);
    return;
  }
  keys(problems, found, pointer, ['type', ...rules.required], ['block_id', ...(rules.optional ?? [])]);
  string(problems, found.block_id, `${pointer}/block_id`, { max: LIMITS.blockId });
  rules.check?.(problems, found, pointer);
}

/** The interactive elements of a block with the pointer to each. */
export function elementsOf(found: JsonObject): { element: JsonObject; at: string }[] {
  const listed: unknown[] = Array.isArray(found.elements) && found.type === 'actions' ? found.elements : [];
  const all = [
    ...listed.map((one, index) => ({ element: one, at: `/elements/${index}` })),
    { element: found.accessory, at: '/accessory' },
    { element: found.type === 'input' ? found.element : undefined, at: '/element' },
  ];
  return all.flatMap(({ element: one, at }) => (isObject(one) ? [{ element: one, at }] : []));
}
