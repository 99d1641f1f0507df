import { basename } from 'node:path';
import type { Root } from 'mdast';
import { readAlert } from './alert.ts';
import { readEscalation } from './escalation.ts';
import { collectFindings, type Findings, RunbookError } from './fault.ts';
import {
  readChangelog,
  readItems,
  readLinks,
  readPrevention,
  readRelatedAlerts,
  readRootCauses,
} from './lists.ts';
import { parseMarkdown } from './markdown.ts';
import { outlineOf } from './outline.ts';
import { proseOf } from './prose.ts';
import { readResolutions } from './resolutions.ts';
import { readSteps, strayBlocks } from './steps.ts';
import type { Runbook } from './types.ts';

/**
 * Reads a runbook. Nothing in it is run or fetched here, and no part of it is ever given to a shell.
 *
 * @param filename what faults call it; the runbook's `name` is made of it
 * @throws RunbookError with every fault at once, each with its line
 */
export function parseRunbook(text: string, filename: string): Runbook {
  const findings = collectFindings(filename);
  const root = parseMarkdown(text, findings);
  const read = root && readRunbook(root, findings);
  const faults = findings.faults();
  if (read === undefined || faults.length > 0) throw new RunbookError(faults);
  return { name: basename(filename).replace(/\.(md|markdown)$/i, ''), ...read, notes: findings.notes() };
}

function readRunbook(root: Root, findings: Findings): Omit<Runbook, 'name' | 'notes'> | undefined {
  const { title, sections } = outlineOf(root, findings);
  const alertPart = sections.get('alert');
  const diagnosis = sections.get('diagnosis');
  const inDiagnosis = new Set<unknown>(diagnosis?.blocks);
  strayBlocks(
    root.children.filter((block) => !inDiagnosis.has(block)),
    findings,
  );
  if (alertPart === undefined) findings.fault(1, 'has no section `## Alert`');
  if (diagnosis === undefined) findings.fault(1, 'has no section `## Diagnosis`');

  const alert = alertPart && readAlert(alertPart, findings);
  const rest = {
    description: proseOf(sections.get('description')?.blocks ?? []),
    impact: readItems(sections.get('impact'), findings),
    symptoms: readItems(sections.get('symptoms'), findings),
    steps: diagnosis === undefined ? [] : readSteps(diagnosis, findings),
    resolutions: readResolutions(sections.get('resolution'), findings),
    escalation: readEscalation(sections.get('escalation'), findings),
    prevention: readPrevention(sections.get('prevention')),
    rootCauses: readRootCauses(sections.get('rootCauses'), findings),
    relatedAlerts: readRelatedAlerts(sections.get('relatedAlerts'), findings),
    links: readLinks(sections.get('links'), findings),
    changelog: readChangelog(sections.get('changelog'), findings),
  };
  return title === undefined || alert === undefined ? undefined : { title, alert, ...rest };
}
