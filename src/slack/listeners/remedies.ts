import type { App } from '@slack/bolt';
import type { Actor } from '../../incident/people.ts';
import type { Desk, PoolDesk } from '../desk.ts';
import { ACTION } from '../views/actions.ts';
import { type Answer, onPress, text } from './press.ts';

/** The buttons that ask for a remedy, and those that answer the asking. */
export function listenToRemedies(app: App, desk: Desk): void {
  onPress(app, desk, ACTION.terminate, async ({ actor, value }) => {
    const pool = desk.pools.get(text(value, 'pool'));
    if (pool === undefined) return { text: 'That pool is no longer in lifeguard.yaml.' };
    return askToTerminate(desk, pool, actor, { pid: Number(value['pid']), backendStart: text(value, 'b') });
  });
  onPress(app, desk, ACTION.approve, async ({ actor, value }) => {
    const { told } = await desk.loop.submit({
      to: { incident: text(value, 'i') },
      command: { type: 'Approve', by: actor, request: text(value, 'r') },
    });
    return told;
  });
  onPress(app, desk, ACTION.deny, async ({ actor, value }) => {
    const { told } = await desk.loop.submit({
      to: { incident: text(value, 'i') },
      command: { type: 'Deny', by: actor, request: text(value, 'r') },
    });
    return told;
  });
}

/**
 * Takes a fresh look at the backend and posts the preview: into the pool's open incident, or else
 * into its channel. `/pool kill` and the Terminate button both come through here.
 */
export async function askToTerminate(
  desk: Desk,
  pool: PoolDesk,
  actor: Actor,
  backend: { readonly pid: number; readonly backendStart?: string },
): Promise<Answer> {
  const open = await desk.store.openIncidentOf(pool.name);
  const plan = await pool.planTerminate(backend.pid, backend.backendStart);
  if ('refused' in plan) {
    if (plan.protected && open !== undefined) {
      const act = `Terminate backend ${backend.pid}`;
      await desk.loop.submit({
        to: { incident: open.id },
        command: { type: 'NoteRefusal', by: actor, act, why: plan.refused },
      });
    }
    return { text: plan.refused };
  }
  const id = await desk.store.nextIncidentId();
  const { told } = await desk.loop.submit({
    to: open === undefined ? { fresh: id } : { incident: open.id },
    command: { type: 'RequestRemedy', by: actor, id, ...plan },
    pool: pool.name,
  });
  return told;
}
