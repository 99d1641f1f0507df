import type { CommandOf } from '../commands.ts';
import type { Event } from '../events.ts';
import type { Policy } from '../policy.ts';
import type { RemedyRequest } from '../remedy.ts';
import type { Incident } from '../state.ts';
import type { Decision } from './decision.ts';
import { closing } from './resolution.ts';
import { recordVerification } from './verification.ts';

/**
 * An effect was given up. What of a remedy hung on it comes to its end too: a request that stayed at being
 * carried out would never be over, and could not be asked for again.
 */
export function recordDeadEffect(
  state: Incident,
  command: CommandOf<'RecordDeadEffect'>,
  now: Date,
  policy: Policy,
): Decision {
  const { effect, kind, detail } = command;
  const at = now.toISOString();
  const died: Event = { type: 'EffectDied', at, effect, kind, detail };
  const request = state.requests[command.request ?? ''];
  return {
    events: [died, ...(request === undefined ? [] : endOf(state, command, request, now, policy))],
  };
}

function endOf(
  state: Incident,
  { kind, detail: why }: CommandOf<'RecordDeadEffect'>,
  request: RemedyRequest,
  now: Date,
  policy: Policy,
): readonly Event[] {
  const at = now.toISOString();
  const about = { at, request: request.id, outcome: 'failed' } as const;
  switch (kind) {
    case 'remedy.execute': {
      if (request.status !== 'approved' && request.status !== 'running') return [];
      const begun = request.status === 'running';
      const detail = begun
        ? `given up after many tries (${why}); whether it was done is unknown: look how things stand`
        : `given up before it began (${why}); nothing was done`;
      const unknown = begun ? { unknown: true as const } : {};
      return [{ type: 'RemedyEnded', ...about, detail, ...unknown }, ...closing(state, request.id, at)];
    }
    case 'remedy.undo': {
      const status = request.undo?.status;
      if (status !== 'asked' && status !== 'running') return [];
      return [
        { type: 'UndoEnded', ...about, detail: `given up after many tries (${why}); it may still stand` },
      ];
    }
    case 'remedy.verify':
      // Not measured within its time, so it has not helped as far as anybody can tell.
      return recordVerification(state, { type: 'RecordVerification', request: request.id }, now, policy)
        .events;
    default:
      return [];
  }
}
