import type { Nodes, Root } from 'mdast';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmTaskListItemFromMarkdown } from 'mdast-util-gfm-task-list-item';
import { gfmTaskListItem } from 'micromark-extension-gfm-task-list-item';
import type { Findings } from './fault.ts';

/** Ten times the shipped runbook. */
const LONGEST_FILE = 128 * 1024;

/** A paragraph may be one line; this is a page of it. */
const LONGEST_LINE = 4_000;

/**
 * Emphasis, links and images are matched with all that came before in their paragraph, in a time that grows
 * with the square of their number (measured with mdast-util-from-markdown 2.1). Bounded for each run of
 * lines without a blank one, it grows with the file and no faster.
 */
const MOST_MARKERS = 500;

/** What may begin or end emphasis, or begin a link. An underscore within a word does neither. */
const MARKER = /\*+|(?<!\w)_+|(?<=\w)_+(?!\w)|\[/g;

/** Lists in lists in quotes: nobody reads deeper. The parser's time grows with the square of it too. */
const DEEPEST = 16;

/** The quotes and list items that one line opens. */
const OPENED = /^(?:[ \t]*(?:>|(?:[-+*]|\d{1,9}[.)])(?=[ \t]|$)))+/;
const CONTAINER = />|[-+*.)]/g;

const TOO_DEEP = `is nested deeper than ${DEEPEST} levels: write it flatter`;

/**
 * Parses Markdown (CommonMark with GitHub's task lists).
 *
 * @returns `undefined` when the text is too large to be a runbook; why is told as a fault
 */
export function parseMarkdown(text: string, findings: Findings): Root | undefined {
  if (!withinBounds(text, findings)) return undefined;
  const root = fromMarkdown(text, {
    extensions: [gfmTaskListItem()],
    mdastExtensions: [gfmTaskListItemFromMarkdown()],
  });
  const deep = tooDeep(root);
  if (deep !== undefined) {
    findings.fault(lineOf(deep), TOO_DEEP);
    return undefined;
  }
  return root;
}

/** The line, from 1, on which a node begins. */
export function lineOf(node: Nodes): number {
  return node.position?.start.line ?? 1;
}

function withinBounds(text: string, findings: Findings): boolean {
  if (text.length > LONGEST_FILE) {
    findings.fault(1, `is longer than ${LONGEST_FILE / 1024} KiB: no runbook is`);
    return false;
  }
  let fits = true;
  let markers = 0;
  let told = false;
  text.split(/\r\n|\r|\n/).forEach((line, index) => {
    if (line.trim() === '') {
      markers = 0;
      told = false;
      return;
    }
    if (line.length > LONGEST_LINE) {
      findings.fault(index + 1, `is longer than ${LONGEST_LINE} characters: break the line`);
      fits = false;
      return;
    }
    if ((OPENED.exec(line)?.[0].match(CONTAINER)?.length ?? 0) > DEEPEST) {
      findings.fault(index + 1, TOO_DEEP);
      fits = false;
    }
    markers += line.match(MARKER)?.length ?? 0;
    if (markers > MOST_MARKERS && !told) {
      findings.fault(
        index + 1,
        `has more than ${MOST_MARKERS} of \`*\`, \`_\` and \`[\` without a blank line between: add blank lines`,
      );
      told = true;
      fits = false;
    }
  });
  return fits;
}

function tooDeep(root: Root): Nodes | undefined {
  const waiting: { readonly node: Nodes; readonly depth: number }[] = [{ node: root, depth: 0 }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { node, depth } = next;
    if (depth > 2 * DEEPEST) return node;
    if (!('children' in node)) continue;
    for (const child of node.children) waiting.push({ node: child, depth: depth + 1 });
  }
  return undefined;
}
