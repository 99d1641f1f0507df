import { expect, test } from 'vitest';
import { Loop } from '../../src/effects/loop.ts';
import type { EffectSpec } from '../../src/incident/effects.ts';
import type { Committed, EffectOutcome, Post } from '../../src/store/store.ts';
import { fired, POLICY } from '../incident/given.ts';

const MESSAGE = { kind: 'slack.message', payload: { slot: 'parent' } } as const;

function committed(...effects: (EffectSpec & { id: string })[]): Committed {
  return { events: [], effects };
}

const SUBMISSION = { to: { incident: 'inc-1' }, command: { type: 'CheckEscalation' } } as const;

test('effects are offered only after the commit, the first of each lane', async () => {
  const story: string[] = [];
  const loop = new Loop({
    store: {
      commit: async () => {
        story.push('committed');
        return [
          committed({ id: 'a', lane: 'l', ...MESSAGE }, { id: 'b', lane: 'l', ...MESSAGE }),
          committed({ id: 'c', ...MESSAGE }),
        ];
      },
    },
    dispatch: async (ids) => void story.push(`offered ${ids.join(' ')}`),
    policy: () => POLICY,
  });
  await loop.submitAll([SUBMISSION, SUBMISSION]);
  expect(story).toEqual(['committed', 'offered a c']);
});

test('what was claimed as it was committed is run at once, and not offered to others', async () => {
  const story: string[] = [];
  const incident = fired().state;
  if (incident === undefined) throw new Error('no incident was opened');
  const effect = { id: 'a', incident: 'inc-1', lane: 'l', attempt: 1, createdAt: '', ...MESSAGE };
  const loop = new Loop({
    store: {
      commit: async (_posts, _outcome, claimant): Promise<Committed[]> => {
        story.push(`committed for ${claimant}`);
        const result = committed({ ...effect }, { id: 'b', lane: 'l', ...MESSAGE }, { id: 'c', ...MESSAGE });
        return [{ ...result, claimed: { effect, with: { incident, now: new Date(0) } } }];
      },
    },
    atOnce: { claimant: () => 'runner-1', run: (claimed) => void story.push(`ran ${claimed.effect.id}`) },
    dispatch: async (ids) => void story.push(`offered ${ids.join(' ')}`),
    policy: () => POLICY,
  });
  await loop.submit(SUBMISSION);
  expect(story).toEqual(['committed for runner-1', 'ran a', 'offered c']);
});

test('nothing is offered when nothing is owed at once, or nothing was committed', async () => {
  const offered: string[] = [];
  const dispatch = async (ids: readonly string[]) => void offered.push(...ids);
  const quiet = new Loop({ store: { commit: async () => [committed()] }, dispatch, policy: () => POLICY });
  await quiet.submit(SUBMISSION);
  const broken = new Loop({
    store: {
      commit: async () => {
        throw new Error('the store is down');
      },
    },
    dispatch,
    policy: () => POLICY,
  });
  await expect(broken.submit(SUBMISSION)).rejects.toThrow('the store is down');
  expect(offered).toEqual([]);
});

test('a queue that cannot take the effects is no failure of what is committed', async () => {
  const result = committed({ id: 'a', ...MESSAGE });
  const loop = new Loop({
    store: { commit: async () => [result] },
    dispatch: async () => {
      throw new Error('the queue is down');
    },
    policy: () => POLICY,
  });
  expect(await loop.submit(SUBMISSION)).toBe(result);
});

test("the rules are those of the incident's pool, or of the pool named for one that is still to come", async () => {
  const asked: (string | undefined)[] = [];
  const commit = async (posts: readonly Post[], _outcome?: EffectOutcome) =>
    posts.map((post) => {
      post.policy('known');
      post.policy(undefined);
      return committed();
    });
  const policy = (pool: string | undefined) => {
    asked.push(pool);
    return POLICY;
  };
  const loop = new Loop({ store: { commit }, dispatch: async () => undefined, policy });
  await loop.submit({ ...SUBMISSION, pool: 'named' });
  expect(asked).toEqual(['known', 'named']);
});

test('every commit is told with the command that led to it', async () => {
  const told: [Committed, string][] = [];
  const results = [committed(), committed()];
  const loop = new Loop({
    store: { commit: async () => results },
    dispatch: async () => undefined,
    policy: () => POLICY,
    onCommit: (result, command) => void told.push([result, command.type]),
  });
  await loop.submitAll([
    SUBMISSION,
    { to: { incident: 'inc-1' }, command: { type: 'ExpireRequest', request: 'r1' } },
  ]);
  expect(told).toEqual([
    [results[0], 'CheckEscalation'],
    [results[1], 'ExpireRequest'],
  ]);
});
