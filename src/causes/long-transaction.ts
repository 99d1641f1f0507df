import type { Cause } from './cause.ts';
import type { SessionFact } from './facts.ts';
import { aimedAt, session, time } from './figures.ts';
import { leakInTransaction, longAtWork, waiting } from './signs.ts';
import { ramp } from './weight.ts';

/** More long statements than this are a slow workload and not one long statement. */
const FEW = 2;

/** One transaction or statement that has been open for far longer than the others. */
export const longTransaction: Cause = {
  id: 'long_transaction',
  title: 'One transaction has been open too long',
  weigh(facts, scale) {
    const { connections, locks } = facts;
    const queue = waiting(facts);
    const excused = new Set([locks?.blockedDdl?.pid, ...(facts.vacuum?.running ?? []).map((one) => one.pid)]);
    const free = (fact: SessionFact | undefined): fact is SessionFact =>
      fact !== undefined && fact.ageMs >= scale.minuteMs && !excused.has(fact.pid);
    const active = connections?.oldestActive;
    const open = connections?.oldestTransaction;
    const few = longAtWork(facts) <= FEW;
    const waits = (locks?.waiters ?? 0) + (facts.replication?.waitingForSync ?? 0) > 0;
    const leaked = leakInTransaction(facts, scale) !== undefined;
    const candidates: { readonly fact: SessionFact; readonly explained: boolean }[] = [];
    // An old active statement among waiters may be one of them, unless others are at work for that long.
    if (free(active))
      candidates.push({ fact: active, explained: !few || (waits && longAtWork(facts) === 0) });
    if (free(open) && open.pid !== active?.pid) {
      candidates.push({ fact: open, explained: leaked || (open.state === 'active' && (waits || !few)) });
    }
    const best = candidates.find((one) => !one.explained) ?? candidates[0];
    if (best === undefined) return undefined;
    const isRoot = locks?.root?.pid === best.fact.pid && queue.behindOthers + queue.behindDdl > 0;
    const age = ramp(best.fact.ageMs, scale.minuteMs, 5 * scale.minuteMs);
    return {
      weight: best.explained ? 0.2 + 0.1 * age : isRoot ? 0.4 + 0.1 * age : 0.65 + 0.25 * age,
      evidence: [session(best.fact), `longer than ${time(scale.minuteMs)}`],
      ...aimedAt(best.fact, best.fact.state === 'active' ? 'cancel' : 'terminate'),
      advice: 'End it if nobody needs its result; keep transactions short and reports off this database.',
    };
  },
};
