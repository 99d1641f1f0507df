import type { App } from '@slack/bolt';
import type { Actor } from '../../incident/people.ts';
import { nameOf, type Wish } from '../../remedies/registry.ts';
import type { Desk, PoolDesk } from '../desk.ts';
import { ACTION } from '../views/actions.ts';
import { type Answer, onPress, type Press, text } from './press.ts';

/** The buttons that ask for a remedy, and those that answer the asking. */
export function listenToRemedies(app: App, desk: Desk): void {
  const onAsk = (id: string, wishOf: (value: Press['value']) => Wish): void =>
    onPress(app, desk, id, async ({ actor, value }) => {
      const pool = desk.pools.get(text(value, 'pool'));
      if (pool === undefined) return { text: 'That pool is no longer in lifeguard.yaml.' };
      return askFor(desk, pool, actor, wishOf(value));
    });
  onAsk(ACTION.terminate, (value) => ({ action: 'terminate', ...backendIn(value) }));
  onAsk(ACTION.cancel, (value) => ({
    action: 'cancel',
    ...backendIn(value),
    ...(typeof value['q'] === 'string' ? { queryStart: value['q'] } : {}),
  }));
  onAsk(ACTION.terminateLeak, (value) => ({
    action: 'terminate_leak',
    application: text(value, 'app'),
    lastStatement: text(value, 's'),
  }));
  onAsk(ACTION.rollbackPrepared, (value) => ({
    action: 'rollback_prepared',
    gid: text(value, 'gid'),
    database: text(value, 'db'),
  }));
  onAsk(ACTION.restart, () => ({ action: 'restart' }));
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

function backendIn(value: Press['value']): { readonly pid: number; readonly backendStart: string } {
  return { pid: Number(value['pid']), backendStart: text(value, 'b') };
}

/**
 * Takes a fresh look at what the remedy is aimed at and posts the preview: into the pool's open
 * incident, or else into its channel. `/pool kill` and every button come through here.
 */
export async function askFor(desk: Desk, pool: PoolDesk, actor: Actor, wish: Wish): Promise<Answer> {
  const open = await desk.store.openIncidentOf(pool.name);
  const plan = await pool.preview(wish);
  if ('refused' in plan) {
    if (plan.protected && open !== undefined) {
      await desk.loop.submit({
        to: { incident: open.id },
        command: { type: 'NoteRefusal', by: actor, act: nameOf(wish), why: plan.refused },
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
