import { LIMITS } from '../limits.ts';
import { isObject, type JsonObject } from '../types.ts';
import { flag, keys, list, object, oneOf, type Problems, string } from './problems.ts';
import { richText } from './richText.ts';

function cell(problems: Problems, value: unknown, pointer: string): void {
  const found = object(problems, value, pointer);
  if (found === undefined) return;
  if (found.type === 'raw_text') {
    keys(problems, found, pointer, ['type', 'text'], []);
    string(problems, found.text, `${pointer}/text`);
  } else if (found.type === 'raw_number') {
    keys(problems, found, pointer, ['type', 'value'], ['text']);
  } else if (found.type === 'rich_text') {
    keys(problems, found, pointer, ['type', 'elements'], ['block_id']);
    richText(problems, found, pointer);
  } else {
    problems.add(`${pointer}/type`, `unsupported type: ${String(found.type)}`);
  }
}

/** A table: rows of cells, its settings by column. */
export function table(problems: Problems, block: JsonObject, pointer: string): void {
  list(problems, block.rows, `${pointer}/rows`, { max: LIMITS.tableRows }, (row, at) =>
    list(problems, row, at, { max: LIMITS.tableColumns }, (item, itemAt) => cell(problems, item, itemAt)),
  );
  list(
    problems,
    block.column_settings,
    `${pointer}/column_settings`,
    { max: LIMITS.tableColumns },
    (item, at) => {
      if (item === null) return; // Slack takes null for "as it is"
      const settings = object(problems, item, at);
      if (settings === undefined) return;
      keys(problems, settings, at, [], ['align', 'is_wrapped']);
      oneOf(problems, settings.align, `${at}/align`, ['left', 'center', 'right']);
      flag(problems, settings.is_wrapped, `${at}/is_wrapped`);
    },
  );
  if (textLength(block.rows) > LIMITS.tableText) {
    problems.add(`${pointer}/rows`, `must be less than ${LIMITS.tableText + 1} characters`);
  }
}

/** All the text below a value, added up. */
function textLength(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + textLength(item), 0);
  if (!isObject(value)) return 0;
  const own = typeof value.text === 'string' ? value.text.length : 0;
  return own + textLength(value.elements);
}
