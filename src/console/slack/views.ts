import { completeBlocks } from './complete.ts';
import { SlackError } from './errors.ts';
import { isObject, type JsonObject, type View } from './types.ts';
import { validateView } from './validate.ts';
import type { Workspace } from './workspace.ts';

/** Where a new view comes from: whose screen, and what lies under it. */
export interface ViewPlace {
  readonly user: string;
  /** The view it covers; none when it is the first. */
  readonly under?: View;
  /** The view it takes the place of. */
  readonly replaces?: View;
}

/**
 * Checks a view payload and gives it its ids; nothing is kept yet.
 * @throws SlackError invalid_arguments with the pointers, duplicate_external_id
 */
export function makeView(workspace: Workspace, payload: unknown, place: ViewPlace): View {
  const messages = validateView(payload);
  if (messages.length > 0 || !isObject(payload)) throw new SlackError('invalid_arguments', { messages });
  const { under, replaces } = place;
  const externalId = word(payload.external_id);
  const twin = workspace.views().find((view) => view.external_id === externalId && view.id !== replaces?.id);
  if (externalId !== '' && twin !== undefined) throw new SlackError('duplicate_external_id');
  const id = replaces?.id ?? workspace.freshId('V');
  return {
    id,
    type: payload.type === 'home' ? 'home' : 'modal',
    user: place.user,
    ...textOf(payload, 'title'),
    ...textOf(payload, 'submit'),
    ...textOf(payload, 'close'),
    blocks: completeBlocks(Array.isArray(payload.blocks) ? payload.blocks : []),
    callback_id: word(payload.callback_id),
    external_id: externalId,
    private_metadata: word(payload.private_metadata),
    hash: `${Math.floor(workspace.now() / 1_000)}.${workspace.freshId('')}`,
    clear_on_close: payload.clear_on_close === true,
    notify_on_close: payload.notify_on_close === true,
    root_view_id: replaces?.root_view_id ?? under?.root_view_id ?? id,
    previous_view_id: replaces?.previous_view_id ?? under?.id ?? null,
  };
}

function word(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function textOf(payload: JsonObject, key: 'title' | 'submit' | 'close'): { [k in typeof key]?: JsonObject } {
  const value = payload[key];
  return isObject(value) ? { [key]: { emoji: true, ...value } } : {};
}

/** The modals on a person's screen, the lowest first. */
export function modalStack(workspace: Workspace, user: string): View[] {
  return workspace.views(user).filter((view) => view.type === 'modal');
}

/** The person a live trigger_id belongs to; marks it used. @throws SlackError expired_trigger_id and its like */
export function spendTrigger(workspace: Workspace, triggerId: string): string {
  const found = workspace.triggers.check(triggerId);
  if (typeof found === 'string') throw new SlackError(found);
  workspace.triggers.spend(triggerId);
  return found.user;
}
