/**
 * A claim lasts this long without being renewed. Long enough for a slow call, short enough that the
 * work of a replica that hangs goes on soon; that of one that died is freed by `Presence` before that.
 */
export const LEASE_MS = 15_000;

/** A running effect's claim is renewed this often: sooner than that of a runner that is only not seen runs out. */
export const RENEW_EVERY_MS = 700;
