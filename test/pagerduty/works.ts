import { Hopeless, Later } from '../../src/effects/handler.ts';
import type { EffectKind, EffectOf } from '../../src/incident/effects.ts';
import { type AssignHandlerOptions, createAssignHandler } from '../../src/pagerduty/assign.ts';
import { createEvents } from '../../src/pagerduty/events.ts';
import { createNoteHandler } from '../../src/pagerduty/note.ts';
import { createPageHandler, type Page } from '../../src/pagerduty/page.ts';
import { Quiet } from '../../src/pagerduty/patience.ts';
import { createRest } from '../../src/pagerduty/rest.ts';
import { at, BEGIN, type Story } from '../incident/given.ts';
import { API_TOKEN, FROM_EMAIL } from '../support/pagerduty/account.ts';
import type { TestPagerDuty } from '../support/pagerduty/start.ts';

/** What one try of an effect came to; its command is given to the story. */
export interface Tried {
  readonly end: 'done' | 'later' | 'dead';
  readonly why?: string;
  readonly afterMs?: number;
}

/** The handlers of pages and notes at work on a story, with its clock, against the stand-in. */
export function pagerWorks(
  pagerDuty: TestPagerDuty,
  story: Story,
  options: {
    readonly pageOf: (level: number) => Page | undefined;
    readonly links?: Record<string, string>;
    readonly addressOf?: AssignHandlerOptions['addressOf'];
  },
) {
  const { server, ca } = pagerDuty;
  const rest = createRest({ server, ca, token: API_TOKEN, fromEmail: FROM_EMAIL, timeoutMs: 2_000 });
  const store = {
    incident: async () => story.incident,
    event: async (_incident: string, seq: number) => story.events[seq - 1],
    now: async () => new Date(BEGIN + story.clock),
  };
  const pageOf = (_pool: string | undefined, level: number) => options.pageOf(level);
  const handlers = {
    'pagerduty.event': createPageHandler({
      store,
      rest,
      pageOf,
      events: createEvents({ server, ca, timeoutMs: 2_000 }),
      linksOf: () => options.links ?? {},
      random: () => 1,
      quiet: new Quiet(() => story.clock),
    }),
    'pagerduty.note': createNoteHandler({ store, rest, pageOf }),
    'pagerduty.assign': createAssignHandler({
      store,
      rest,
      pageOf,
      addressOf: options.addressOf ?? (async () => ({ unknown: 'nobody was asked' })),
    }),
  };
  const done = new Set<string>();
  const attempts = new Map<string, number>();

  /** Tries the first effect of the kind that is still owed; `createdAt` is when the test first saw it. */
  async function next<K extends keyof typeof handlers & EffectKind>(
    kind: K,
    since = story.clock,
  ): Promise<Tried> {
    const spec = story.effects.find((one) => one.kind === kind && !done.has(one.id));
    if (spec === undefined) throw new Error(`no ${kind} is owed`);
    const attempt = (attempts.get(spec.id) ?? 0) + 1;
    attempts.set(spec.id, attempt);
    const effect = { ...spec, incident: story.incident.id, attempt, createdAt: at(since) } as EffectOf<K>;
    try {
      const { command } = await handlers[kind](effect as never);
      done.add(spec.id);
      if (command !== undefined) story.given(command);
      return { end: 'done' };
    } catch (error) {
      if (!(error instanceof Later || error instanceof Hopeless)) throw error;
      if (error.command !== undefined) story.given(error.command);
      if (error instanceof Hopeless) done.add(spec.id);
      const afterMs = error instanceof Later ? error.afterMs : undefined;
      return {
        end: error instanceof Later ? 'later' : 'dead',
        why: error.message,
        ...(afterMs === undefined ? {} : { afterMs }),
      };
    }
  }
  return { next };
}
