import { BUILTIN_CHECKS, type BuiltinCall, type BuiltinName } from '../runbook/builtin.ts';

const USUAL: Readonly<Record<number, readonly BuiltinName[]>> = {
  1: ['utilisation', 'settings'],
  2: ['connections', 'locks', 'prepared', 'replication', 'vacuum', 'pgbouncer'],
  3: ['leaks', 'logs'],
  4: ['traffic'],
  5: ['slow_queries'],
};

/** The checks of a step where no runbook names them, with their usual parameters; undefined: no such step. */
export function usualChecks(step: number): readonly BuiltinCall[] | undefined {
  return USUAL[step]?.map(
    (name) => ({ kind: 'builtin', name, params: BUILTIN_CHECKS[name].parse({}), line: 0 }) as BuiltinCall,
  );
}
