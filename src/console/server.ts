/**
 * The console's outside: what the rest of the project, and its tests, take from this folder.
 */
export { type Console, type ConsoleOptions, createConsole } from './console.ts';
export type { CommandHelp } from './protocol.ts';
export { ALL_SCOPES } from './slack/api.ts';
export type { Call, Fault, FaultHook } from './slack/faults.ts';
export { Actor, type MessageRef, type Outcome } from './slack/interact.ts';
export type { UserSeed } from './slack/people.ts';
export type * from './slack/types.ts';
export { createWorkspace, type Workspace, type WorkspaceOptions } from './slack/workspace.ts';
export {
  STAND_IN_SIGNING_SECRET,
  STAND_IN_TOKEN,
  type StandIn,
  type StandInOptions,
  startSlackStandIn,
} from './standIn.ts';
