import type { Definition, Link, ListItem, RootContent } from 'mdast';
import type { Findings } from './fault.ts';
import { lineOf } from './markdown.ts';
import { type Part, partsOf } from './outline.ts';
import { lineOfText, textOfItem } from './prose.ts';
import type { Change, Prevention, RelatedAlert, RootCauseGroup, RunbookLink } from './types.ts';

/** An item of a list, on one line. */
export interface Item {
  readonly text: string;
  readonly line: number;
  readonly node: ListItem;
}

/** The items of all lists among the blocks; lists within items are left to them. */
export function itemsOf(blocks: readonly RootContent[]): readonly Item[] {
  return blocks.flatMap((block) =>
    block.type === 'list'
      ? block.children.map((node) => ({ text: textOfItem(node), line: lineOf(node), node }))
      : [],
  );
}

/** What stands before and behind the first colon; without one, all of it is the key. */
export function keyAndValue(text: string): { readonly key: string; readonly value: string } {
  const colon = text.indexOf(':');
  if (colon < 0) return { key: text.trim(), value: '' };
  return { key: text.slice(0, colon).trim(), value: text.slice(colon + 1).trim() };
}

/** A section that is a list of sentences. */
export function readItems(part: Part | undefined, findings: Findings): readonly string[] {
  if (part === undefined) return [];
  const items = itemsOf(part.blocks).map(({ text }) => text);
  if (items.length === 0) findings.fault(part.line, `section \`${part.title}\` needs a list with \`-\``);
  return items;
}

/** Lists under headings (`###`), or a list whose items have a title and a list of their own. */
export function readPrevention(part: Part | undefined): readonly Prevention[] {
  if (part === undefined) return [];
  const { intro, parts } = partsOf(part.blocks, 3);
  return [
    ...itemsOf(intro).map(({ text, node }) => ({
      title: text,
      items: itemsOf(node.children).map((item) => item.text),
    })),
    ...parts.map(({ title, blocks }) => ({ title, items: itemsOf(blocks).map(({ text }) => text) })),
  ];
}

/** Lists under headings (`###`), one for each kind of cause. */
export function readRootCauses(part: Part | undefined, findings: Findings): readonly RootCauseGroup[] {
  if (part === undefined) return [];
  const { intro, parts } = partsOf(part.blocks, 3);
  for (const { line } of itemsOf(intro)) {
    findings.fault(line, 'root causes: the cause stands in no group: put a heading `###` above it');
  }
  return parts.map(({ title, line, blocks }) => {
    const causes = itemsOf(blocks).map(({ text }) => text);
    if (causes.length === 0)
      findings.fault(line, `root causes: group \`${title}\` has none: list them with \`-\``);
    return { group: title, causes };
  });
}

/** A list of `` `AlertName`: why ``. */
export function readRelatedAlerts(part: Part | undefined, findings: Findings): readonly RelatedAlert[] {
  if (part === undefined) return [];
  return itemsOf(part.blocks).flatMap(({ text, line }) => {
    const { key, value } = keyAndValue(text);
    const name = key.replaceAll('`', '').trim();
    if (/^\S+$/.test(name) && value !== '') return [{ name, why: value }];
    findings.fault(line, 'related alerts: write the name of the alert, a colon, and why it comes along');
    return [];
  });
}

/** A list of `[title](address)`, or of `[title]: address`. */
export function readLinks(part: Part | undefined, findings: Findings): readonly RunbookLink[] {
  if (part === undefined) return [];
  const items = part.blocks.flatMap((block) => (block.type === 'list' ? block.children : []));
  return items.flatMap((item) => {
    const link = linkIn(item);
    if (link === undefined) {
      findings.note(lineOf(item), 'links: this item has no link and is not used');
      return [];
    }
    const title = link.type === 'link' ? lineOfText(link.children) : (link.label ?? link.identifier);
    if (isWebAddress(link.url)) return [{ title: title === '' ? link.url : title, url: link.url }];
    findings.fault(lineOf(link), 'links: an address must begin with http:// or https://');
    return [];
  });
}

function linkIn(item: ListItem): Link | Definition | undefined {
  for (const child of item.children) {
    if (child.type === 'definition') return child;
    if (child.type !== 'paragraph') continue;
    const link = child.children.find((one): one is Link => one.type === 'link');
    if (link !== undefined) return link;
  }
  return undefined;
}

function isWebAddress(url: string): boolean {
  return URL.canParse(url) && ['http:', 'https:'].includes(new URL(url).protocol);
}

/** A list of `YYYY-MM-DD: what`. */
export function readChangelog(part: Part | undefined, findings: Findings): readonly Change[] {
  if (part === undefined) return [];
  return itemsOf(part.blocks).flatMap(({ text, line }) => {
    const { key: date, value: what } = keyAndValue(text);
    if (isDate(date) && what !== '') return [{ date, what }];
    findings.fault(line, 'changelog: write the day and what changed, such as `2025-10-06: first version`');
    return [];
  });
}

function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}
