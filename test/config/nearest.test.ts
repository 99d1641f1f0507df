import { describe, expect, test } from 'vitest';
import { nearest, suggestion } from '../../src/config/nearest.ts';

const KNOWN = ['threshold', 'database_url', 'name', 'match', 'restart', 'recycle', 'above'];

describe('the nearest known name', () => {
  test.each([
    ['thresold', 'threshold'],
    ['treshhold', 'threshold'],
    ['databaseUrl', 'database_url'],
    ['DATABASE-URL', 'database_url'],
    ['databse_url', 'database_url'],
    ['nmae', 'name'],
    ['restrat', 'restart'],
    ['mach', 'match'],
  ])('of %s is %s', (name, expected) => {
    expect(nearest(name, KNOWN)).toBe(expected);
  });

  test.each(['', 'x', 'colour', 'nonsense', 'threshold_of_something_else'])('of %j is none', (name) => {
    expect(nearest(name, KNOWN)).toBeUndefined();
  });

  test('is the one with fewest slips where several are near', () => {
    expect(nearest('recycl', ['bicycle', 'recycle', 'recycler'])).toBe('recycle');
  });

  test('is offered in a message, or else all that are known', () => {
    expect(suggestion('nmae', ['name', 'match'])).toBe('; did you mean `name`?');
    expect(suggestion('colour', ['name', 'match'])).toBe('; known are `name`, `match`');
  });
});
