import type { App, RespondArguments } from '@slack/bolt';
import { readingOf } from '../../checks/connections.ts';
import { worthALook } from '../../checks/sessions.ts';
import { may } from '../../incident/access.ts';
import { TIMEOUT_SETTINGS, type TimeoutSetting } from '../../incident/remedy.ts';
import type { Incident } from '../../incident/state.ts';
import { timeoutValue } from '../../remedies/timeout.ts';
import type { Desk, PoolDesk } from '../desk.ts';
import { changesView } from '../views/changes.ts';
import { diagnosisView } from '../views/diagnosis.ts';
import { helpView } from '../views/help.ts';
import { link } from '../views/mrkdwn.ts';
import { remediesView } from '../views/remedies.ts';
import { incidentsView, type PoolStatus, queriesView, statusView } from '../views/status.ts';
import { toldText } from '../views/told.ts';
import { escalate, oncall } from './escalation-commands.ts';
import { actorOf, troubleText } from './press.ts';
import { askFor, undo } from './remedies.ts';
import { poolFor, type Reply, type Typed, unknownPool } from './typed.ts';

/** `/pool incidents` looks back this far for resolved ones. */
const LOOK_BACK_MS = 24 * 60 * 60_000;

/** So many open incidents are looked through for requests of a pool. */
const MOST_OPEN = 200;

/** The largest pid that fits PostgreSQL's integer. */
const LARGEST_PID = 2_147_483_647;

/** The slash command `/pool`: answers only the one who typed it, unless it opens or changes an incident. */
export function listenToPoolCommand(app: App, desk: Desk): void {
  app.command('/pool', async ({ ack, command, respond }) => {
    const began = performance.now();
    await ack();
    const ackMs = performance.now() - began;
    const words = command.text.trim().split(/\s+/).filter(Boolean);
    const name = (words[0] ?? 'help').toLowerCase();
    let answer: RespondArguments | undefined;
    let outcome: 'done' | 'failed' = 'done';
    try {
      const actor = await actorOf(desk, command.user_id, command.user_name);
      const channel = { id: command.channel_id, name: command.channel_name };
      answer = reply(await run(name, { desk, actor, words: words.slice(1), channel }));
    } catch (error) {
      desk.log.error({ err: error, command: name }, 'a command could not be carried out');
      answer = { text: troubleText(error) };
      outcome = 'failed';
    }
    desk.onInteraction(`/pool ${Object.hasOwn(RUN, name) ? name : 'other'}`, outcome, ackMs);
    if (answer === undefined) return;
    await respond({ response_type: 'ephemeral', ...answer }).catch((error: unknown) =>
      desk.log.warn({ err: error, command: name }, 'the answer did not reach the person'),
    );
  });
}

const RUN: Readonly<Record<string, (typed: Typed) => Promise<Reply>>> = {
  status,
  diagnose,
  queries,
  kill,
  remedies,
  timeout,
  undo: undoChange,
  incidents,
  escalate,
  oncall,
  help: async () => helpView(),
};

async function run(name: string, typed: Typed): Promise<Reply> {
  const command = Object.hasOwn(RUN, name) ? RUN[name] : undefined;
  return command === undefined ? helpView(name) : command(typed);
}

function reply(answer: Reply): RespondArguments | undefined {
  if (answer === undefined) return undefined;
  if ('code' in answer) {
    const text = toldText(answer);
    return text === undefined ? undefined : { text };
  }
  return 'blocks' in answer ? { text: answer.text, blocks: answer.blocks } : { text: answer.text };
}

async function status({ desk, words }: Typed): Promise<Reply> {
  const [wanted] = words;
  const pools =
    wanted === undefined
      ? [...desk.pools.values()]
      : [...desk.pools.values()].filter((one) => one.name === wanted);
  if (pools.length === 0) return unknownPool(desk, wanted);
  return statusView(await Promise.all(pools.map((pool) => statusOf(desk, pool))));
}

async function statusOf(desk: Desk, pool: PoolDesk): Promise<PoolStatus> {
  const incident = await desk.store.openIncidentOf(pool.name);
  const common = { pool: pool.name, ...(incident === undefined ? {} : { incident }) };
  try {
    const activity = await pool.activity();
    return {
      ...common,
      reading: readingOf(activity),
      byState: Object.fromEntries(Object.entries(activity.byState).filter(([, count]) => count > 0)),
    };
  } catch (error) {
    return { ...common, trouble: error instanceof Error ? error.message : String(error) };
  }
}

