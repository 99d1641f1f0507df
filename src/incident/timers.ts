import type { Command } from './commands.ts';
import type { TimerPayload } from './effects.ts';

/** The verdict is due by then, whatever is still running: people should have it within three seconds. */
export const VERDICT_AFTER_MS = 1_500;

/** The command that a timer gives its incident when it rings. */
export function timerCommand(payload: TimerPayload): Command {
  const { command, ...rest } = payload;
  // Each timer carries exactly what its command needs besides its name.
  return { type: command, ...rest } as Command;
}
