import type { CommandOf } from '../commands.ts';
import type { Event } from '../events.ts';
import { evolve } from '../evolve.ts';
import type { Facts } from '../facts.ts';
import { type PersonRef, refOf, SYSTEM } from '../people.ts';
import type { Policy } from '../policy.ts';
import type { Incident } from '../state.ts';
import { VERDICT_AFTER_MS } from '../timers.ts';
import { findDamage } from './at-once.ts';
import { type Decision, NOTHING, tell } from './decision.ts';
import { refuse } from './people.ts';

/**
 * The diagnosis of an incident: all steps start by themselves when it opens and when it opens again;
 * each comes back with findings for people and facts for the verdict; when none is running any more
 * the verdict is complete. Until then a timer may bring a verdict of what is there, for a check that
 * hangs must not keep people waiting.
 */

/**
 * All steps of the pool's runbook, begun by nobody's press; none for alerts that match no pool. A
 * reopening starts them all: what a run from before it finds is not of this outage, and is dropped.
 */
export function startSteps(state: Incident | undefined, at: string, policy: Policy): Event[] {
  if (state === undefined) return [];
  return stepsOf(state, policy).map((step) => stepStarted(state, step, at, SYSTEM));
}

/** Every step that is not running already, begun again by nobody's press: what was found before is out of date. */
export function restartSteps(state: Incident, at: string, policy: Policy): Event[] {
  return idleSteps(state, policy).map((step) => stepStarted(state, step, at, SYSTEM));
}

/** A diagnosis step is run, or run again. */
export function runStep(state: Incident, command: CommandOf<'RunStep'>, now: Date, policy: Policy): Decision {
  const { step } = command;
  const refused = refuse(command.by, 'responder', `Run step ${step}`, now, policy);
  if (refused !== undefined) return refused;
  if (state.status === 'resolved') return tell({ code: 'already_resolved' });
  if (!stepsOf(state, policy).includes(step)) return tell({ code: 'no_such_step', step });
  if (state.steps[step]?.running === true) return tell({ code: 'step_running', step });
  return {
    events: [stepStarted(state, step, now.toISOString(), refOf(command.by))],
    told: { code: 'done' },
  };
}

/** Every step that is not running already is run again. */
export function runAllSteps(
  state: Incident,
  command: CommandOf<'RunAllSteps'>,
  now: Date,
  policy: Policy,
): Decision {
  const refused = refuse(command.by, 'responder', 'Run all checks', now, policy);
  if (refused !== undefined) return refused;
  if (state.status === 'resolved') return tell({ code: 'already_resolved' });
  if (stepsOf(state, policy).length === 0) return tell({ code: 'no_steps' });
  const idle = idleSteps(state, policy);
  if (idle.length === 0) return tell({ code: 'all_steps_running' });
  const at = now.toISOString();
  return {
    events: idle.map((step) => stepStarted(state, step, at, refOf(command.by))),
    told: { code: 'done' },
  };
}

/** A step came back. A run that was overtaken by a newer one is dropped. */
export function recordStep(
  state: Incident,
  command: CommandOf<'RecordStep'>,
  now: Date,
  policy: Policy,
): Decision {
  const step = state.steps[command.step];
  if (step === undefined || !step.running || step.run !== command.run) return NOTHING;
  const { type: _type, ...rest } = command;
  const finished: Event = { type: 'StepFinished', at: now.toISOString(), ...rest };
  const next = evolve(state, finished);
  const isLast = Object.values(next.steps).every((one) => !one.running);
  // Early on a verdict waits for the rest; once it is due, each step that comes in late adds to it.
  const isDue = now.getTime() - Date.parse(step.startedAt) >= VERDICT_AFTER_MS;
  const verdict = isLast || isDue ? verdictOf(next, now, policy) : [];
  return { events: [finished, ...verdict, ...findDamage(next, now, policy)] };
}

/** The timer: what the checks that have come back speak for, where no verdict has been reached by now. */
export function reachVerdict(state: Incident, now: Date, policy: Policy): Decision {
  const isThere = state.verdict !== undefined || state.status === 'resolved';
  const hasAny = Object.values(state.steps).some((step) => step.facts !== undefined && !step.running);
  return isThere || !hasAny ? NOTHING : { events: verdictOf(state, now, policy) };
}

/** A person confirms the verdict's cause, or names another. A later word replaces an earlier one. */
export function nameRootCause(
  state: Incident,
  command: CommandOf<'NameRootCause'>,
  now: Date,
  policy: Policy,
): Decision {
  const refused = refuse(command.by, 'responder', 'Root cause…', now, policy);
  if (refused !== undefined) return refused;
  const title = command.title.trim();
  if (title === '') return tell({ code: 'no_cause_given' });
  if (state.rootCause?.title === title) return tell({ code: 'done' });
  return {
    events: [
      {
        type: 'RootCauseNamed',
        at: now.toISOString(),
        by: refOf(command.by),
        title,
        confirmed: command.cause !== undefined && command.cause === state.verdict?.causes[0]?.cause,
        ...(command.cause === undefined ? {} : { cause: command.cause }),
      },
    ],
    told: { code: 'done' },
  };
}

/** A file stands in the thread, or never will. */
export function recordFile(state: Incident, command: CommandOf<'RecordFile'>, now: Date): Decision {
  const { type: _type, ...rest } = command;
  if (state.files[rest.file]?.fileId !== undefined && state.files[rest.file]?.firing === rest.firing)
    return NOTHING;
  return { events: [{ type: 'FileShared', at: now.toISOString(), ...rest }] };
}

function verdictOf(state: Incident, now: Date, policy: Policy): Event[] {
  if (policy.diagnose === undefined || state.kind !== 'incident') return [];
  const steps = Object.values(state.steps);
  const facts: Facts = Object.assign({}, ...steps.map((step) => (step.running ? {} : step.facts)));
  const verdict = policy.diagnose(facts);
  const complete = steps.every((step) => !step.running);
  const before = state.verdict;
  const isSame =
    before?.complete === complete && JSON.stringify(before.causes) === JSON.stringify(verdict.causes);
  return isSame ? [] : [{ type: 'VerdictReached', at: now.toISOString(), verdict, complete }];
}

function stepsOf(state: Incident, policy: Policy): readonly number[] {
  return state.pool === undefined ? [] : (policy.pool?.steps ?? []);
}

function idleSteps(state: Incident, policy: Policy): number[] {
  return stepsOf(state, policy).filter((step) => state.steps[step]?.running !== true);
}

function stepStarted(state: Incident, step: number, at: string, by: PersonRef): Event {
  return { type: 'StepStarted', at, step, run: (state.steps[step]?.run ?? 0) + 1, by };
}
