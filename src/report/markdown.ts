import { duration } from '../incident/words.ts';
import { sparkline } from '../pool/series.ts';
import { clockOf, readingText } from './timeline.ts';
import type { Cause, LevelCalled, RemedyDone, Report } from './types.ts';

/**
 * The report as Markdown (CommonMark with GitHub's tables and task lists), to be read as plain text too. Whatever
 * comes from outside is escaped: it can be neither markup nor a link.
 */
export function reportMarkdown(report: Report): string {
  const sections = [
    `# Incident ${md(report.incident)}: ${md(report.title)}`,
    head(report),
    ['## Summary', report.summary.map((sentence) => `- ${md(sentence)}`).join('\n')].join('\n\n'),
    times(report),
    causeText(report.cause),
    remediesText(report.remedies),
    escalationText(report.escalation),
    utilisation(report),
    [
      '## Timeline',
      report.timeline.map(({ at, text }) => `- ${dayIf(report, at)}${clockOf(at)} ${md(text)}`).join('\n'),
    ].join('\n\n'),
    followUps(report),
    '_A draft, read off what Lifeguard recorded. Impact on users, and what could have prevented it, are for people to add._',
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function head(report: Report): string {
  const lines = [
    `- Severity: ${md(report.severity)}`,
    ...(report.pool === undefined ? [] : [`- Pool: ${md(report.pool)}`]),
    `- Began: ${moment(report.startsAt)}`,
    report.resolvedAt === undefined
      ? '- Status: **open**'
      : `- Resolved: ${moment(report.resolvedAt)}${report.resolvedBy === undefined ? ', all alerts had cleared' : `, by ${md(report.resolvedBy)}`}`,
    ...(report.thread === undefined ? [] : [`- Thread: <${encodeURI(report.thread)}>`]),
  ];
  return lines.join('\n');
}

function times({ durations }: Report): string {
  const rows: [string, number | undefined][] = [
    ['until Lifeguard had it', durations.detectMs],
    ['until somebody acknowledged', durations.acknowledgeMs],
    ['until the verdict', durations.verdictMs],
    ['until it was mitigated', durations.mitigateMs],
    ['until it was resolved', durations.resolveMs],
  ];
  const lines = rows.map(([what, ms]) => `| ${what} | ${ms === undefined ? '–' : duration(ms)} |`);
  return ['## Times', ['| from the beginning | |', '| --- | ---: |', ...lines].join('\n')].join('\n\n');
}

function causeText(cause: Cause | undefined): string {
  if (cause === undefined) return '## Root cause\n\nNot known.';
  const how =
    cause.by === undefined
      ? `by the checks, at ${Math.round((cause.probability ?? 0) * 100)} %; not confirmed by a person`
      : `by the word of ${md(cause.by)}`;
  const others =
    cause.others.length === 0
      ? []
      : [
          `Less likely: ${cause.others.map((one) => `${md(one.title)} (${Math.round(one.probability * 100)} %)`).join(', ')}.`,
        ];
  return [
    '## Root cause',
    `**${md(cause.title)}**, ${how}.`,
    ...(cause.evidence.length === 0 ? [] : [cause.evidence.map((line) => `- ${md(line)}`).join('\n')]),
    ...(cause.advice === undefined ? [] : [`To do about it: ${md(cause.advice)}`]),
    ...others,
  ].join('\n\n');
}

const ENDS: Readonly<Record<RemedyDone['end'], string>> = {
  helped: 'helped',
  did_not_help: 'did **not** help',
  not_measured: 'done, effect not measured',
  not_done: 'not done',
  open: 'not ended',
};

function remediesText(remedies: readonly RemedyDone[]): string {
  if (remedies.length === 0) return '## What was done\n\nNo remedy was asked for.';
  const entries = remedies.map((one) => {
    const approved =
      one.approvedBy.length === 0 ? '' : `, approved by ${one.approvedBy.map(md).join(' and ')}`;
    const lines = [
      `- **${md(one.title)}**: ${ENDS[one.end]}`,
      `  - asked for by ${md(one.requestedBy)} at ${clockOf(one.requestedAt)}${approved}${one.reason === undefined ? '' : `: ${md(one.reason)}`}`,
      `  - ${md(one.detail)}`,
      ...(one.after === undefined
        ? []
        : [
            `  - the pool: ${one.before === undefined ? '' : `${readingText(one.before)} before, `}${readingText(one.after)} after`,
          ]),
      ...(one.undone === undefined ? [] : [`  - the change: ${md(one.undone)}`]),
    ];
    return lines.join('\n');
  });
  return ['## What was done', entries.join('\n')].join('\n\n');
}

const PAGES: Readonly<Record<LevelCalled['page'], string>> = {
  sent: 'paged',
  not_sent: 'page not delivered',
  none: 'announced',
};

function escalationText(levels: readonly LevelCalled[]): string {
  if (levels.length === 0) return '';
  const rows = levels.map(
    ({ level, name, at, why, page }) =>
      `| ${level} | ${md(name)} | ${clockOf(at)} | ${md(why)} | ${PAGES[page]} |`,
  );
  return [
    '## Escalation',
    ['| level | who | at | why | |', '| ---: | --- | --- | --- | --- |', ...rows].join('\n'),
  ].join('\n\n');
}

/** The pool's measurements as a line of bars: a picture that plain text can hold. */
function utilisation({ readings }: Report): string {
  const own = readings.filter(({ of }) => of === undefined);
  const [first, last] = [own[0], own.at(-1)];
  if (first === undefined || last === undefined || own.length < 2) return '';
  const points = own.map(({ at, percent }) => ({ at: new Date(at), value: percent }));
  const bars = sparkline(points, { from: new Date(first.at), to: new Date(last.at) });
  return `## How full the pool was\n\n\`${bars}\` ${clockOf(first.at)} to ${clockOf(last.at)}, from ${Math.round(first.percent)} % to ${Math.round(last.percent)} %`;
}

function followUps({ followUps: items }: Report): string {
  if (items.length === 0) return '';
  const lines = items.map(({ title, assignee, due, done }) => {
    const who = assignee === undefined ? ', nobody has it yet' : `, ${md(assignee)}`;
    return `- [${done ? 'x' : ' '}] ${md(title)}${done && assignee === undefined ? '' : who}${due === undefined ? '' : `, due ${due}`}`;
  });
  return ['## Follow-ups', lines.join('\n')].join('\n\n');
}

function moment(iso: string): string {
  return `${iso.slice(0, 10)} ${clockOf(iso)}`;
}

/** The day, where it is not the one on which it began. */
function dayIf(report: Report, at: string): string {
  return at.slice(0, 10) === report.startsAt.slice(0, 10) ? '' : `${at.slice(0, 10)} `;
}

/** What can begin markup anywhere in CommonMark, or a mention or a bare link where it is pasted. */
const MARKS = /[\\`*_[\]{}<>#|~!&@]/g;

/** Outside text inside a line of Markdown: one line, nothing of it markup. */
export function md(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .trim()
    .replace(MARKS, (mark) => (mark === '@' ? '@\u200b' : `\\${mark}`))
    .replace(/\b(https?|ftp):\/\//gi, '$1:\u200b//')
    .replace(/\bwww\./gi, 'www\u200b.');
}
