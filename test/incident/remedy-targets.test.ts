import { expect, test } from 'vitest';
import type { Command } from '../../src/incident/commands.ts';
import { fold } from '../../src/incident/evolve.ts';
import type { Action, Target } from '../../src/incident/remedy.ts';
import { ALICE, asking, inThread, PREVIEW, RITA } from './given.ts';

const START = '2026-03-02T02:11:09.123456Z';
const one = { pid: 1, backendStart: START, queryStart: START };
const two = { ...one, pid: 2 };
const leak = (...backends: (typeof one)[]): Target => ({
  kind: 'leak',
  application: 'shop',
  lastStatement: 'select ?',
  backends,
});
const prepared = (preparedAt: string): Target => ({
  kind: 'prepared',
  gid: 'order-1',
  owner: 'app',
  database: 'shop',
  preparedAt,
});

function ask(action: Action, target: Target): Command {
  return {
    type: 'RequestRemedy',
    by: RITA,
    action,
    target,
    preview: PREVIEW,
    reason: 'it is stuck',
    id: 'inc-1',
  };
}

test('the same leak is not asked for twice, in whatever order its sessions are listed; a grown one is another', () => {
  const story = inThread().given(ask('terminate_leak', leak(one, two)));
  expect(story.when(ask('terminate_leak', leak(two, one))).told).toMatchObject({ code: 'already_requested' });
  expect(story.when(ask('terminate_leak', leak(one))).told).toMatchObject({ code: 'requested' });
  const moved = { ...two, queryStart: START.replace('456Z', '457Z') };
  expect(story.when(ask('terminate_leak', leak(one, moved))).told).toMatchObject({ code: 'requested' });
});

test('a prepared transaction whose gid was used again is another one', () => {
  const story = inThread().given(ask('rollback_prepared', prepared(START)));
  expect(story.when(ask('rollback_prepared', prepared(START))).told).toMatchObject({
    code: 'already_requested',
  });
  const later = START.replace('456Z', '457Z');
  expect(story.when(ask('rollback_prepared', prepared(later))).told).toMatchObject({ code: 'requested' });
});

test('the same run of the application is restarted once; a later run of it is another', () => {
  const container = (key: string, startedAt: string): Target => ({
    kind: 'restart',
    way: 'docker',
    key,
    container: 'c1',
    name: 'api',
    startedAt,
  });
  const story = inThread().given(ask('restart', container('k1', START)));
  expect(story.when(ask('restart', container('k2', START))).told).toMatchObject({
    code: 'already_requested',
  });
  expect(story.when(ask('restart', container('k3', '2026-03-02T03:00:00Z'))).told).toMatchObject({
    code: 'requested',
  });
});

test('targets of different kinds are never the same', () => {
  const story = inThread().given(ask('terminate', { kind: 'backend', ...one }));
  expect(story.when(ask('terminate', leak(one))).told).toMatchObject({ code: 'requested' });
  expect(story.when(ask('terminate', prepared(START))).told).toMatchObject({ code: 'requested' });
});

test('what was stored when a target could only be a backend reads as before', () => {
  const stored = inThread().given(asking(RITA), { type: 'Approve', by: ALICE, request: 'r1' });
  const read = fold(JSON.parse(JSON.stringify(stored.events)));
  expect(read?.requests.r1).toMatchObject({ status: 'approved', target: { kind: 'backend', pid: 4711 } });
});
