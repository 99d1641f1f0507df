import { afterAll, beforeAll, expect, test } from 'vitest';
import { Alarms } from '../../src/store/alarms.ts';
import { createAlertWatch } from '../../src/watchdog/sightings.ts';
import { type House, house } from '../intake/house.ts';
import { alert, alertOf, notification } from '../intake/notification.ts';

const MINUTE = 60_000;
let scene: House;
let skewMs = 0;
let alarms: Alarms;
beforeAll(async () => {
  scene = await house({ watchdog: { alertname: 'Watchdog', onSeen: () => alarms.sight('alert') } });
  alarms = new Alarms(scene.store.pool, () => skewMs);
});
afterAll(() => scene.close());

/** As after a restart: what it knows, it has from the store. */
const look = () =>
  createAlertWatch({ alarms, everyMs: 5 * MINUTE, graceMs: MINUTE, alertname: 'Watchdog' })();
const sign = (status: 'firing' | 'resolved' = 'firing') =>
  alert({ status, labels: { alertname: 'Watchdog', severity: 'none' }, fingerprint: '00000000000000aa' });

test('the always-firing alert opens no incident and keeps the watchdog quiet; its absence does not', async () => {
  expect(await look()).toBeUndefined();
  expect((await scene.post(notification([sign()]))).body).toEqual({ status: 'ok', incidents: [] });
  expect((await scene.count()).incidents).toBe(0);
  for (let minute = 0; minute < 6; minute += 1) {
    skewMs += MINUTE - 5_000;
    expect(await look()).toBeUndefined();
  }
  skewMs += 35_000;
  expect(await look()).toContain("Alertmanager's Watchdog alert has not come for 6 min");
  // That the alert has ended is no sign of life.
  await scene.post(notification([sign('resolved')]));
  expect(await look()).toContain('has not come');
  await scene.post(notification([sign()]));
  expect(await look()).toBeUndefined();
});

test('a time in which nobody could see it does not count, unless it was short', async () => {
  skewMs += 3 * 60 * MINUTE;
  expect(await look()).toBeUndefined();
  for (let i = 0; i < 7; i += 1) {
    skewMs += 50_000;
    expect(await look()).toBeUndefined();
  }
  skewMs += 20_000;
  expect(await look()).toContain('has not come');
});

test('beside other alerts they are taken as ever', async () => {
  const { body } = await scene.post(notification([sign(), alertOf('orders')]));
  expect(body.incidents).toHaveLength(1);
});

test('of several replicas one is told that an alarm is new, and one that it is over', async () => {
  expect([await alarms.raise('queue'), await alarms.raise('queue')]).toEqual([true, false]);
  expect(await alarms.stale(60_000)).toEqual([]);
  expect(await alarms.stale(-1)).toEqual(['queue']);
  expect([await alarms.end('queue', MINUTE), await alarms.end('queue', MINUTE)]).toEqual([true, false]);
  // Of an outage in which the store could be told nothing, and of the next.
  expect([await alarms.end('store', MINUTE), await alarms.end('store', MINUTE)]).toEqual([true, false]);
  skewMs += 2 * MINUTE;
  expect([await alarms.end('store', MINUTE), await alarms.end('store', MINUTE)]).toEqual([true, false]);
});
