import { expect, test } from 'vitest';
import type { PagerEvent } from '../../src/pagerduty/event.ts';
import type { Outcome } from '../../src/pagerduty/events.ts';
import { OwnPages } from '../../src/watchdog/own-pages.ts';
import { recordingLog } from '../intake/web.ts';

test('a key for which PagerDuty has named a time is used for no part before it, another key is', async () => {
  let clock = 0;
  const sent: PagerEvent[] = [];
  const isBusy = (key: string): boolean => key === 'one' && clock < 90_000;
  const pages = new OwnPages({
    installation: 'abc',
    send: async (event): Promise<Outcome> => {
      sent.push(event);
      return isBusy(event.routingKey)
        ? { kind: 'retry', status: 429, afterMs: 90_000, message: 'PagerDuty answered 429' }
        : { kind: 'accepted', dedupKey: event.dedupKey };
    },
    now: () => clock,
    log: recordingLog().log,
  });
  const keys = () => sent.splice(0).map(({ routingKey }) => routingKey);
  expect(await pages.trigger('queue', { routingKey: 'one' }, 'down')).toBe(false);
  expect(keys()).toEqual(['one']);
  expect(await pages.trigger('store', { routingKey: 'one' }, 'down')).toBe(false);
  expect(keys()).toEqual([]);
  expect(await pages.trigger('slack', { routingKey: 'one', fallbackRoutingKey: 'two' }, 'down')).toBe(true);
  expect(keys()).toEqual(['two']);
  clock += 89_999;
  expect(await pages.trigger('store', { routingKey: 'one' }, 'down')).toBeUndefined();
  clock += 1;
  expect(await pages.trigger('store', { routingKey: 'one' }, 'down')).toBe(true);
  expect(keys()).toEqual(['one']);
});
