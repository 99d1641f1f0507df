import type { App, BlockAction } from '@slack/bolt';
import type { Told } from '../../incident/decide/index.ts';
import { standingChange } from '../../incident/decide/undo.ts';
import type { Actor } from '../../incident/people.ts';
import {
  isUndoable,
  needsReason,
  type RemedyRequest,
  type Target,
  TIMEOUT_SETTINGS,
} from '../../incident/remedy.ts';
import { nameOf, type Wish } from '../../remedies/registry.ts';
import type { Desk, PoolDesk } from '../desk.ts';
import { ACTION } from '../views/actions.ts';
import { REASON_INPUT, REASON_MODAL, type ReasonMetadata, reasonModal } from '../views/reason.ts';
import { toldText } from '../views/told.ts';
import { type Answer, actorOf, onOpen, onPress, type Press, parse, text, troubleText } from './press.ts';

const NO_SUCH_POOL = 'That pool is no longer in lifeguard.yaml.';

/** The buttons that ask for a remedy, and those that answer the asking. */
export function listenToRemedies(app: App, desk: Desk): void {
  const asks = new Map<string, (value: Press['value']) => Wish>();
  const onAsk = (id: string, wishOf: (value: Press['value']) => Wish): void => {
    asks.set(id, wishOf);
    if (needsReason(wishOf({}))) {
      onOpen(app, desk, id, async ({ value, body }) =>
        reasonModal(nameOf(wishOf(value)), text(value, 'pool'), {
          a: id,
          v: value,
          ...placeOf(body),
        }),
      );
      return;
    }
    onPress(app, desk, id, async ({ actor, value }) => {
      const pool = desk.pools.get(text(value, 'pool'));
      if (pool === undefined) return { text: NO_SUCH_POOL };
      return askFor(desk, pool, actor, wishOf(value));
    });
  };
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
  onAsk(ACTION.raisePoolSize, () => ({ action: 'pool_size' }));
  for (const setting of TIMEOUT_SETTINGS) {
    onAsk(`${ACTION.setTimeout}.${setting}`, () => ({ action: 'timeout', setting }));
  }
  takeReason(app, desk, asks);
  onPress(app, desk, ACTION.undo, ({ actor, value }) =>
    undo(desk, actor, text(value, 'i'), text(value, 'r')),
  );
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
  onPress(app, desk, ACTION.cancelQueued, async ({ actor, value }) => {
    const { told } = await desk.loop.submit({
      to: { incident: text(value, 'i') },
      command: { type: 'CancelQueued', by: actor, request: text(value, 'r') },
    });
    return told;
  });
}

/** Where the answer to a modal goes, since it has no response_url. */
function placeOf({ channel, message }: BlockAction): Pick<ReasonMetadata, 'c' | 't'> {
  // Slack sends no message with a press on what only one person sees.
  const thread: unknown = message?.['thread_ts'] ?? message?.ts;
  return {
    ...(channel === undefined ? {} : { c: channel.id }),
    ...(typeof thread === 'string' ? { t: thread } : {}),
  };
}

/** The reason was given: now the remedy is asked for. */
function takeReason(app: App, desk: Desk, asks: ReadonlyMap<string, (value: Press['value']) => Wish>): void {
  app.view(REASON_MODAL, async ({ ack, view, body, client }) => {
    const began = performance.now();
    const reason = (view.state.values[REASON_INPUT]?.[REASON_INPUT]?.value ?? '').trim();
    if (reason === '') {
      await ack({ response_action: 'errors', errors: { [REASON_INPUT]: 'Say why, in a few words.' } });
      return;
    }
    await ack();
    const ackMs = performance.now() - began;
    const metadata = parse(view.private_metadata);
    const value = typeof metadata['v'] === 'object' ? { ...metadata['v'] } : {};
    const wishOf = asks.get(text(metadata, 'a'));
    const pool = desk.pools.get(text(value, 'pool'));
    let answer: string | undefined;
    let outcome: 'done' | 'refused' | 'failed' = 'done';
    try {
      if (pool === undefined || wishOf === undefined) answer = NO_SUCH_POOL;
      else {
        const actor = await actorOf(desk, body.user.id, body.user.name);
        const told = await askFor(desk, pool, actor, wishOf(value), reason);
        if (told !== undefined && 'code' in told && told.code === 'not_allowed') outcome = 'refused';
        answer = told === undefined ? undefined : 'text' in told ? told.text : toldText(told);
      }
    } catch (error) {
      desk.log.error({ err: error, action: REASON_MODAL }, 'a remedy could not be asked for');
      outcome = 'failed';
      answer = troubleText(error);
    }
    desk.onInteraction(REASON_MODAL, outcome, ackMs);
    const channel = text(metadata, 'c');
    if (answer === undefined || channel === '') return;
    const thread = text(metadata, 't');
    await client.chat
      .postEphemeral({
        channel,
        user: body.user.id,
        text: answer,
        ...(thread === '' ? {} : { thread_ts: thread }),
      })
      .catch((error: unknown) => desk.log.warn({ err: error }, 'the answer did not reach the person'));
  });
}

function backendIn(value: Press['value']): { readonly pid: number; readonly backendStart: string } {
  return { pid: Number(value['pid']), backendStart: text(value, 'b') };
}

/**
 * Takes a fresh look at what the remedy is aimed at and posts the preview: into the pool's open
 * incident, or else into its channel. `/pool kill` and every button come through here.
 *
 * @param reason why, where the one who asks was asked
 */
export async function askFor(
  desk: Desk,
  pool: PoolDesk,
  actor: Actor,
  wish: Wish,
  reason?: string,
): Promise<Answer> {
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
  const standing = isUndoable(plan.target) ? await changedBefore(desk, pool, plan.target) : undefined;
  if (standing !== undefined) return { code: 'still_changed', request: standing };
  const ask = async (to: string | undefined): Promise<Told | undefined> => {
    const id = await desk.store.nextIncidentId();
    const { told } = await desk.loop.submit({
      to: to === undefined ? { fresh: id } : { incident: to },
      command: { type: 'RequestRemedy', by: actor, id, ...plan, ...(reason === undefined ? {} : { reason }) },
      pool: pool.name,
    });
    return told;
  };
  const told = await ask(open?.id);
  // The incident ended between the look and the asking: then it stands for itself, as after any other.
  return open !== undefined && told?.code === 'already_resolved' ? ask(undefined) : told;
}

/** Asks that what a remedy changed be set back; its thread tells how that went. */
export async function undo(desk: Desk, actor: Actor, incident: string, request: string): Promise<Answer> {
  const { told } = await desk.loop.submit({
    to: { incident },
    command: { type: 'Undo', by: actor, request },
  });
  return told;
}

/** A change of the same setting that stands, of whichever incident of the pool. */
async function changedBefore(desk: Desk, pool: PoolDesk, target: Target): Promise<RemedyRequest | undefined> {
  const changed = await desk.store.changed(pool.name);
  return changed.map((one) => standingChange(one, target)).find((one) => one !== undefined);
}
