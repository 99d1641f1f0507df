import type { Policy } from '../../incident/policy.ts';
import type { Action, RemedyRequest } from '../../incident/remedy.ts';
import type { Incident } from '../../incident/state.ts';
import { type Block, context, section, type View } from './blocks.ts';
import { code, fallback, link, person, plain, time } from './mrkdwn.ts';
import { remedyButton } from './remedy-buttons.ts';
import { suggestedButton, worthNaming } from './verdict.ts';

/** What `/pool remedies` shows of a pool. */
export interface PoolRemedies {
  readonly pool: string;
  /** What is done to the application, of all that the pool's configuration has a way for. */
  readonly configured: ReadonlySet<Action>;
  /** The pool's open incident. */
  readonly incident?: Incident;
  /** Everything of the pool that is open: its incident, and requests that stand for themselves. */
  readonly open: readonly Incident[];
  readonly access: Policy['access'];
}

/** So many requests are listed; more are waiting in no pool that people still look after. */
const MOST_REQUESTS = 10;

/** What acts on the application, with its words. */
const ON_APPLICATION: readonly (readonly [action: Action, does: string, key: string])[] = [
  ['restart', '*Restart*: the application gives back every connection and starts anew', 'restart'],
  ['pool_size', '*Raise pool size*: more connections for a while', 'pool_size'],
];

/** `/pool remedies`: what can be done for the pool now and how to ask for it, what is under way, and who may approve. */
export function remediesView({ pool, configured, incident, open, access }: PoolRemedies): View {
  const place = { ...(incident === undefined ? {} : { i: incident.id }), pool };
  const blocks: Block[] = [section(`*${plain(pool, 80)}*: nothing of this happens before an approval.`)];
  if (incident !== undefined) {
    const suggested = suggestedButton(incident);
    const cause = worthNaming(incident)[0]?.title ?? 'what the checks found';
    if (suggested !== undefined) blocks.push(section(`*Suggested now*: ${plain(cause, 150)}`, suggested));
  }
  blocks.push(
    section(
      [
        `• *Terminate* a session, or *Cancel query*: beside it in ${code(`/pool queries ${pool}`)}, or ${code(`/pool kill <pid> ${pool}`)}`,
        '• *Terminate* all sessions of a leak, or a forgotten prepared transaction: beside the verdict that names it',
        `• *Set timeout* for the application’s role: ${code(`/pool timeout statement 30s ${pool}`)}, also \`idle_in_transaction\` and \`idle_session\``,
      ].join('\n'),
    ),
  );
  for (const [action, does, key] of ON_APPLICATION) {
    const button = remedyButton(place, { action });
    // The suggestion above is the same press, and two of one id cannot stand in one message.
    const isAbove = blocks.some((block) =>
      JSON.stringify(block).includes(`"action_id":"${button?.action_id}"`),
    );
    if (button === undefined || isAbove) continue;
    blocks.push(
      configured.has(action)
        ? section(`• ${does}`, button)
        : section(`• ${does}. Not possible yet: add ${code(key)} to the pool in lifeguard.yaml`),
    );
  }
  blocks.push(section(underWay(open)), context(approvers(access)));
  return { text: fallback(`What can be done for ${pool}`), blocks };
}

function underWay(open: readonly Incident[]): string {
  const alive = open.flatMap((incident) =>
    Object.values(incident.requests)
      .filter(({ status }) => status === 'pending' || status === 'approved' || status === 'running')
      .map((request) => `• ${standing(request)}${threadOf(incident)}`),
  );
  if (alive.length === 0) return '*Under way*: nothing';
  const more = alive.length > MOST_REQUESTS ? `\nand ${alive.length - MOST_REQUESTS} more` : '';
  return `*Under way*\n${alive.slice(0, MOST_REQUESTS).join('\n')}${more}`;
}

function standing({ preview, status, requestedBy, approvals, expiresAt }: RemedyRequest): string {
  const what = `${plain(preview.title, 150)}, asked for by ${person(requestedBy)}`;
  const by = approvals.map((one) => person(one.by)).join(' and ');
  switch (status) {
    case 'approved':
      return `queued: ${what}, approved by ${by}`;
    case 'running':
      return `running: ${what}, approved by ${by}`;
    default:
      return `waits for an approval until ${time(expiresAt)}: ${what}${by === '' ? '' : `, approved by ${by} so far`}`;
  }
}

function threadOf({ thread }: Incident): string {
  return thread?.permalink === undefined ? '' : ` (${link(thread.permalink, 'thread')})`;
}

/** Who may approve, as Slack names them; nobody is named by what is not an id of Slack's. */
function approvers({ approvers, twoPerson }: Policy['access']): string {
  if (approvers.length === 0) return 'Nobody may approve: `access.approvers` is empty in lifeguard.yaml.';
  const names = approvers.map((id) =>
    id.startsWith('S') ? `<!subteam^${plain(id, 30)}>` : `<@${plain(id, 30)}>`,
  );
  const two =
    twoPerson.length === 0
      ? ''
      : ` Two of them besides the one who asks: ${twoPerson.map((action) => plain(action.replaceAll('_', ' '), 40)).join(', ')}.`;
  return `May approve: ${names.join(', ')}.${two}`;
}
