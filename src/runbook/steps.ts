import type { Code, Nodes, RootContent } from 'mdast';
import { nearest } from '../config/nearest.ts';
import { readCalls } from './calls.ts';
import type { Findings } from './fault.ts';
import { lineOf } from './markdown.ts';
import { BLOCK_OPTIONS, type OwnKind } from './options.ts';
import { type Part, partsOf } from './outline.ts';
import { readOwn } from './own.ts';
import { proseOf } from './prose.ts';
import type { CheckCall, RunbookStep } from './types.ts';

/** The languages of blocks that run. */
const RUNNING = ['checks', ...Object.keys(BLOCK_OPTIONS)];

/** The languages of shells. Their blocks look as if they ran, and nothing of them ever does. */
const SHELLS = new Set(['bash', 'sh', 'shell', 'zsh', 'console', 'powershell', 'cmd', 'bat']);

const STEP = /^step (\d{1,3})(?: ?[:.)–—-])? (.+)$/i;

/** Reads the steps of the diagnosis: headings `### Step 1: …`, numbered without a gap. */
export function readSteps(part: Part, findings: Findings): readonly RunbookStep[] {
  const { intro, parts } = partsOf(part.blocks, 3);
  strayBlocks(intro, findings);
  if (parts.length === 0) {
    findings.fault(part.line, 'diagnosis: has no step: begin one with a heading `### Step 1: …`');
  }
  const lines = new Map<number, number>();
  const steps = parts.flatMap((one) => {
    const [, digits, title] = STEP.exec(one.title) ?? [];
    const checks = readBlocks(one, findings);
    if (digits === undefined || title === undefined) {
      findings.fault(one.line, 'diagnosis: has no step number: write the heading as `### Step 1: title`');
      return [];
    }
    const number = Number(digits);
    const earlier = lines.get(number);
    if (earlier !== undefined) {
      findings.fault(one.line, `diagnosis: step ${number} stands on line ${earlier} already`);
    } else {
      const expected = lines.size + 1;
      if (number !== expected) {
        const message = `diagnosis: step ${expected} is missing: steps are numbered from 1, in their order`;
        findings.fault(one.line, message);
      }
      lines.set(number, one.line);
    }
    if (checks.length === 0) findings.note(one.line, `step ${number} has no checks: it is left to people`);
    const intent = proseOf(one.blocks.filter((block) => !isRunning(block)));
    return [{ number, title, intent, checks }];
  });
  return steps;
}

/** Blocks that would never run, for they stand in no step: `checks` is a fault, the others are notes. */
export function strayBlocks(blocks: readonly Nodes[], findings: Findings): void {
  for (const code of codesIn(blocks)) {
    if (code.lang === 'checks') {
      findings.fault(lineOf(code), 'checks: stands in no step, so it would never run');
    } else if (RUNNING.includes(code.lang ?? '') && code.meta) {
      findings.note(lineOf(code), `the \`${code.lang}\` block stands in no step: it is shown and never run`);
    } else {
      shellNote(code, findings);
    }
  }
}

function readBlocks(part: Part, findings: Findings): readonly CheckCall[] {
  const checks: CheckCall[] = [];
  const named = new Map<string, number>();
  for (const block of part.blocks) {
    if (block.type !== 'code') {
      strayBlocks([block], findings);
    } else if (block.lang === 'checks') {
      for (const call of readCalls(block, findings)) {
        const earlier = named.get(call.name);
        if (earlier === undefined) named.set(call.name, call.line);
        else
          findings.fault(
            call.line,
            `checks: \`${call.name}\` is named on line ${earlier} of this step already`,
          );
        checks.push(call);
      }
    } else if (isOwnKind(block.lang)) {
      const own = readOwn(block.lang, block, findings);
      if (own !== undefined) checks.push(own);
    } else {
      otherBlock(block, findings);
    }
  }
  return checks;
}

function otherBlock(code: Code, findings: Findings): void {
  const lang = code.lang ?? '';
  shellNote(code, findings);
  const near = SHELLS.has(lang.toLowerCase()) || lang.length > 40 ? undefined : nearest(lang, RUNNING);
  if (near !== undefined)
    findings.fault(lineOf(code), `\`${lang}\` is no kind of check; did you mean \`${near}\`?`);
}

function shellNote(code: Code, findings: Findings): void {
  if (!SHELLS.has((code.lang ?? '').toLowerCase())) return;
  findings.note(lineOf(code), `the \`${code.lang}\` block is shown to people; it is never run`);
}

function isRunning(block: RootContent): boolean {
  return block.type === 'code' && RUNNING.includes(block.lang ?? '');
}

function isOwnKind(lang: string | null | undefined): lang is OwnKind {
  return typeof lang === 'string' && Object.hasOwn(BLOCK_OPTIONS, lang);
}

function codesIn(blocks: readonly Nodes[]): readonly Code[] {
  return blocks.flatMap((block) =>
    block.type === 'code' ? [block] : 'children' in block ? codesIn(block.children) : [],
  );
}
