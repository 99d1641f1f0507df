import type { StepFindings } from '../incident/events.ts';
import type { DamageFacts, Facts } from '../incident/facts.ts';
import type { PoolReading } from '../incident/remedy.ts';
import { maskLiterals } from '../observe/errors.ts';
import { maskShapes } from '../observe/mask.ts';
import { faultOf, INSUFFICIENT_PRIVILEGE } from '../pool/faults.ts';
import type { CheckCall } from '../runbook/types.ts';
import { type CheckContext, CheckFailure, type CheckResult } from './check.ts';
import { damageIn } from './damage.ts';
import { isOverNetwork, nameOf, runCall } from './run-call.ts';

/** All checks of a step together end after this long, whatever they wait for. */
export const STEP_TIMEOUT_MS = 8_000;

/** What a step came to. */
export interface StepResult {
  /** False when every check failed. */
  readonly ok: boolean;
  readonly findings: StepFindings;
  readonly facts: Partial<Facts>;
  readonly reading?: PoolReading;
}

type Outcome =
  | { readonly result: CheckResult }
  | { readonly failed: string; readonly mend?: string; readonly damage?: DamageFacts };

/**
 * Runs the checks of a step, those over the pool's connection one after the other and the rest beside them.
 * One that fails says so in one line, and the others go on. Never rejects.
 */
export async function runStep(
  context: CheckContext,
  calls: readonly CheckCall[],
  timeoutMs = STEP_TIMEOUT_MS,
): Promise<StepResult> {
  let callOff = (): void => {};
  const over = new Promise<'over'>((done) => {
    const timer = setTimeout(done, timeoutMs, 'over');
    callOff = () => clearTimeout(timer);
  });
  const outcomes = new Map<CheckCall, Outcome>();
  const runOne = async (call: CheckCall): Promise<void> => {
    outcomes.set(call, await attempt(context, call, over, timeoutMs));
  };
  const inTurn = async (): Promise<void> => {
    for (const call of calls) if (!isOverNetwork(call)) await runOne(call);
  };
  await Promise.all([inTurn(), ...calls.filter(isOverNetwork).map(runOne)]);
  callOff();
  return merged(calls.flatMap((call) => outcomes.get(call) ?? []));
}

async function attempt(
  context: CheckContext,
  call: CheckCall,
  over: Promise<'over'>,
  timeoutMs: number,
): Promise<Outcome> {
  // The time may be up before this one's turn comes: then it does not start.
  if ((await Promise.race([over, Promise.resolve('go' as const)])) === 'over')
    return lateOutcome(call, timeoutMs);
  try {
    const result = await Promise.race([runCall(context, call), over]);
    return result === 'over' ? lateOutcome(call, timeoutMs) : { result };
  } catch (error) {
    const damage = damageIn(error);
    const outcome = failedOutcome(call, error);
    return damage === undefined ? outcome : { ...outcome, damage };
  }
}

function lateOutcome(call: CheckCall, timeoutMs: number): Outcome {
  return { failed: `${nameOf(call)} did not end within the ${timeoutMs / 1_000} s of the step` };
}

function failedOutcome(call: CheckCall, error: unknown): Extract<Outcome, { failed: string }> {
  if (error instanceof CheckFailure) {
    const message = `${nameOf(call)}: ${oneLine(error.message)}`;
    return error.mend === undefined ? { failed: message } : { failed: message, mend: error.mend };
  }
  const fault = faultOf(error);
  if (fault.code === '57014') {
    return {
      failed: `${nameOf(call)}: the server ended it at its statement_timeout`,
      ...(call.kind === 'sql' ? { mend: 'make the statement cheaper, or raise `timeout` of its block' } : {}),
    };
  }
  const message = `${nameOf(call)} could not be run: ${oneLine(maskLiterals(fault.message, fault.code))}`;
  if (call.kind === 'sql') return { failed: message, ...sqlMend(fault.code) };
  if (fault.code !== INSUFFICIENT_PRIVILEGE) return { failed: message };
  return { failed: message, mend: 'grant pg_monitor to <the role of database_url>;' };
}

/** SQLSTATEs `undefined_table` and `undefined_function`. */
const UNKNOWN_NAME: readonly string[] = ['42P01', '42883'];

function sqlMend(code: string): { readonly mend?: string } {
  if (UNKNOWN_NAME.includes(code))
    return {
      mend: 'write names with their schema, such as public.orders: the search path is pg_catalog alone',
    };
  if (code === INSUFFICIENT_PRIVILEGE)
    return { mend: 'grant select on <the tables of the block> to <the role of database_url>;' };
  return {};
}

function oneLine(message: string): string {
  return maskShapes(message).replace(/\s+/g, ' ').slice(0, 300);
}

const SEVERITY = ['ok', 'warn', 'fail'] as const;

/**
 * One message of several checks: what the first came to as the headline, then what failed, then what each
 * has to say. A step whose own question got no answer says so first, whatever else was measured.
 */
function merged(outcomes: readonly Outcome[]): StepResult {
  const results = outcomes.flatMap((outcome) => ('result' in outcome ? [outcome.result] : []));
  const failures = outcomes.flatMap((outcome) => ('failed' in outcome ? [outcome] : []));
  const findings = results.map((result) => result.findings);
  const opening = outcomes[0];
  const failedFirst = opening !== undefined && 'failed' in opening ? opening : undefined;
  const first = failedFirst === undefined ? findings[0] : undefined;
  const others = failedFirst === undefined ? findings.slice(1) : findings;
  const mends = findings.flatMap((one) => one.mend ?? []);
  const firstMend =
    failedFirst?.mend ?? mends[0] ?? failures.find((failure) => failure.mend !== undefined)?.mend;
  // What failed stands first: at the end of a long list it would be what is cut.
  const lines = [
    ...failures
      .filter((failure) => failure !== failedFirst)
      .map((failure) =>
        failure.mend === undefined || failure.mend === firstMend
          ? failure.failed
          : `${failure.failed}; to mend it: ${failure.mend}`,
      ),
    ...(first?.lines ?? []),
    ...others.flatMap((one) => [one.headline, ...one.lines]),
  ];
  const listed = findings.find((one) => one.sessions !== undefined);
  const tree = findings.find((one) => one.tree !== undefined)?.tree;
  const rest = findings.find((one) => one.rest !== undefined)?.rest;
  const severities = findings.map((finding) => finding.verdict);
  if (failedFirst !== undefined && results.length > 0) severities.push('warn');
  const verdict = SEVERITY.findLast((one) => severities.includes(one));
  const reading = results.find((result) => result.reading !== undefined)?.reading;
  return {
    ok: results.length > 0 || outcomes.length === 0,
    findings: {
      headline: failedFirst?.failed ?? first?.headline ?? 'This step has nothing to run: it is for people',
      lines,
      ...(listed?.sessions === undefined ? {} : { sessions: listed.sessions }),
      ...(listed?.more === undefined ? {} : { more: listed.more }),
      ...(firstMend === undefined ? {} : { mend: firstMend }),
      ...(tree === undefined ? {} : { tree }),
      ...(rest === undefined ? {} : { rest }),
      ...(verdict === undefined ? {} : { verdict }),
    },
    facts: Object.assign(
      {},
      ...results.map((result) => result.facts),
      ...failures.flatMap(({ damage }) => (damage === undefined ? [] : [{ damage }])),
    ),
    ...(reading === undefined ? {} : { reading }),
  };
}
