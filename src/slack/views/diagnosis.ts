import type { Diagnosed } from '../desk.ts';
import { type Block, context, header, section, type View } from './blocks.ts';
import { bullets, code, duration, fallback, plain } from './mrkdwn.ts';
import { confidence, isWorthNaming } from './verdict.ts';

const MOST_LINES = 4;

/** `/pool diagnose` without an incident: the verdict first, then what each step found. */
export function diagnosisView(pool: string, { steps, verdict, ms }: Diagnosed): View {
  const [first, ...others] = verdict.causes.filter(isWorthNaming);
  const blocks: Block[] = [header(`${pool}: diagnosis`)];
  if (first === undefined) blocks.push(section('*Most likely:* nothing is wrong; no cause stands out.'));
  else {
    blocks.push(section(`*Most likely:* ${plain(first.title, 150)} (${confidence(first)})`));
    blocks.push(
      section(`${bullets(first.evidence.slice(0, MOST_LINES))}\n*What to do:* ${plain(first.advice, 600)}`),
    );
  }
  if (others.length > 0) {
    blocks.push(
      context(
        `or else: ${others.map((one) => `${plain(one.title, 150)} (${confidence(one)})`).join('  ·  ')}`,
      ),
    );
  }
  for (const { number, title, findings } of steps) {
    const lines = [`*Step ${number}: ${plain(title, 150)}*`, plain(findings.headline, 500)];
    if (findings.lines.length > 0) lines.push(bullets(findings.lines, MOST_LINES));
    if (findings.mend !== undefined) lines.push(`*To mend it:* ${code(findings.mend, 600)}`);
    blocks.push(section(lines.join('\n')));
  }
  blocks.push(context(`all steps took ${duration(ms)}; \`/pool queries\` lists the sessions`));
  return { text: fallback(`${pool}: ${first?.title ?? 'nothing stands out'}`), blocks };
}
