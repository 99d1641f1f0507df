export {
  BUILTIN_CHECKS,
  BUILTIN_NAMES,
  type BuiltinCall,
  type BuiltinName,
  type BuiltinParams,
} from './builtin.ts';
export { describe } from './describe.ts';
export { describeRunbookFault, RunbookError, type RunbookFault } from './fault.ts';
export { loadRunbook, RunbookUnreadable, SHIPPED_RUNBOOK, shippedRunbook } from './load.ts';
export { parseRunbook } from './parse.ts';
export type * from './types.ts';
