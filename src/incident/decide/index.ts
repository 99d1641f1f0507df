import type { Command } from '../commands.ts';
import { refOf } from '../people.ts';
import type { Policy } from '../policy.ts';
import type { Incident } from '../state.ts';
import { receiveAlerts } from './alerts.ts';
import { recordDeadEffect } from './dead-effects.ts';
import { type Decision, NOTHING, tell } from './decision.ts';
import { nameRootCause, reachVerdict, recordFile, recordStep, runAllSteps, runStep } from './diagnosis.ts';
import { endRemedy, startRemedy } from './execution.ts';
import { assignFollowUp, closeFollowUp, remindFollowUp } from './follow-ups.ts';
import { takeNotice } from './notices.ts';
import {
  checkEscalation,
  recordAssignment,
  recordPage,
  recordPageFailure,
  recordThread,
} from './outcomes.ts';
import { acknowledge, escalate, resolve, suspectDataCorruption } from './people.ts';
import { approve, cancelQueued, deny, expireRequest, requestRemedy } from './remedies.ts';
import { handOver, snooze } from './shift.ts';
import { recordResponsive, recordUnresponsive } from './silence.ts';
import { bringThread, endStorm, gatherStorm } from './storm.ts';
import { delayUndo, endUndo, revertRemedy, startUndo, undo } from './undo.ts';
import { recordVerification } from './verification.ts';
import { clearWarning, raiseWarning } from './warning.ts';

export type { Decision, Told } from './decision.ts';

/**
 * What a command leads to, given the incident, the time and the rules. Pure: no clock, no I/O, so a
 * whole incident replays in a test in microseconds.
 *
 * An incident's life: alerts open it → people acknowledge, run steps, ask for remedies and approve
 * them → levels are reached as time goes by → it resolves when its alerts clear or a person closes
 * it → an alert soon after reopens it. A command that comes too late, twice, or to an incident that
 * has moved on leads to no event, and the one who gave it is told how things stand.
 *
 * @param state the incident; `undefined` when none is there yet
 */
export function decide(state: Incident | undefined, command: Command, now: Date, policy: Policy): Decision {
  if (command.type === 'ReceiveAlerts') return receiveAlerts(state, command, now, policy);
  if (command.type === 'RequestRemedy') return requestRemedy(state, command, now, policy);
  if (command.type === 'RaiseWarning') return raiseWarning(state, command, now, policy);
  if (command.type === 'GatherStorm') return gatherStorm(state, command, now);
  if (state === undefined) return tell({ code: 'not_open' });
  switch (command.type) {
    case 'EndStorm':
      return endStorm(state, now);
    case 'BringThread':
      return bringThread(state, command, now, policy);
    case 'Acknowledge':
      return acknowledge(state, command, now, policy);
    case 'RunStep':
      return runStep(state, command, now, policy);
    case 'ClearWarning':
      return clearWarning(state, command, now);
    case 'RunAllSteps':
      return runAllSteps(state, command, now, policy);
    case 'NameRootCause':
      return nameRootCause(state, command, now, policy);
    case 'Approve':
      return approve(state, command, now, policy);
    case 'Deny':
      return deny(state, command, now, policy);
    case 'CancelQueued':
      return cancelQueued(state, command, now, policy);
    case 'Escalate':
      return escalate(state, command, now, policy);
    case 'Snooze':
      return snooze(state, command, now, policy);
    case 'HandOver':
      return handOver(state, command, now, policy);
    case 'SuspectDataCorruption':
      return suspectDataCorruption(state, command, now, policy);
    case 'Resolve':
      return resolve(state, command, now, policy);
    case 'NoteRefusal': {
      const { act, by, why } = command;
      return {
        events: [{ type: 'ActRefused', at: now.toISOString(), act, by: refOf(by), why }],
        told: { code: 'not_allowed', why },
      };
    }
    case 'AssignFollowUp':
      return assignFollowUp(state, command, now, policy);
    case 'CloseFollowUp':
      return closeFollowUp(state, command, now, policy);
    case 'RemindFollowUp':
      return remindFollowUp(state, command, now);
    case 'CheckEscalation':
      return checkEscalation(state, now, policy);
    case 'ExpireRequest':
      return expireRequest(state, command, now);
    case 'RecordThread':
      return recordThread(state, command, now);
    case 'RecordStep':
      return recordStep(state, command, now, policy);
    case 'RecordFile':
      return recordFile(state, command, now);
    case 'ReachVerdict':
      return reachVerdict(state, now, policy);
    case 'StartRemedy':
      return startRemedy(state, command, now, policy);
    case 'EndRemedy':
      return endRemedy(state, command, now);
    case 'Undo':
      return undo(state, command, now, policy);
    case 'RevertRemedy':
      return revertRemedy(state, command, now);
    case 'StartUndo':
      return startUndo(state, command, now, policy);
    case 'DelayUndo':
      return delayUndo(state, command, now);
    case 'EndUndo':
      return endUndo(state, command, now);
    case 'RecordVerification':
      return recordVerification(state, command, now, policy);
    case 'RecordUnresponsive':
      return recordUnresponsive(state, command, now, policy);
    case 'RecordResponsive':
      return recordResponsive(state, now, policy);
    case 'RecordPage':
      return recordPage(state, command, now);
    case 'RecordAssignment':
      return recordAssignment(state, command, now);
    case 'TakePageNotice':
      return takeNotice(state, command, now, policy);
    case 'RecordPageFailure':
      return recordPageFailure(state, command, now);
    case 'RecordDeadEffect':
      return recordDeadEffect(state, command, now, policy);
    default:
      return NOTHING;
  }
}
