import { SlackError } from '../errors.ts';
import { deliverResponse } from '../responses.ts';
import { isObject, SLACKBOT, type View } from '../types.ts';
import { makeView, modalStack } from '../views.ts';
import type { Workspace } from '../workspace.ts';
import type { Delivery } from './send.ts';

/** What became of something a person did. */
export interface Outcome {
  readonly ok: boolean;
  /** `operation_timeout`, `dispatch_failed`, or `view_incomplete` when a form was not sent at all. */
  readonly error?: string;
  /** A form's faults by block_id, its own client's or the app's. */
  readonly errors?: Readonly<Record<string, string>>;
  /** Milliseconds until the app acknowledged. */
  readonly ms: number;
  /** The acknowledgement's body. */
  readonly body?: unknown;
}

type Acknowledged = Extract<Delivery, { outcome: 'acknowledged' }>;

/** A delivery as an outcome. */
export function outcome(delivery: Delivery): Outcome {
  if (delivery.outcome !== 'acknowledged') return { ok: false, error: delivery.outcome, ms: delivery.ms };
  return { ok: true, ms: delivery.ms, ...(delivery.body === undefined ? {} : { body: delivery.body }) };
}

/** A slash command's acknowledgement may be an answer already: words, or a message as JSON. */
export function sayAcknowledged(
  workspace: Workspace,
  origin: { readonly user: string; readonly channel: string },
  delivery: Acknowledged,
  baseUrl: string,
): Outcome {
  const { body } = delivery;
  if (body === undefined) return outcome(delivery);
  try {
    deliverResponse(workspace, origin, isObject(body) ? body : { text: String(body) }, baseUrl);
    return outcome(delivery);
  } catch (error) {
    if (!(error instanceof SlackError)) throw error;
    const text = `The command's answer was refused: "${error.code}" ${error.messages.join('; ')}`.trim();
    workspace.postEphemeral({ ...origin, from: SLACKBOT, text });
    return { ...outcome(delivery), ok: false, error: error.code };
  }
}

/** Does what a view_submission's acknowledgement asks: close, clear, show faults, update or push. */
export function afterSubmission(workspace: Workspace, view: View, delivery: Acknowledged): Outcome {
  const done = outcome(delivery);
  const answer = isObject(delivery.body) ? delivery.body : {};
  try {
    switch (answer.response_action) {
      case undefined:
        workspace.removeView(view.id);
        return done;
      case 'clear':
        for (const one of modalStack(workspace, view.user)) workspace.removeView(one.id);
        return done;
      case 'errors':
        return { ...done, ok: false, error: 'view_errors', errors: wordsByBlock(answer.errors) };
      case 'update':
        workspace.saveView(makeView(workspace, answer.view, { user: view.user, replaces: view }));
        return done;
      case 'push':
        workspace.saveView(makeView(workspace, answer.view, { user: view.user, under: view }));
        return done;
      default:
        return { ...done, ok: false, error: 'invalid_response_action' };
    }
  } catch (error) {
    if (!(error instanceof SlackError)) throw error;
    return { ...done, ok: false, error: [error.code, ...error.messages].join(': ') };
  }
}

function wordsByBlock(errors: unknown): Record<string, string> {
  return isObject(errors)
    ? Object.fromEntries(Object.entries(errors).map(([key, word]) => [key, String(word)]))
    : {};
}
