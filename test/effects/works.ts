import { createDispatcher } from '../../src/effects/dispatcher.ts';
import type { Handled, Handlers } from '../../src/effects/handler.ts';
import { Loop } from '../../src/effects/loop.ts';
import type { EffectQueue } from '../../src/effects/queue.ts';
import { type RunEnd, Runner } from '../../src/effects/runner.ts';
import { Sweeper } from '../../src/effects/sweeper.ts';
import type { Command } from '../../src/incident/commands.ts';
import type { Effect } from '../../src/incident/effects.ts';
import type { Incident } from '../../src/incident/state.ts';
import { timerCommand } from '../../src/incident/timers.ts';
import type { Committed } from '../../src/store/store.ts';
import { alertOf, byPool, policyOf, type TestStore } from '../store/fixture.ts';

/** What a handler does instead of talking to an outside system. */
export type Act = (effect: Effect) => Promise<Handled> | Handled;

/** From command to handler: everything between them is the real thing, the handlers only take notes. */
export interface Works {
  readonly db: TestStore;
  readonly loop: Loop;
  readonly runner: Runner;
  readonly sweeper: Sweeper;
  /** The effects that were handed to a handler, in that order. */
  readonly handed: Effect[];
  /** How each run ended. */
  readonly ends: { readonly effect: Effect; readonly end: RunEnd; readonly error?: Error }[];
  readonly errors: Error[];
  /** Replaces what the handlers do. */
  act: Act;
  /** Opens an incident of a pool of its own, its alert as old as said. */
  fire(options?: { readonly agoMs?: number }): Promise<Incident>;
  /** Gives the incident a command. */
  tell(incident: string, command: Command): Promise<Committed>;
  /** How many effects of the incident are owed, done and dead. */
  count(incident: string): Promise<{ owed: number; done: number; dead: number }>;
  stop(): Promise<void>;
}

export interface WorksOptions {
  /** Carries ids to the runner; without it they go to `dispatched` and nowhere else. */
  readonly queue?: EffectQueue;
  readonly dispatched?: string[];
  readonly name?: string;
}

let pools = 0;

/** Puts loop, queue, runner and sweeper together on a store. */
export async function testWorks(db: TestStore, options: WorksOptions = {}): Promise<Works> {
  const handed: Effect[] = [];
  const ends: Works['ends'] = [];
  const errors: Error[] = [];
  const onError = (error: Error) => void errors.push(error);
  const { queue, dispatched } = options;
  const dispatch =
    queue === undefined
      ? async (ids: readonly string[]) => void dispatched?.push(...ids)
      : createDispatcher({ queue, onError });
  const loop = new Loop({ store: db.store, dispatch, policy: policyOf });
  const handle = async (effect: Effect): Promise<Handled> => {
    handed.push(effect);
    return works.act(effect);
  };
  const handlers: Handlers = {
    'slack.message': handle,
    'check.step': handle,
    'slack.file': handle,
    'remedy.execute': handle,
    'remedy.verify': handle,
    'remedy.undo': handle,
    'pagerduty.event': handle,
    'pagerduty.note': handle,
    'pagerduty.assign': handle,
    timer: handle,
  };
  const runner = new Runner({
    outbox: db.outbox,
    loop,
    handlers,
    name: options.name ?? 'runner-1',
    now: () => db.store.now(),
    onEnd: (effect, end, _ms, error) =>
      void ends.push({ effect, end, ...(error === undefined ? {} : { error }) }),
    onError,
  });
  const sweeper = new Sweeper({ outbox: db.outbox, dispatch, onError });
  const works: Works = {
    db,
    loop,
    runner,
    sweeper,
    handed,
    ends,
    errors,
    act: ordinary,
    async fire({ agoMs = 0 } = {}) {
      pools += 1;
      const pool = `works-${process.pid}-${pools}`;
      const since = new Date((await db.store.now()).getTime() - agoMs);
      const id = await db.store.nextIncidentId();
      const command = { type: 'ReceiveAlerts', id, alerts: [alertOf('f1', since)], source: 'test' } as const;
      const { incident } = await loop.submit({ to: byPool(pool), command, pool });
      if (incident === undefined) throw new Error('no incident was opened');
      return incident;
    },
    tell: (incident, command) => loop.submit({ to: { incident }, command }),
    async count(incident) {
      const rows = await db.query<{ status: 'owed' | 'done' | 'dead'; count: number }>(
        'select status, count(*)::int from effects where incident = $1 group by status',
        [incident],
      );
      return { owed: 0, done: 0, dead: 0, ...Object.fromEntries(rows.map((row) => [row.status, row.count])) };
    },
    async stop() {
      await sweeper.stop();
      await runner.stop();
      await queue?.close();
    },
  };
  runner.start();
  await queue?.work((id) => runner.run(id), 8);
  return works;
}

/** What happens when every outside system does as it is asked. */
export function ordinary(effect: Effect): Handled {
  switch (effect.kind) {
    case 'slack.message': {
      const { slot } = effect.payload;
      const ts = `1700000000.${effect.id.replaceAll(/\D/g, '').padStart(6, '0')}`;
      const message = { incident: effect.incident, slot, channel: 'C1', ts, digest: effect.id };
      return slot === 'parent'
        ? { message, command: { type: 'RecordThread', channel: 'C1', ts } }
        : { message };
    }
    case 'check.step': {
      const findings = { headline: 'nothing found', lines: [] };
      return { command: { type: 'RecordStep', ...effect.payload, ok: true, ms: 1, findings } };
    }
    case 'pagerduty.event': {
      const { level, action } = effect.payload;
      return action === 'trigger' ? { command: { type: 'RecordPage', level, dedupKey: `k-${level}` } } : {};
    }
    case 'pagerduty.note':
    case 'pagerduty.assign':
    case 'slack.file':
    case 'remedy.execute':
    case 'remedy.verify':
    case 'remedy.undo':
      return {};
    case 'timer':
      return { command: timerCommand(effect.payload) };
  }
}
