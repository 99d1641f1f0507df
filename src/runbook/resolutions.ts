import type { ListItem, Paragraph, PhrasingContent } from 'mdast';
import { suggestion } from '../config/nearest.ts';
import { TWO_PERSON_ACTIONS } from '../config/types.ts';
import type { Action } from '../incident/remedy.ts';
import type { Findings } from './fault.ts';
import { itemsOf } from './lists.ts';
import { lineOf } from './markdown.ts';
import { type Part, partsOf } from './outline.ts';
import { lineOfText, proseOf } from './prose.ts';
import { spanIn } from './spans.ts';
import type { Horizon, Resolution, Runbook } from './types.ts';

/** How the heading of each horizon begins. */
const HORIZONS: readonly (readonly [RegExp, Horizon])[] = [
  [/^immediate\b/i, 'immediate'],
  [/^short[- ]?term\b/i, 'shortTerm'],
  [/^long[- ]?term\b/i, 'longTerm'],
];

/** Reads the resolutions: a heading `###` for each horizon, and under it a list. */
export function readResolutions(part: Part | undefined, findings: Findings): Runbook['resolutions'] {
  const resolutions: Record<Horizon, readonly Resolution[]> = { immediate: [], shortTerm: [], longTerm: [] };
  const lines = new Map<Horizon, number>();
  for (const { title, line, blocks } of part === undefined ? [] : partsOf(part.blocks, 3).parts) {
    const horizon = HORIZONS.find(([form]) => form.test(title))?.[1];
    const earlier = horizon && lines.get(horizon);
    if (horizon === undefined) {
      findings.fault(line, 'resolution: a heading begins with `Immediate`, `Short-term` or `Long-term`');
    } else if (earlier !== undefined) {
      findings.fault(line, `resolution: this horizon stands on line ${earlier} already`);
    } else {
      lines.set(horizon, line);
      const withinMs = spanIn(title);
      resolutions[horizon] = itemsOf(blocks).map(({ node }) => ({
        ...readResolution(node, findings),
        ...(withinMs === undefined ? {} : { withinMs }),
      }));
    }
  }
  return resolutions;
}

/** `**Title**. Remedy: `name`` and prose below; both the bold and the remedy may be left out. */
function readResolution(item: ListItem, findings: Findings): Resolution {
  const [head, ...rest] = item.children;
  if (head?.type !== 'paragraph') {
    findings.fault(lineOf(item), 'resolution: begin the item with its title in bold');
    return { title: '', prose: proseOf(item.children) };
  }
  const { remedy, children } = withoutRemedy(head, findings);
  const [first, ...others] = children;
  const bold = first?.type === 'strong' ? first : undefined;
  const title = lineOfText(bold === undefined ? children : bold.children).replace(/[.:]$/, '');
  const more =
    bold === undefined
      ? ''
      : lineOfText(others)
          .replace(/^[.:;,–—-] ?/, '')
          .trim();
  if (title === '') findings.fault(lineOf(item), 'resolution: the item has no title');
  const prose = [more, proseOf(rest)].filter((one) => one !== '').join('\n\n');
  return { title, prose, ...(remedy === undefined ? {} : { remedy }) };
}

function withoutRemedy(
  head: Paragraph,
  findings: Findings,
): { readonly remedy?: Action; readonly children: readonly PhrasingContent[] } {
  const at = head.children.findIndex((child, index) => {
    const next = head.children[index + 1];
    return child.type === 'text' && /\bremedy:\s*$/i.test(child.value) && next?.type === 'inlineCode';
  });
  const before = head.children[at];
  const code = head.children[at + 1];
  if (before?.type !== 'text' || code?.type !== 'inlineCode') return { children: head.children };
  const children = [
    ...head.children.slice(0, at),
    { ...before, value: before.value.replace(/\bremedy:\s*$/i, '') },
    ...head.children.slice(at + 2),
  ];
  const remedy = TWO_PERSON_ACTIONS.find((action) => action === code.value);
  if (remedy !== undefined) return { remedy, children };
  const name = code.value.slice(0, 60);
  const message = `resolution: there is no remedy \`${name}\`${suggestion(name, TWO_PERSON_ACTIONS)}`;
  findings.fault(lineOf(code), message);
  return { children };
}
