import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EffectOf } from '../../src/incident/effects.ts';
import { Lifeline } from '../../src/pool/lifeline.ts';
import { createVerifyHandler } from '../../src/remedies/verify.ts';
import {
  ALICE,
  asking,
  at,
  BEGIN,
  cleared,
  inThread,
  MINUTE,
  notification,
  RITA,
} from '../incident/given.ts';
import { type House, startHouse } from './house.ts';

let house: House;
beforeAll(async () => {
  house = await startHouse();
});
afterAll(() => house?.stop());

const EFFECT: EffectOf<'remedy.verify'> = {
  kind: 'remedy.verify',
  payload: { request: 'r1' },
  id: 'inc-1.9',
  incident: 'inc-1',
  attempt: 1,
  createdAt: at(0),
};

/** An incident in which r1 was carried out at its beginning. */
function carriedOut() {
  return inThread().given(
    asking(RITA),
    { type: 'Approve', by: ALICE, request: 'r1' },
    { type: 'StartRemedy', request: 'r1', approvers: [ALICE] },
    { type: 'EndRemedy', request: 'r1', outcome: 'done', detail: 'it has ended' },
  );
}

function look(options: { healthyBelow: number; ms: number; lifeline?: Lifeline; incident?: object }) {
  const incident = carriedOut().incident;
  const handler = createVerifyHandler({
    store: {
      incident: async () => ({ ...incident, ...options.incident }),
      now: async () => new Date(BEGIN + options.ms),
    },
    lifelineOf: () => options.lifeline ?? house.doctor,
    rulesOf: () => ({ withinMs: MINUTE, healthyBelow: options.healthyBelow }),
  });
  return handler(EFFECT);
}

test('a pool below the line is reported at once, with its figures', async () => {
  expect(await look({ healthyBelow: 80, ms: 1_000 })).toEqual({
    command: {
      type: 'RecordVerification',
      request: 'r1',
      reading: { used: expect.any(Number), usable: 27, percent: expect.any(Number), at: expect.any(String) },
    },
  });
});

test('one that is not is looked at again, until the time is up', async () => {
  expect(await look({ healthyBelow: 1, ms: MINUTE - 1 })).toEqual({ againAfterMs: expect.any(Number) });
  expect(await look({ healthyBelow: 1, ms: MINUTE })).toMatchObject({
    command: { type: 'RecordVerification', reading: { usable: 27 } },
  });
});

test('a pool that cannot be measured is looked at again, and then reported without figures', async () => {
  const down = new Lifeline({ url: 'postgres://127.0.0.1:1/none' });
  try {
    expect(await look({ healthyBelow: 80, ms: 1_000, lifeline: down })).toHaveProperty('againAfterMs');
    expect(await look({ healthyBelow: 80, ms: MINUTE, lifeline: down })).toEqual({
      command: { type: 'RecordVerification', request: 'r1' },
    });
  } finally {
    await down.close();
  }
});

test('the watch of an incident that is over ends', async () => {
  const over = carriedOut().given(notification(cleared('f1', MINUTE))).incident;
  expect(await look({ healthyBelow: 1, ms: 1_000, incident: { status: over.status } })).toEqual({});
});
