import type { SessionRow } from '../../incident/events.ts';
import type { TimeoutSetting } from '../../incident/remedy.ts';
import type { SuggestedRemedy } from '../../incident/verdict.ts';
import { ACTION } from './actions.ts';
import { button } from './blocks.ts';

/** Where a button stands: the incident it belongs to, if to one, and the pool. */
export interface Place {
  readonly i?: string;
  readonly pool: string;
}

/** Asks for the end of a session. */
export function terminateButton(
  place: Place,
  session: Pick<SessionRow, 'pid' | 'backendStart'>,
  suffix = '',
) {
  return button(
    'Terminate',
    `${ACTION.terminate}.${session.pid}${suffix}`,
    { ...place, pid: session.pid, b: session.backendStart },
    { style: 'danger', label: `Terminate backend ${session.pid}; asks for approval first` },
  );
}

/** Asks for the end of the query a session is at; its connection stays. */
export function cancelButton(
  place: Place,
  session: Pick<SessionRow, 'pid' | 'backendStart' | 'queryStart'>,
  suffix = '',
) {
  const { pid, backendStart, queryStart } = session;
  return button(
    'Cancel query',
    `${ACTION.cancel}.${pid}${suffix}`,
    { ...place, pid, b: backendStart, ...(queryStart === undefined ? {} : { q: queryStart }) },
    { label: `Cancel the query of backend ${pid}; asks for approval first` },
  );
}

/** Asks for a larger pool, for a while. */
export function poolSizeButton(place: Place) {
  return button('Raise pool size', ACTION.raisePoolSize, place, {
    label: 'Raise the pool size for a while; asks for approval first',
  });
}

/** Asks for a timeout of the application's role. */
export function timeoutButton(place: Place, setting: TimeoutSetting) {
  return button('Set timeout', `${ACTION.setTimeout}.${setting}`, place, {
    label: `Set ${setting} for the application’s role; asks for approval first`,
  });
}

/** The button of a remedy that the verdict suggests; `undefined` where a press cannot ask for it. */
export function remedyButton(place: Place, { action, target }: SuggestedRemedy) {
  switch (target?.kind) {
    case 'backend':
      if (action === 'terminate') return terminateButton(place, target, '.suggested');
      return action === 'cancel' ? cancelButton(place, target, '.suggested') : undefined;
    case 'leak':
      return button(
        'Terminate',
        ACTION.terminateLeak,
        { ...place, app: target.application, s: target.lastStatement },
        { style: 'danger', label: 'Terminate all sessions of the leak; asks for approval first' },
      );
    case 'prepared':
      return button(
        'Terminate',
        ACTION.rollbackPrepared,
        { ...place, gid: target.gid, db: target.database },
        { style: 'danger', label: 'Roll back the prepared transaction; asks for approval first' },
      );
    case 'timeout':
      return timeoutButton(place, target.setting);
    default:
      if (action === 'pool_size') return poolSizeButton(place);
      return action === 'restart' ? restartButton(place) : undefined;
  }
}

/** Asks for a restart of the application. */
export function restartButton(place: Place) {
  return button('Restart', ACTION.restart, place, {
    style: 'danger',
    label: 'Restart the application; asks for approval first',
  });
}
