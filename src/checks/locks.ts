import { z } from 'zod';
import type { LockFacts, SessionFact } from '../incident/facts.ts';
import { duration } from '../incident/words.ts';
import type { Lifeline } from '../pool/lifeline.ts';
import type { LockGraph, LockPlace } from '../pool/locks.ts';
import { shortenQuery } from '../pool/querytext.ts';
import { exactMoment, type PoolSession } from '../pool/session-row.ts';
import type { BuiltinParams } from '../runbook/builtin.ts';
import { CHECK_TIMEOUT_MS, type Check, counted } from './check.ts';
import { sessionFact } from './connections.ts';
import { lockTree, PREPARED_PID } from './lock-tree.ts';

/** Processes of the server, and what they do: a vacuum worker waits and blocks like anybody else. */
const OTHERS_SQL = `
select a.pid,
       ${exactMoment('a.backend_start')} as backend_start,
       coalesce(a.backend_type, 'backend') as kind,
       coalesce(a.state, '') as state,
       coalesce(extract(epoch from clock_timestamp() - a.xact_start) * 1000, 0)::float8 as age_ms,
       left(a.query, 4000) as query
  from pg_stat_activity a
 where a.pid = any($1)`;

/** What is waited for; the table behind a row lock shows in the tuple lock of who is first in the queue. */
const WANTED_SQL = `
select l.relation::regclass::text as relation,
       count(*)::int as waiters
  from pg_locks l
 where l.relation is not null
   and l.database in (0, (select oid from pg_database where datname = current_database()))
   and (not l.granted or l.locktype = 'tuple')
 group by 1
 order by 2 desc
 limit 1`;

const otherRow = z.object({
  pid: z.int(),
  backend_start: z.string().nullable(),
  kind: z.string(),
  state: z.string(),
  age_ms: z.number(),
  query: z.string().nullable(),
});

/** Changes a table's definition, and so wants it for itself; seen at the start of any statement of the text. */
const DDL =
  /(?:^|;)\s*(?:alter|create|drop|truncate|reindex|cluster|refresh|lock|comment|grant|revoke|vacuum\s*(?:\([^)]*\bfull\b|full))\b/i;
const VACUUM = /(?:^|;)\s*(?:autovacuum:\s*)?vacuum\b/i;

interface Party extends SessionFact {
  readonly isVacuum: boolean;
}

/** Who waits for whom, drawn as a tree with its root; asks `pg_blocking_pids` once, for waiters only. */
export const locks: Check<BuiltinParams<'locks'>> = {
  name: 'locks',
  over: 'lifeline',
  async run({ snapshots, lifeline }, { overMs, top }) {
    const activity = await snapshots.activity();
    const graph = await snapshots.locks();
    const sessions = new Map(activity.sessions.map((session) => [session.pid, session]));
    const waiting = [...graph.values()].filter((place) => place.blockedBy.length > 0);
    if (waiting.length === 0) {
      return {
        findings: { headline: 'Nobody waits for a lock', lines: [], verdict: 'ok' },
        facts: { locks: { waiters: 0, behindPrepared: 0 } },
      };
    }
    const parties = await partiesOf(lifeline, graph, sessions);
    const table = await wantedTable(lifeline);
    const facts = lockFacts(graph, waiting, parties, sessions, table);
    const longest = Math.max(0, ...waiting.map(({ pid }) => sessions.get(pid)?.queryMs ?? 0));
    const lines: string[] = [];
    if (table !== undefined) lines.push(`Most of them want ${table}`);
    if (facts.blockedDdl !== undefined)
      lines.push(
        `pid ${facts.blockedDdl.pid} wants to change a definition, and ${counted(facts.blockedDdl.behind, 'session')} queue behind it`,
      );
    if (facts.behindPrepared > 0)
      lines.push(
        `${counted(facts.behindPrepared, 'session')} wait for a prepared transaction, which no session holds`,
      );
    return {
      findings: {
        headline: headlineOf(facts),
        lines,
        tree: lockTree(
          graph,
          (pid) => describe(pid, parties, sessions),
          (pid) => kindOfWaiter(pid, parties, sessions),
          Math.max(top, 1) * 2,
        ),
        verdict: longest >= overMs ? 'warn' : 'ok',
      },
      facts: { locks: facts },
    };
  },
};

function headlineOf({ waiters, root }: LockFacts): string {
  const who = `${counted(waiters, 'session waits', 'sessions wait')} for a lock`;
  return root === undefined ? who : `${who}; pid ${root.pid} is at the root and blocks ${root.blocks}`;
}

