import { askAgain, type PoolReading, type RemedyOutcome, type RemedyRequest } from '../../incident/remedy.ts';
import type { Incident } from '../../incident/state.ts';
import { ACTION } from './actions.ts';
import { actions, type Block, button, context, fields, section, type View } from './blocks.ts';
import { code, codeBlock, duration, fallback, percent, person, plain, time } from './mrkdwn.ts';

/** What a section holds, less what the marks around code and its escapes take. */
const MOST_ROWS_TEXT = 2_900;

/** A remedy request: what would be done, to whom, at what risk, and where it stands. */
export function requestView(incident: Incident, request: RemedyRequest, twoPerson: boolean): View {
  const { preview } = request;
  const isPending = request.status === 'pending' && incident.status === 'open';
  const standing = standingOf(request);
  const blocks: Block[] = [
    section(
      `*${plain(preview.title, 200)}?*\nasked for by ${person(request.requestedBy)}${reasonOf(request)}`,
    ),
  ];
  if (preview.facts.length > 0) {
    blocks.push(fields(preview.facts.map((fact) => `*${plain(fact.label, 60)}*\n${plain(fact.value, 300)}`)));
  }
  if (preview.query !== undefined && preview.query !== '')
    blocks.push(section(codeBlock(preview.query, 600)));
  if (preview.rows !== undefined && preview.rows.length > 0)
    blocks.push(section(codeBlock(preview.rows.join('\n'), MOST_ROWS_TEXT)));
  if (preview.risks.length > 0) {
    blocks.push(section(preview.risks.map((risk) => `:warning: ${plain(risk, 300)}`).join('\n')));
  }
  if (isPending) {
    const value = { i: incident.id, r: request.id };
    const needs = twoPerson ? `two approvers, ${request.approvals.length} so far` : 'one approver';
    blocks.push(
      actions(`request-${request.id}`, [
        button('Approve', ACTION.approve, value, { style: 'primary', label: `Approve: ${preview.title}` }),
        button('Deny', ACTION.deny, value, { label: `Deny: ${preview.title}` }),
      ]),
      context(
        `needs ${needs}  ·  good until ${time(request.expiresAt)}  ·  looked up ${time(preview.takenAt)}`,
      ),
    );
  } else {
    blocks.push(section(standing));
    if (request.status === 'approved') {
      const value = { i: incident.id, r: request.id };
      const label = `Cancel before it begins: ${preview.title}`;
      blocks.push(actions(`queued-${request.id}`, [button('Cancel', ACTION.cancelQueued, value, { label })]));
    }
    const undo = undoText(request);
    if (undo !== undefined) blocks.push(section(undo));
    if (request.undo?.status === 'standing') {
      blocks.push(actions(`undo-${request.id}`, [undoButton(incident, request)]));
    }
  }
  return {
    text: fallback(`${preview.title}: ${isPending ? 'approve or deny' : closedWord(request)}`),
    blocks,
  };
}

function reasonOf({ reason }: RemedyRequest): string {
  return reason === undefined ? '' : `: ${plain(reason, 300)}`;
}

function standingOf(request: RemedyRequest): string {
  const approvers = request.approvals.map((one) => person(one.by)).join(' and ');
  switch (request.status) {
    case 'pending':
      return closedWithIncident(request);
    case 'approved':
      return `:hourglass_flowing_sand: approved by ${approvers}, queued: it runs as soon as no other remedy of this pool does`;
    case 'running':
      return `:hourglass_flowing_sand: approved by ${approvers}, being carried out…`;
    case 'denied':
      return `:no_entry_sign: denied${request.closedBy === undefined ? '' : ` by ${person(request.closedBy)}`}; nothing was done`;
    case 'cancelled':
      if (request.closedBecause === 'resolved') return closedWithIncident(request);
      return `:no_entry_sign: approved by ${approvers}, cancelled${request.closedBy === undefined ? '' : ` by ${person(request.closedBy)}`} before it began; nothing was done`;
    case 'expired':
      return `:hourglass: nobody approved it by ${time(request.expiresAt)}; nothing was done. Ask again if it is still needed.`;
    case 'ended':
      return `approved by ${approvers}\n${outcomeLine(request)}`;
  }
}

