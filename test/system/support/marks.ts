import type { Message } from '../../../src/console/slack/types.ts';

/** The incident that a message of the bot's belongs to, by its metadata. */
export function incidentOf(message: Message): string {
  return String(payloadOf(message)['incident']);
}

/** The place in the incident's thread that a message of the bot's fills: there is one message for each. */
export function slotOf(message: Message): string {
  return String(payloadOf(message)['slot']);
}

/** What stands more than once in a list. */
export function repeated(all: readonly string[]): string[] {
  return all.filter((one, index) => all.indexOf(one) !== index);
}

function payloadOf(message: Message): Readonly<Record<string, unknown>> {
  return message.metadata?.event_payload ?? {};
}
