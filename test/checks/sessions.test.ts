import { expect, test } from 'vitest';
import { worthALook } from '../../src/checks/sessions.ts';
import type { Activity } from '../../src/pool/activity.ts';
import type { PoolSession } from '../../src/pool/session-row.ts';

const session: PoolSession = {
  pid: 1,
  backendStart: '2026-11-01T10:00:00.000000Z',
  transactionStart: null,
  queryStart: null,
  stateChange: null,
  connectedMs: 10,
  transactionMs: 10,
  queryMs: 10,
  stateMs: 10,
  application: 'shop',
  user: 'shop',
  isSuperuser: false,
  database: 'shop',
  client: '127.0.0.1',
  state: 'idle in transaction',
  waitEventType: null,
  waitEvent: null,
  queryId: null,
  query: 'select ?',
};

test('a connection of Lifeguard is never among the sessions that a person is offered to end', () => {
  const activity: Pick<Activity, 'sessions' | 'used' | 'usable' | 'utilisation'> = {
    sessions: [session, { ...session, pid: 2, application: 'lifeguard' }],
    used: 3,
    usable: 10,
    utilisation: 30,
  };
  const found = worthALook(activity);
  expect(found.rows.map(({ pid }) => pid)).toEqual([1]);
  expect(found.more).toBe(0);
});
