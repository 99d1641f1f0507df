import type { SessionRow } from '../../incident/events.ts';
import type { Incident, StepState } from '../../incident/state.ts';
import { ACTION } from './actions.ts';
import { actions, type Block, button, context, section, type View } from './blocks.ts';
import { bullets, code, codeBlock, duration, fallback, plain, time } from './mrkdwn.ts';
import { cancelButton, terminateButton } from './remedy-buttons.ts';

/** A session row takes one block; more than this and the one that matters drowns. */
const MOST_ROWS = 5;

/** The message of a diagnosis step: running, then what it found, with a button to run it again. */
export function stepView(incident: Incident, step: StepState, title?: string): View {
  const name = title === undefined ? `Step ${step.step}` : `Step ${step.step}: ${title}`;
  const { findings } = step;
  if (findings === undefined) {
    return { text: `${name}: running`, blocks: [section(`*${name}*\n:hourglass_flowing_sand: running…`)] };
  }
  const blocks: Block[] = [section(`*${plain(name, 150)}*\n${markOf(step)}${plain(findings.headline, 500)}`)];
  if (findings.lines.length > 0) blocks.push(section(bullets(findings.lines)));
  if (findings.tree !== undefined && findings.tree.length > 0)
    blocks.push(section(`*Who waits for whom*\n${codeBlock(findings.tree.join('\n'), 2_500)}`));
  const drawn = insteadOf(incident, step.step);
  if (drawn !== undefined) blocks.push(section(code(drawn, 300)));
  if (findings.mend !== undefined) blocks.push(section(`*To mend it:* ${code(findings.mend, 600)}`));
  const pool = incident.pool ?? '';
  blocks.push(
    ...sessionBlocks(findings.sessions ?? [], { i: incident.id, pool, buttons: incident.status === 'open' }),
  );
  const shown = worthShowing(findings.sessions ?? []).length;
  const more = (findings.more ?? 0) + (findings.sessions?.length ?? 0) - shown;
  if (more > 0) blocks.push(context(`and ${more} more${moreIn(incident, step)}`));
  const took = step.ms === undefined ? '' : `took ${Math.round(step.ms)} ms`;
  const when = step.finishedAt === undefined ? '' : ` at ${time(step.finishedAt)}`;
  blocks.push(context(step.running ? ':hourglass_flowing_sand: running again…' : `${took}${when}`));
  if (incident.status === 'open') {
    blocks.push(
      actions(`step-${step.step}`, [
        button(
          `Run step ${step.step}`,
          `${ACTION.runStep}.${step.step}`,
          { i: incident.id, step: step.step },
          {
            label: `Run step ${step.step} again`,
          },
        ),
      ]),
    );
  }
  return { text: fallback(`${name}: ${findings.headline}`), blocks };
}

/** What the step came to, at a glance; nothing where it judged nothing. */
function markOf(step: StepState): string {
  if (step.ok === false) return ':warning: ';
  switch (step.findings?.verdict) {
    case 'fail':
      return ':red_circle: ';
    case 'warn':
      return ':large_yellow_circle: ';
    case 'ok':
      return ':white_check_mark: ';
    default:
      return '';
  }
}

/** The picture in characters, where Slack takes no files. */
function insteadOf(incident: Incident, step: number): string | undefined {
  const file = step === 1 ? incident.files.utilisation : step === 4 ? incident.files.traffic : undefined;
  return file?.firing === incident.firing ? file.instead : undefined;
}

function moreIn(incident: Incident, step: StepState): string {
  const file = incident.files[`rest-${step.step}`];
  return file?.fileId === undefined ? '; `/pool queries` lists them' : '; all of them are in the file';
}

/** Where somebody blocks the others, the others are left out: ending them mends nothing. */
export function worthShowing(sessions: readonly SessionRow[]): readonly SessionRow[] {
  const waits = (session: SessionRow): boolean => session.wait?.startsWith('Lock/') === true;
  const isBlocked = sessions.some((session) => session.blocks > 0 && !waits(session));
  const worth = isBlocked
    ? sessions.filter((session) => session.state !== 'idle' && !waits(session))
    : sessions;
  return worth.slice(0, MOST_ROWS);
}

/** Sessions, each with the buttons that ask for its end, or its query's where it is at one. */
export function sessionBlocks(
  sessions: readonly SessionRow[],
  options: { readonly i?: string; readonly pool: string; readonly buttons: boolean },
): Block[] {
  const { buttons, ...place } = options;
  return worthShowing(sessions).flatMap((session, index): Block[] => {
    const text = sessionText(session);
    if (!buttons || session.isProtected === true) return [section(text)];
    const terminate = terminateButton(place, session);
    // A section has room for one button; two stand in a row below it.
    return isAtQuery(session)
      ? [section(text), actions(`session-${index}`, [cancelButton(place, session), terminate])]
      : [section(text, terminate)];
  });
}

function isAtQuery(session: SessionRow): boolean {
  return session.state === 'active' && session.queryStart !== undefined;
}

function sessionText(session: SessionRow): string {
  const facts = [
    `*pid ${session.pid}*`,
    plain(session.application === '' ? 'no application name' : session.application, 64),
    `${plain(session.state, 40)} for ${duration(session.ageMs)}`,
  ];
  if (session.isProtected === true) facts.push('a superuser’s, never ended');
  if (session.blocks > 0) facts.push(`*blocks ${session.blocks}*`);
  const from = `${plain(session.user, 64)} from ${plain(session.client, 64)}`;
  const wait = session.wait === undefined ? '' : `, waits on ${plain(session.wait, 60)}`;
  const query = session.query === '' ? '' : `\n${codeBlock(session.query, 200)}`;
  return `${facts.join('  ·  ')}\n${from}${wait}${query}`;
}
