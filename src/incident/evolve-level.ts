import type { EventOf } from './events.ts';
import { isStanding, KEPT_NOTICES } from './pages.ts';
import type { Incident, ReachedLevel } from './state.ts';

/** What happens to a level of the escalation and to its page. */
export type LevelEvent = EventOf<
  'LevelReached' | 'Paged' | 'PageFailed' | 'PageMoved' | 'PageAssigned' | 'PageNotAssigned'
>;

/** The incident after one more event of a level. */
export function evolveLevel(state: Incident, event: LevelEvent): Incident {
  switch (event.type) {
    case 'LevelReached':
      return { ...state, levels: [...state.levels, reached(event)] };
    case 'Paged':
      return withLevel(state, event.level, (reached) => ({
        ...reached,
        page: 'sent',
        pagedAt: event.at,
        ...(event.way === undefined ? {} : { pageWay: event.way }),
      }));
    case 'PageFailed':
      return withLevel(state, event.level, (reached) => ({
        ...reached,
        page: event.final ? 'failed' : 'failing',
        alarmed: true,
      }));
    case 'PageMoved':
      return pageMoved(state, event);
    case 'PageAssigned': {
      const { at, name } = event;
      return withLevel(state, event.level, (reached) => ({
        ...reached,
        assigned: { at, name },
        assignees: [name],
      }));
    }
    case 'PageNotAssigned':
      return withLevel(state, event.level, (reached) => ({ ...reached, assigned: { at: event.at } }));
  }
}

function withLevel(
  state: Incident,
  level: number,
  change: (reached: ReachedLevel) => ReachedLevel,
): Incident {
  return { ...state, levels: state.levels.map((one) => (one.level === level ? change(one) : one)) };
}

function pageMoved(state: Incident, event: EventOf<'PageMoved'>): Incident {
  const { assignees, occurredAt } = event;
  const next = withLevel(state, event.level, (reached) => ({
    ...reached,
    ...(assignees === undefined ? {} : { assignees }),
    ...(isStanding(event.what) ? { movedAt: occurredAt } : {}),
  }));
  return { ...next, notices: [...(state.notices ?? []), event.notice].slice(-KEPT_NOTICES) };
}

function reached(event: EventOf<'LevelReached'>): ReachedLevel {
  return {
    level: event.level,
    name: event.name,
    at: event.at,
    why: event.why,
    pages: event.pages,
    ...(event.condition === undefined ? {} : { condition: event.condition }),
    ...(event.channel === undefined ? {} : { channel: event.channel }),
  };
}
