import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Committed } from '../../src/store/store.ts';
import { RITA } from '../incident/given.ts';
import { alertOf, byPool, policyOf, post, type TestStore, testStore } from './fixture.ts';

let db: TestStore;

beforeAll(async () => {
  db = await testStore();
});

afterAll(() => db.close());

/** An alert of `pool` comes in at a replica that works, or at one that does not. */
async function notify(pool: string, fingerprint: string, claimant?: string): Promise<Committed> {
  const id = await db.store.nextIncidentId();
  const alerts = [alertOf(fingerprint, new Date(0))];
  const command = { type: 'ReceiveAlerts', id, alerts, source: 'alertmanager' } as const;
  const [committed] = await db.store.commit(
    [post(byPool(pool), command, policyOf(pool))],
    undefined,
    claimant,
  );
  if (committed?.incident === undefined) throw new Error('no incident came of it');
  return committed;
}

const claims = (incident: string | undefined) =>
  db.query<{ id: string; claimed_by: string; attempts: number; left: boolean }>(
    `select id, claimed_by, attempts, claimed_until > clock_timestamp() as left
       from effects where incident = $1 and claimed_by is not null`,
    [incident],
  );

test("a new incident's first message belongs to who committed it, and to nobody else", async () => {
  const { incident, claimed, effects } = await notify('orders', 'f1', 'runner-1');
  const first = effects.find(({ kind }) => kind === 'slack.message');
  expect(claimed?.effect).toMatchObject({ ...first, incident: incident?.id, attempt: 1 });
  expect(claimed?.with.incident).toEqual(incident);
  expect(await claims(incident?.id)).toEqual([
    { id: first?.id, claimed_by: 'runner-1', attempts: 1, left: true },
  ]);
  expect(await db.outbox.claim(first?.id ?? '', 'runner-2')).toBeUndefined();
  // Should that runner die, it is free again and counts as tried: the message is looked for first.
  await db.outbox.release('runner-1');
  expect((await db.outbox.claim(first?.id ?? '', 'runner-2'))?.effect.attempt).toBe(2);
});

test('an incident that is there already has what comes to it done in turn', async () => {
  const { incident } = await notify('payments', 'f1', 'runner-1');
  const acknowledge = post({ incident: incident?.id ?? '' }, { type: 'Acknowledge', by: RITA });
  const [acknowledged] = await db.store.commit([acknowledge], undefined, 'runner-1');
  expect(acknowledged?.effects.length).toBeGreaterThan(0);
  expect(acknowledged?.claimed).toBeUndefined();
  expect(await claims(incident?.id)).toHaveLength(1);
});

test('a replica that does no work claims nothing', async () => {
  const { incident, claimed } = await notify('stock', 'f1');
  expect(claimed).toBeUndefined();
  expect(await claims(incident?.id)).toEqual([]);
});
