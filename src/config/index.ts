export { formatDuration, parseDuration } from './duration.ts';
export { ConfigError, describeFault } from './fault.ts';
export { configJsonSchema } from './jsonschema.ts';
export { type Loaded, loadConfig, type Sources } from './load.ts';
export { escalationFor, groupsIn, policyFor, poolFor } from './lookup.ts';
export { parseConfig } from './parse.ts';
export { secretsOf } from './secrets.ts';
export type * from './types.ts';
