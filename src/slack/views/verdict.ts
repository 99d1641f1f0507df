import type { Target } from '../../incident/remedy.ts';
import type { Incident } from '../../incident/state.ts';
import type { RankedCause, SuggestedRemedy, SuggestedTarget } from '../../incident/verdict.ts';
import { ACTION } from './actions.ts';
import { actions, type Block, button, context, section, type View } from './blocks.ts';
import { bullets, fallback, percent, person, plain, time } from './mrkdwn.ts';
import { remedyButton } from './remedy-buttons.ts';

/** A cause less probable than this is not worth a person's time at night. */
const LEAST_PROBABILITY = 0.5;

const MOST_EVIDENCE = 4;

/** In one line above all else: how bad it is, and who it is. */
const MOST_EVIDENCE_IN_LINE = 2;

/** Whether a cause is probable enough to be named. */
export function isWorthNaming(cause: RankedCause): boolean {
  return cause.probability >= LEAST_PROBABILITY;
}

/** The causes that are worth a word, the likeliest first. */
export function worthNaming(incident: Incident): readonly RankedCause[] {
  return (incident.verdict?.causes ?? []).filter(isWorthNaming);
}

/** The verdict in one line, by the words that introduce it everywhere; `undefined` before there is one. */
export function verdictLine(incident: Incident): string | undefined {
  if (incident.rootCause !== undefined) {
    return `*Root cause:* ${plain(incident.rootCause.title, 200)} (${person(incident.rootCause.by)})`;
  }
  if (incident.verdict === undefined) return undefined;
  const [first] = worthNaming(incident);
  if (first === undefined) {
    return incident.verdict.complete
      ? '*Most likely:* nothing stands out; the steps below show what was measured'
      : undefined;
  }
  const why = first.evidence.slice(0, MOST_EVIDENCE_IN_LINE).map((line) => `\n${plain(line, 300)}`);
  return `*Most likely:* ${plain(first.title, 150)} (${confidence(first)})${why.join('')}`;
}

/**
 * The button of the remedy to ask for now: the likeliest cause's, if a press can ask for it. One that was
 * carried out since the verdict has had its chance; then it is the next best.
 */
export function suggestedButton(incident: Incident) {
  const { pool } = incident;
  if (incident.status !== 'open' || pool === undefined) return undefined;
  const causes = worthNaming(incident);
  const left = causes.filter(({ remedy }) => remedy === undefined || !isTried(incident, remedy));
  const candidates = left.length === causes.length ? left.slice(0, 1) : left;
  return candidates
    .map(({ remedy }) => (remedy === undefined ? undefined : remedyButton({ i: incident.id, pool }, remedy)))
    .find((one) => one !== undefined);
}

function isTried(incident: Incident, { action, target }: SuggestedRemedy): boolean {
  const since = Date.parse(incident.verdict?.at ?? '');
  return Object.values(incident.requests).some(
    (request) =>
      request.action === action &&
      request.result?.outcome === 'done' &&
      Date.parse(request.result.at) >= since &&
      isAimedAt(request.target, target),
  );
}

function isAimedAt(done: Target, suggested: SuggestedTarget | undefined): boolean {
  if (done.kind === 'backend' && suggested?.kind === 'backend') {
    return done.pid === suggested.pid && done.backendStart === suggested.backendStart;
  }
  if (done.kind === 'leak' && suggested?.kind === 'leak') {
    return done.application === suggested.application && done.lastStatement === suggested.lastStatement;
  }
  if (done.kind === 'timeout') return suggested?.kind === 'timeout' && done.setting === suggested.setting;
  // Meant for the pool or its application, of which there is one.
  if (suggested === undefined || suggested.kind === 'application') return true;
  return done.kind === 'prepared' && suggested.kind === 'prepared' && done.gid === suggested.gid;
}

/** The thread's message about the verdict: what, how sure, why, what to do, and what else it may be. */
export function verdictView(incident: Incident): View | undefined {
  const { verdict, rootCause } = incident;
  if (verdict === undefined) {
    return rootCause === undefined
      ? undefined
      : { text: fallback(`Root cause: ${rootCause.title}`), blocks: [section(named(rootCause))] };
  }
  const [first, ...others] = worthNaming(incident);
  const blocks: Block[] = [];
  if (first === undefined) {
    blocks.push(
      section(
        verdict.complete
          ? '*Most likely:* nothing stands out. The steps below show what was measured.'
          : 'Nothing stands out so far.',
      ),
    );
  } else {
    blocks.push(section(`*Most likely:* ${plain(first.title, 150)} (${confidence(first)})`));
    if (first.evidence.length > 0) blocks.push(section(bullets(first.evidence.slice(0, MOST_EVIDENCE))));
    blocks.push(section(`*What to do:* ${plain(first.advice, 600)}`));
  }
  if (others.length > 0) {
    const rest = others.slice(0, 3).map((cause) => `${plain(cause.title, 150)} (${confidence(cause)})`);
    blocks.push(context(`or else: ${rest.join('  ·  ')}`));
  }
  if (rootCause !== undefined) blocks.push(section(named(rootCause)));
  if (incident.status === 'open') {
    const row = [suggestedButton(incident), rootCauseButton(incident.id)].filter((one) => one !== undefined);
    blocks.push(actions('verdict', row));
  }
  const state = verdict.complete
    ? 'from all checks'
    : ':hourglass_flowing_sand: some checks are still running';
  blocks.push(context(`${state}, ${time(verdict.at)}`));
  const nothing = verdict.complete ? 'Most likely: nothing stands out' : 'Nothing stands out so far';
  return { text: first === undefined ? nothing : fallback(`Most likely: ${first.title}`), blocks };
}

/** Opens the modal in which a person confirms the cause or names another. */
export function rootCauseButton(incident: string) {
  return button(
    'Root cause…',
    ACTION.rootCause,
    { i: incident },
    { label: 'Confirm or name the root cause' },
  );
}

function named(rootCause: NonNullable<Incident['rootCause']>): string {
  return `*Root cause:* ${plain(rootCause.title, 300)}, named by ${person(rootCause.by)} ${time(rootCause.at)}`;
}

/** How sure, in a word and as a figure. */
export function confidence(cause: RankedCause): string {
  return `${cause.confidence}, ${percent(cause.probability * 100)}`;
}