/** With an incident open its steps run again, in its thread; else the answer is for the one who asked. */
async function diagnose({ desk, actor, words, channel }: Typed): Promise<Reply> {
  const pool = poolFor(desk, words[0], channel);
  if (pool === undefined) return unknownPool(desk, words[0]);
  const open = await desk.store.openIncidentOf(pool.name);
  if (open === undefined) {
    const verdict = may(actor, 'responder', desk.access);
    return verdict.allowed
      ? diagnosisView(pool.name, await pool.diagnose())
      : { code: 'not_allowed', why: verdict.why };
  }
  const { told } = await desk.loop.submit({
    to: { incident: open.id },
    command: { type: 'RunAllSteps', by: actor },
  });
  return told?.code === 'done' ? { text: `All checks run again in ${threadOf(open)}.` } : told;
}

async function queries({ desk, words, channel }: Typed): Promise<Reply> {
  const pool = poolFor(desk, words[0], channel);
  if (pool === undefined) return unknownPool(desk, words[0]);
  const found = worthALook(await pool.activity(), await pool.locks());
  return queriesView(pool.name, found.headline, found.rows, found.more);
}

async function kill({ desk, actor, words, channel }: Typed): Promise<Reply> {
  const [typed = '', wanted] = words;
  const pid = Number(typed);
  if (!/^\d{1,10}$/.test(typed) || pid < 1 || pid > LARGEST_PID) {
    return {
      text: `\`/pool kill\` takes the pid of a backend, a whole number from 1 to ${LARGEST_PID}; \`/pool queries\` lists them.`,
    };
  }
  const pool = poolFor(desk, wanted, channel);
  if (pool === undefined) return unknownPool(desk, wanted);
  return askFor(desk, pool, actor, { action: 'terminate', pid });
}

/** Asks nothing of the database, so it answers when nothing else does. */
async function remedies({ desk, words, channel }: Typed): Promise<Reply> {
  const pool = poolFor(desk, words[0], channel);
  if (pool === undefined) return unknownPool(desk, words[0]);
  const [incident, open] = await Promise.all([
    desk.store.openIncidentOf(pool.name),
    desk.store.incidents({ limit: MOST_OPEN }),
  ]);
  return remediesView({
    pool: pool.name,
    configured: pool.configured,
    ...(incident === undefined ? {} : { incident }),
    open: open.filter((one) => one.pool === pool.name),
    access: desk.access,
  });
}

/** The timeouts by the words that people type. */
const TIMEOUTS: Readonly<Record<string, TimeoutSetting>> = {
  statement: 'statement_timeout',
  idle_in_transaction: 'idle_in_transaction_session_timeout',
  idle_session: 'idle_session_timeout',
};

async function timeout({ desk, actor, words, channel }: Typed): Promise<Reply> {
  const [named = '', ...rest] = words;
  const typed = named.toLowerCase();
  const setting =
    TIMEOUT_SETTINGS.find((one) => one === typed) ??
    (Object.hasOwn(TIMEOUTS, typed) ? TIMEOUTS[typed] : undefined);
  const [value] = rest.flatMap((word) => timeoutValue(word) ?? []);
  const others = rest.filter((word) => timeoutValue(word) === undefined);
  const [wanted] = others;
  if (setting === undefined || others.length > 1 || (wanted !== undefined && /^\d/.test(wanted))) {
    return {
      text: '`/pool timeout` takes `statement`, `idle_in_transaction` or `idle_session`, and a time such as `30s`, `5m` or `2h`.',
    };
  }
  const pool = poolFor(desk, wanted, channel);
  if (pool === undefined) return unknownPool(desk, wanted);
  return askFor(desk, pool, actor, {
    action: 'timeout',
    setting,
    ...(value === undefined ? {} : { value }),
  });
}

/** Lists the changes that stand, or sets one back: the one that is named as the list names it. */
async function undoChange({ desk, actor, words }: Typed): Promise<Reply> {
  const [wanted] = words;
  const [, incident, request] = /^(inc-\d{1,9})\/(r\d{1,6})$/.exec(wanted ?? '') ?? [];
  if (incident !== undefined && request !== undefined) {
    const told = await undo(desk, actor, incident, request);
    return told !== undefined && 'code' in told && told.code === 'done'
      ? { text: 'It is being undone; its thread tells how that goes.' }
      : told;
  }
  if (wanted !== undefined && !desk.pools.has(wanted)) return unknownPool(desk, wanted);
  return changesView(await desk.store.changed(wanted));
}

async function incidents({ desk }: Typed): Promise<Reply> {
  const now = await desk.store.now();
  const [found, dead] = await Promise.all([
    desk.store.incidents({ limit: 50, resolvedSince: new Date(now.getTime() - LOOK_BACK_MS) }),
    desk.outbox.dead(10),
  ]);
  return incidentsView(found, dead);
}

function threadOf(incident: Incident): string {
  const way = incident.thread?.permalink;
  return way === undefined ? 'its thread' : link(way, 'its thread');
}
