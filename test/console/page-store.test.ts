import { expect, test } from 'vitest';
import { INITIAL, reduce, type State, type Step } from '../../src/console/page/store.ts';
import type { PageMessage, Snapshot } from '../../src/console/protocol.ts';

const EMPTY: Snapshot = {
  team: { id: 'T1', name: 'team', domain: 'team' },
  appUser: 'U0',
  users: [],
  groups: [],
  channels: [],
  messages: [],
  ephemerals: [],
  views: [],
  commands: [],
  hint: '',
};

function saying(ts: string, text: string): PageMessage {
  return { channel: 'C1', ts, thread_ts: '1.0', user: 'U0', text } as PageMessage;
}

function after(...steps: Step[]): State {
  return steps.reduce(reduce, reduce(INITIAL, { kind: 'state', snapshot: EMPTY }));
}

const textsOf = (state: State) => state.data?.messages.map((one) => one.text);

test('a thread that was asked for before a message changed does not bring the old message back', () => {
  const state = after(
    { kind: 'asked' },
    { kind: 'change', change: { kind: 'message', message: saying('2.0', 'found') } },
    { kind: 'change', change: { kind: 'message_deleted', channel: 'C1', ts: '3.0' } },
    {
      kind: 'messages',
      messages: [saying('2.0', 'running'), saying('3.0', 'deleted'), saying('4.0', 'said before')],
    },
  );
  expect(textsOf(state)).toEqual(['found', 'said before']);
});

test('a thread that is asked for anew brings everything up to date', () => {
  const state = after(
    { kind: 'change', change: { kind: 'message', message: saying('2.0', 'found') } },
    { kind: 'asked' },
    { kind: 'messages', messages: [saying('2.0', 'found again')] },
  );
  expect(textsOf(state)).toEqual(['found again']);
});