async function partiesOf(
  lifeline: Lifeline,
  graph: LockGraph,
  sessions: ReadonlyMap<number, PoolSession>,
): Promise<Map<number, Party>> {
  const parties = new Map<number, Party>();
  const unknown: number[] = [];
  for (const pid of graph.keys()) {
    const session = sessions.get(pid);
    if (session === undefined) {
      if (pid !== PREPARED_PID) unknown.push(pid);
      continue;
    }
    const ageMs = session.state === 'active' ? session.queryMs : session.transactionMs;
    parties.set(pid, { ...sessionFact(session, ageMs), isVacuum: VACUUM.test(session.query) });
  }
  if (unknown.length === 0) return parties;
  const rows = await lifeline.query(OTHERS_SQL, [unknown], { timeoutMs: CHECK_TIMEOUT_MS });
  for (const row of z.array(otherRow).parse(rows)) {
    parties.set(row.pid, {
      pid: row.pid,
      backendStart: row.backend_start ?? '',
      application: row.kind,
      state: row.state,
      ageMs: Math.round(row.age_ms),
      query: shortenQuery(row.query ?? ''),
      ...(row.kind === 'client backend' ? {} : { isProtected: true as const }),
      isVacuum: row.kind === 'autovacuum worker' || VACUUM.test(row.query ?? ''),
    });
  }
  return parties;
}

async function wantedTable(lifeline: Lifeline): Promise<string | undefined> {
  const rows = await lifeline.query(WANTED_SQL, [], { timeoutMs: CHECK_TIMEOUT_MS });
  return z.array(z.object({ relation: z.string() })).parse(rows)[0]?.relation;
}

function lockFacts(
  graph: LockGraph,
  waiting: readonly LockPlace[],
  parties: ReadonlyMap<number, Party>,
  sessions: ReadonlyMap<number, PoolSession>,
  table: string | undefined,
): LockFacts {
  const byReach = [...graph.values()].sort((one, other) => other.blocksInAll - one.blocksInAll);
  const place = byReach.find(({ pid, blockedBy }) => blockedBy.length === 0 && pid !== PREPARED_PID);
  const root = place === undefined ? undefined : parties.get(place.pid);
  const ddl = byReach.find(
    ({ pid, blockedBy }) => blockedBy.length > 0 && DDL.test(parties.get(pid)?.query ?? ''),
  );
  const ddlParty = ddl === undefined ? undefined : parties.get(ddl.pid);
  return {
    waiters: waiting.length,
    ...(place === undefined || root === undefined
      ? {}
      : {
          root: {
            ...root,
            blocks: place.blocksInAll,
            kind: kindOf(place, sessions),
            isDdl: DDL.test(root.query),
          },
        }),
    ...(ddl === undefined || ddlParty === undefined
      ? {}
      : { blockedDdl: { ...withoutVacuum(ddlParty), behind: ddl.blocksInAll } }),
    behindPrepared: waiting.filter(({ blockedBy }) => blockedBy.includes(PREPARED_PID)).length,
    ...(table === undefined ? {} : { table }),
  };
}

function withoutVacuum({ isVacuum: _isVacuum, ...session }: Party): SessionFact {
  return session;
}

/** The lock that those wait for who are directly behind it (documentation, "Wait Events of Type Lock"). */
function kindOf(place: LockPlace, sessions: ReadonlyMap<number, PoolSession>): 'row' | 'table' | 'other' {
  const wanted = place.blocks.map((pid) => sessions.get(pid)?.waitEvent);
  if (wanted.includes('relation')) return 'table';
  return wanted.some((event) => event === 'transactionid' || event === 'tuple') ? 'row' : 'other';
}

/** Two waiters of one application with one statement, waiting on the same, differ in their age alone. */
function kindOfWaiter(
  pid: number,
  parties: ReadonlyMap<number, Party>,
  sessions: ReadonlyMap<number, PoolSession>,
): string {
  const party = parties.get(pid);
  if (party === undefined) return `pid ${pid}`;
  return JSON.stringify([party.application, party.state, party.query, sessions.get(pid)?.waitEvent]);
}

function describe(
  pid: number,
  parties: ReadonlyMap<number, Party>,
  sessions: ReadonlyMap<number, PoolSession>,
): string {
  if (pid === PREPARED_PID) return 'a prepared transaction (no session)';
  const party = parties.get(pid);
  if (party === undefined) return `pid ${pid}`;
  const wait = sessions.get(pid);
  const wants = wait?.waitEventType === 'Lock' ? `, waits on ${wait.waitEvent ?? 'a lock'}` : '';
  const name = party.application === '' ? '' : ` ${party.application}`;
  return `pid ${pid}${name}, ${party.state} for ${duration(party.ageMs)}${wants}: ${party.query}`;
}
