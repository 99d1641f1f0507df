import type { Message } from '../../../src/console/slack/types.ts';
import { dedupKey } from '../../../src/incident/react.ts';
import type { Incident } from '../../../src/incident/state.ts';
import { isParent, notification, PEOPLE, WEBHOOK_TOKEN, wordsOf } from '../../support/lifeguard.ts';
import { incidentOf, slotOf } from '../support/marks.ts';
import type { Backend, Leak } from './leak.ts';
import type { Stage } from './stage.ts';

/** What people and Alertmanager did in a story, as they know it themselves. */
export interface Told {
  incident: string | undefined;
  /** When the alert began to fire, and when it was first answered 200. */
  readonly startsAt: Date;
  acceptedAt?: number;
  /** The requests that Bob approved. */
  readonly approved: Set<string>;
  /** The backends that were looked at as the leak, and how the last of them went. */
  readonly leaks: Backend[];
  leak: Leak;
}

/** A person whose press led to nothing presses again after this long. */
const PATIENCE_MS = 1_200;

/** How often people look. */
const LOOK_EVERY_MS = 25;

/** When things happen; times in milliseconds. */
export interface Pace {
  /** How long after the thread has opened Alice takes the incident. */
  readonly ackAfterMs: number;
  /** Nothing takes longer than this. */
  readonly withinMs: number;
  /** Whether the alert may clear, which ends the story. */
  mayClear(): boolean;
}

/** What somebody wants to do now; under the same name they wait before they do it again. */
interface Wish {
  readonly name: string;
  act(): Promise<unknown>;
}

/**
 * Tells one incident from its alert to its close, by people who do what is to be done next as far as they can see,
 * and again when nothing comes of it.
 *
 * @param known incidents of the stories before
 * @param told filled as it goes, so that a story that got stuck can be told too
 * @throws Error when it is not over within `withinMs`
 */
export async function tellStory(
  stage: Stage,
  known: ReadonlySet<string>,
  told: Told,
  { ackAfterMs, withinMs, mayClear }: Pace,
): Promise<void> {
  const { slack, store, pagerduty } = stage;
  const pressed = new Map<string, number>();
  const until = Date.now() + withinMs;
  let stand: Incident | undefined;
  let threadSeenAt = 0;
  let isOver = false;

  const press = (
    name: string,
    who: string,
    message: Message | undefined,
    button: string,
  ): Wish | undefined =>
    message === undefined ? undefined : { name, act: () => slack.actor.press(who, message, button) };

  function wish(here: readonly Message[]): Wish | undefined {
    const find = (fits: RegExp): Message | undefined => here.find((one) => fits.test(wordsOf(one)));
    if (told.acceptedAt === undefined) {
      return { name: 'the alert is taken', act: () => alert(stage, told.startsAt, 'firing').then(accepted) };
    }
    const parent = here.find((one) => isParent(one) && slotOf(one) === 'parent');
    if (parent === undefined || told.incident === undefined) return undefined;
    threadSeenAt ||= Date.now();
    if (Date.now() - threadSeenAt >= ackAfterMs && find(/has it\./) === undefined) {
      return press('Alice has it', PEOPLE.alice, parent, 'Acknowledge');
    }
    const requests = Object.values(stand?.requests ?? {});
    if (told.leak.gone() === 'ended' && requests.some((one) => one.result?.outcome === 'done')) {
      // Nobody is paged for an incident that is over: all who are to be paged are before it is.
      const levels = [1, 3, ...(stand?.levels.map(({ level }) => level) ?? [])];
      const isPaged = levels.every((level) => pages().includes(dedupKey(told.incident ?? '', level)));
      if (!isPaged || !mayClear() || find(/has it\./) === undefined) return undefined;
      return { name: 'the alert clears', act: () => alert(stage, told.startsAt, 'resolved') };
    }
    const pending = here.find((one) => /^request-/.test(slotOf(one)) && wordsOf(one).includes('"Approve"'));
    if (pending !== undefined) {
      const request = slotOf(pending).slice('request-'.length);
      return {
        name: `Bob approves ${request}`,
        act() {
          told.approved.add(request);
          return slack.actor.press(PEOPLE.bob, pending, 'Approve');
        },
      };
    }
    if (requests.some((one) => one.status === 'approved' || one.status === 'running')) return undefined;
    const now = told.leak.now();
    if (told.leaks.at(-1)?.pid !== now.pid) told.leaks.push(now);
    const button = `terminate.${now.pid}`;
    const offer = here.find((one) => wordsOf(one).includes(button));
    if (offer !== undefined) return press(`Alice asks for ${button}`, PEOPLE.alice, offer, button);
    return press('Alice runs step 2', PEOPLE.alice, find(/"Run step 2"/), 'Run step 2');
  }

  function accepted(): void {
    told.acceptedAt ??= Date.now();
  }
  const pages = (): string[] => pagerduty.pages.map((page) => page.dedupKey);

  while (!isOver) {
    const all = slack.workspace.messages('backend-team');
    told.incident ??= all.map(incidentOf).find((id) => id !== 'undefined' && !known.has(id));
    const here = all.filter((one) => incidentOf(one) === told.incident);
    // People see what the thread shows; which of its requests are over is read where it is quicker to tell.
    if (told.incident !== undefined) stand = await store.incident(told.incident).catch(() => stand);
    isOver = here.some((one) => isParent(one) && slotOf(one) === 'parent' && /resolved/.test(one.text));
    if (isOver) return;
    const next = wish(here);
    if (next !== undefined && Date.now() - (pressed.get(next.name) ?? 0) > PATIENCE_MS) {
      pressed.set(next.name, Date.now());
      await next.act().catch(() => undefined);
    }
    if (Date.now() > until) {
      throw new Error(`the story got stuck for ${withinMs} ms; next was: ${next?.name ?? 'to wait'}`);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

/** Posts the alert as Alertmanager does. @throws Error when it was not taken */
async function alert(stage: Stage, startsAt: Date, status: 'firing' | 'resolved'): Promise<void> {
  const answer = await fetch(`${stage.url}/webhooks/alertmanager`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${WEBHOOK_TOKEN}` },
    body: JSON.stringify(notification({ startsAt, status })),
    signal: AbortSignal.timeout(5_000),
  });
  if (!answer.ok) throw new Error(`the alert was answered ${answer.status}`);
}
