import { WebAPIRateLimitedError } from '@slack/web-api';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { NoRoom } from '../../src/effects/handler.ts';
import { slackFailure } from '../../src/slack/errors.ts';
import { createLimits } from '../../src/slack/limits.ts';
import { createTill, type Till } from '../../src/slack/till.ts';

const POST = { method: 'chat.postMessage', channel: '#a' } as const;
const KEY = 'chat.postMessage #a';

let told: unknown[][];
let hasRoom: boolean;
let till: Till;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
  told = [];
  hasRoom = true;
  const note =
    (name: string) =>
    async (...about: unknown[]): Promise<void> => {
      told.push([name, ...about]);
    };
  till = createTill(
    {
      spend: async ({ budgets, urgency }) => {
        told.push(['spend', budgets.map(({ key }) => key), urgency]);
        return hasRoom;
      },
      refund: note('refund'),
      delay: note('delay'),
      hold: note('hold'),
    },
    createLimits(),
  );
});

afterEach(() => {
  vi.useRealTimers();
});

/** A call that takes so long. */
function call(ms = 0): () => Promise<string> {
  return async () => {
    vi.advanceTimersByTime(ms);
    return 'answer';
  };
}

test('a message is paid for in its channel and in the workspace, by its urgency', async () => {
  expect(await till.pay({ urgency: 1 }, POST, call())).toBe('answer');
  expect(told).toEqual([['spend', [KEY, 'chat.postMessage'], 1]]);
});

test('without room nothing is sent', async () => {
  hasRoom = false;
  const sent = vi.fn(call());
  await expect(till.pay({}, POST, sent)).rejects.toEqual(new NoRoom(KEY));
  expect(sent).not.toHaveBeenCalled();
});

test('what was granted is not paid for again; what is granted of something else is', async () => {
  const granted = { budget: KEY, at: performance.now() };
  await till.pay({ granted }, POST, call());
  expect(told).toEqual([]);
  await till.pay({ granted }, { method: 'chat.update' }, call());
  expect(told).toEqual([['spend', ['chat.update'], 2]]);
  await till.giveBack({ granted });
  await till.giveBack({});
  expect(told.slice(1)).toEqual([['refund', KEY]]);
});

test.each([
  ['as the client throws it', (error: Error) => error],
  ['as what it means for an effect', slackFailure],
])('a 429 closes the budget for as long as Slack says, %s', async (_name, as) => {
  const refused = async (): Promise<never> => {
    throw as(new WebAPIRateLimitedError(30));
  };
  await expect(till.pay({}, POST, refused)).rejects.toEqual(new NoRoom(KEY));
  expect(told.slice(1)).toEqual([['hold', KEY, 30_000]]);
});

test('any other failure is for whoever made the call', async () => {
  const failing = async (): Promise<never> => {
    throw new Error('no');
  };
  await expect(till.pay({}, POST, failing)).rejects.toThrow('no');
});

test('a call that was long on its way is counted from later; calls that were late together once', async () => {
  await till.pay({}, POST, call(900));
  expect(told.filter(([name]) => name === 'delay')).toEqual([]);
  const at = performance.now();
  await till.pay({ granted: { budget: KEY, at } }, POST, call(2_500));
  await till.pay({ granted: { budget: KEY, at } }, POST, call(100));
  expect(told.filter(([name]) => name === 'delay')).toEqual([
    ['delay', KEY, 1_500],
    ['delay', KEY, 100],
  ]);
});
