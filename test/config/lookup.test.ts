import { describe, expect, test } from 'vitest';
import { escalationFor, groupsIn, parseConfig, policyFor, poolFor } from '../../src/config/index.ts';

const { config } = parseConfig(`
slack: { channel: "#all" }
access: { responders: [S1, U1], approvers: [S2, S1] }
reopen_within: 20m
pools:
  - { name: any, match: { datname: shop }, database_url: "postgres://h/1" }
  - { name: eu, match: { datname: shop, region: eu }, database_url: "postgres://h/2" }
  - { name: blue, match: { colour: blue }, database_url: "postgres://h/3" }
  - name: own
    match: { datname: own }
    database_url: "postgres://h/4"
    channel: "#own"
    threshold: 80
    escalation:
      levels: [{ name: Shop, after: 1m }]
escalation:
  hotline: "555"
  levels:
    - { name: First, after: 0m, page: { routing_key: k } }
    - { name: Second, after: 5m, unless: acknowledged, channel: "#second" }
  at_once: { fix_failed: next }
`);

describe('the pool of an alert', () => {
  test.each([
    [{ datname: 'shop', other: 'x' }, 'any'],
    [{ datname: 'shop', region: 'us' }, 'any'],
    [{ datname: 'shop', region: 'eu' }, 'eu'],
    [{ datname: 'shop', colour: 'blue' }, 'any'],
    [{ colour: 'blue' }, 'blue'],
    [{ region: 'eu' }, undefined],
    [{}, undefined],
  ])('%j is %s', (labels, name) => {
    expect(poolFor(config, labels as Record<string, string>)?.name).toBe(name);
  });
});

describe('the escalation of a pool', () => {
  test('is its own as a whole, or else the one of all', () => {
    expect(escalationFor(config, 'own')).toEqual({ levels: [{ name: 'Shop', afterMs: 60_000 }], atOnce: {} });
    expect(escalationFor(config, 'eu')).toBe(config.escalation);
    expect(escalationFor(config)).toBe(config.escalation);
    expect(escalationFor(config, 'no such pool')).toBe(config.escalation);
  });
});

describe('the policy of a pool', () => {
  test('says where, who, and which levels page, but holds no key', () => {
    expect(policyFor(config, 'eu')).toEqual({
      access: { responders: ['S1', 'U1'], approvers: ['S2', 'S1'], twoPerson: [], approvalTtlMs: 600_000 },
      escalation: {
        hotline: '555',
        levels: [
          { name: 'First', afterMs: 0, pages: true },
          { name: 'Second', afterMs: 300_000, unless: 'acknowledged', channel: '#second', pages: false },
        ],
        atOnce: { fix_failed: 'next' },
      },
      reopenWithinMs: 1_200_000,
      channel: '#all',
      pool: {
        name: 'eu',
        threshold: 90,
        steps: [],
        verify: { withinMs: 60_000, healthyBelow: 80 },
      },
    });
  });

  test('has what the pool sets of its own', () => {
    expect(policyFor(config, 'own')).toMatchObject({
      channel: '#own',
      pool: { name: 'own', threshold: 80 },
      escalation: { levels: [{ name: 'Shop' }] },
    });
  });

  test('of alerts that match no pool has none', () => {
    const policy = policyFor(config, undefined);
    expect(policy.channel).toBe('#all');
    expect(policy).not.toHaveProperty('pool');
  });
});

test('the user groups of the access rules are named once each', () => {
  expect(groupsIn(config)).toEqual(['S1', 'S2']);
});
