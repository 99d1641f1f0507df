import { expect, test } from 'vitest';
import type { RankedCause, SuggestedRemedy } from '../../src/incident/verdict.ts';
import { withinReach } from '../../src/remedies/within-reach.ts';

const LEAK: SuggestedRemedy = { action: 'restart', target: { kind: 'application', application: 'shop' } };
const RESTART = { restart: { docker: 'shop' } };

function suggested(remedy: SuggestedRemedy, pool: Parameters<typeof withinReach>[1]) {
  const cause: RankedCause = {
    cause: 'leak_missing_return',
    title: 'The application leaks connections',
    confidence: 'likely',
    probability: 0.9,
    evidence: [],
    advice: 'Mend it.',
    remedy,
  };
  return withinReach({ causes: [cause] }, pool).causes[0]?.remedy;
}

test('a restart is suggested where the configuration has a way for it, and for the application that it restarts', () => {
  expect(suggested({ action: 'restart' }, RESTART)).toEqual({ action: 'restart' });
  expect(suggested(LEAK, { ...RESTART, application: 'shop' })).toEqual(LEAK);
  expect(suggested(LEAK, RESTART)).toEqual(LEAK);
  expect(suggested(LEAK, { ...RESTART, application: 'another' })).toBeUndefined();
  expect(suggested({ action: 'restart' }, {})).toBeUndefined();
  expect(suggested({ action: 'restart' }, undefined)).toBeUndefined();
});

test('what is done in the database needs no way of its own', () => {
  expect(suggested({ action: 'terminate' }, {})).toEqual({ action: 'terminate' });
  expect(suggested({ action: 'pool_size' }, {})).toBeUndefined();
});