/** Nobody decided about it: the incident was over first. */
function closedWithIncident(request: RemedyRequest): string {
  return `:no_entry_sign: closed with the incident before it began; nothing was done. The pool has recovered or the incident was closed by hand: ${withCode(askAgain(request))}.`;
}

/** Of one that an older version left waiting in an incident that is over, what holds all the same. */
function closedWord({ status }: RemedyRequest): string {
  return status === 'pending' ? 'cancelled' : status;
}

/** Sets back what the remedy changed. */
export function undoButton(incident: Incident, request: RemedyRequest) {
  return button(
    'Undo',
    `${ACTION.undo}.${request.id}`,
    { i: incident.id, r: request.id },
    {
      label: `Undo: ${request.preview.title}`,
      confirm: {
        title: 'Undo this change?',
        text: 'It is set back to what it was before, unless someone else has changed it since.',
        yes: 'Undo',
      },
    },
  );
}

/** How long the change stands, or how its undoing goes; `undefined` where there is nothing to undo. */
export function undoText(request: RemedyRequest): string | undefined {
  const { undo } = request;
  if (undo === undefined) return undefined;
  const by = undo.by === undefined || undo.by.via === 'system' ? 'by itself' : `by ${person(undo.by)}`;
  switch (undo.status) {
    case 'standing': {
      const until =
        undo.until === undefined
          ? `:pushpin: *${sure('In force', request)}* until someone presses Undo`
          : `:hourglass_flowing_sand: *${sure('Temporary', request)}* until ${time(undo.until)}; then it is undone by itself`;
      return undo.result === undefined
        ? until
        : `:warning: *${sure('Still in force', request)}*; it could not be undone: ${withCode(undo.result.detail)}`;
    }
    case 'asked':
    case 'running':
      return undo.trouble === undefined
        ? `:hourglass_flowing_sand: being undone ${by}…`
        : `:warning: *${sure('Still in force', request)}*; being undone ${by}, and tried again: ${withCode(undo.trouble)}`;
    case 'ended':
      return `:leftwards_arrow_with_hook: undone ${by}: ${withCode(undo.result?.detail ?? '')}`;
  }
}

/** Of a change of which nobody knows whether it was made, no more is said than that. */
function sure(word: string, { result }: RemedyRequest): string {
  return result?.unknown === true ? 'Perhaps in force' : word;
}

/** How a remedy ended, and what it did for the pool. */
export function outcomeText(request: RemedyRequest): string {
  const pool = readingText(request.result?.before, request.result?.after);
  return `${outcomeLine(request)}${pool === '' ? '' : `\n${pool}`}`;
}

function outcomeLine(request: RemedyRequest): string {
  const { result } = request;
  if (result === undefined) return '';
  const took = result.ms === undefined || result.outcome !== 'done' ? '' : ` in ${duration(result.ms)}`;
  return `${markOf(result.outcome)} ${withCode(result.detail)}${took}`;
}

/** The mark that an outcome begins with. */
export function markOf(outcome: RemedyOutcome): string {
  return {
    done: ':white_check_mark:',
    nothing_to_do: ':information_source:',
    refused: ':no_entry:',
    failed: ':x:',
  }[outcome];
}

/** The pool before and after, in one line; empty where it could not be measured. */
export function readingText(before: PoolReading | undefined, after: PoolReading | undefined): string {
  if (after === undefined) return '';
  const now = `*${percent(after.percent)}* (${after.used} of ${after.usable} connections${whose(after)})`;
  return before === undefined ? `Pool now at ${now}` : `Pool: ${percent(before.percent)} → ${now}`;
}

/** Whose connections were counted, where not the server's. */
export function whose(reading: PoolReading): string {
  return reading.of === 'pgbouncer' ? ' of PgBouncer, clients in its queue included' : '';
}

/** A detail may name a statement between backticks; that one stays code, the rest is plain. */
export function withCode(detail: string): string {
  return detail
    .split('`')
    .map((part, index) => (index % 2 === 1 ? code(part, 300) : part === '' ? '' : spaced(part)))
    .join('');
}

function spaced(part: string): string {
  const lead = part.startsWith(' ') ? ' ' : '';
  const trail = part.endsWith(' ') ? ' ' : '';
  return `${lead}${plain(part, 500)}${trail}`;
}
