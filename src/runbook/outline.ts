import type { Root, RootContent } from 'mdast';
import { nearest } from '../config/nearest.ts';
import type { Findings } from './fault.ts';
import { lineOf } from './markdown.ts';
import { lineOfText } from './prose.ts';

/** The sections that a runbook may have, and the other headings by which each is known. */
const SECTIONS = {
  alert: ['alert', 'alert details'],
  description: ['description'],
  impact: ['impact'],
  symptoms: ['symptoms'],
  diagnosis: ['diagnosis'],
  resolution: ['resolution', 'resolutions'],
  escalation: ['escalation'],
  prevention: ['prevention'],
  rootCauses: ['root causes', 'common root causes'],
  relatedAlerts: ['related alerts'],
  links: ['links', 'additional resources'],
  changelog: ['changelog'],
} as const;

/** A section of a runbook. */
export type SectionName = keyof typeof SECTIONS;

/** A heading and what stands under it. */
export interface Part {
  readonly title: string;
  readonly line: number;
  readonly blocks: readonly RootContent[];
}

/** The first two ranks of headings. */
export interface Outline {
  readonly title?: string;
  readonly sections: ReadonlyMap<SectionName, Part>;
}

/** Sorts a document by its headings. A section given twice, or one that looks misspelt, is a fault. */
export function outlineOf(root: Root, findings: Findings): Outline {
  const sections = new Map<SectionName, Part>();
  const titles = partsOf(root.children, 1).parts;
  const [title, second] = titles;
  if (title === undefined || title.title === '') {
    findings.fault(1, 'has no title: begin it with a line such as `# Connection pool exhaustion`');
  }
  if (second !== undefined) findings.fault(second.line, 'is a second title: a runbook has one, make it `##`');

  for (const part of partsOf(root.children, 2).parts) {
    const name = sectionNamed(part.title);
    if (name === undefined) {
      unknownSection(part, findings);
      continue;
    }
    const earlier = sections.get(name);
    if (earlier === undefined) sections.set(name, part);
    else findings.fault(part.line, `section \`${part.title}\` stands on line ${earlier.line} already`);
  }
  return title === undefined ? { sections } : { title: title.title, sections };
}

/**
 * Cuts blocks at the headings of one rank; headings of a higher rank end a part too.
 *
 * @returns `intro`, what stands before the first, and the parts
 */
export function partsOf(
  blocks: readonly RootContent[],
  rank: 1 | 2 | 3,
): { readonly intro: readonly RootContent[]; readonly parts: readonly Part[] } {
  const intro: RootContent[] = [];
  const parts: Part[] = [];
  let current: RootContent[] = intro;
  for (const block of blocks) {
    if (block.type !== 'heading' || block.depth > rank) {
      current.push(block);
    } else if (block.depth === rank) {
      current = [];
      parts.push({ title: lineOfText(block.children), line: lineOf(block), blocks: current });
    } else {
      current = [];
    }
  }
  return { intro, parts };
}

function sectionNamed(title: string): SectionName | undefined {
  const plain = title.toLowerCase();
  for (const [name, titles] of Object.entries(SECTIONS)) {
    if (titles.some((one) => one === plain)) return name as SectionName;
  }
  return undefined;
}

function unknownSection({ title, line }: Part, findings: Findings): void {
  const near = nearest(title.slice(0, 100), Object.values(SECTIONS).flat());
  if (near !== undefined) {
    findings.fault(line, `section \`${title}\` is not known; did you mean \`${capitalised(near)}\`?`);
  } else {
    findings.note(line, `section \`${title}\` is for readers: nothing in it is used`);
  }
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
