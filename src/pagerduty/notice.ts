import type { Loop } from '../effects/loop.ts';
import type { PageMove, PageNotice } from '../incident/pages.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { Pages } from '../store/pages.ts';
import { isOurNote } from './note.ts';
import type { Rest } from './rest.ts';
import type { NoticeKind, PagerDutyNotice } from './webhook.ts';

/** The page behind one of our dedup keys, e.g. `lifeguard-inc-42-L2`. */
export const OUR_KEY = /^lifeguard-(inc-\d+)-L(\d+)$/;

export interface NoticeOptions {
  readonly loop: Pick<Loop, 'submit'>;
  readonly pages: Pick<Pages, 'remember' | 'keyOf'>;
  /** Asks PagerDuty for the key of an incident; left out without REST access. */
  readonly keyOf?: Rest['incidentKey'] | undefined;
  readonly metrics: Pick<Metrics, 'pageNotice'>;
}

/**
 * What was done to our pages at PagerDuty, taken into their incidents. A subscription may tell of the
 * whole account: what is of none of our pages is let pass.
 *
 * @returns a function that resolves once it is committed, and rejects when it has to be sent again
 */
export function createNoticeTaker(options: NoticeOptions): (notice: PagerDutyNotice) => Promise<void> {
  const { loop, pages, metrics } = options;

  return async (notice) => {
    const { kind, incidentId, incidentKey } = notice;
    if (kind === 'ping' || kind === 'other') return metrics.pageNotice(kind, 'none');
    if (kind === 'annotated' && isOurNote(notice.note ?? '')) return metrics.pageNotice(kind, 'echo');
    const key = incidentKey ?? (incidentId === undefined ? undefined : await keyOf(incidentId));
    const [, incident, level] = OUR_KEY.exec(key ?? '') ?? [];
    if (key === undefined || incident === undefined || level === undefined) {
      return metrics.pageNotice(kind, 'unknown');
    }
    if (incidentId !== undefined) await pages.remember(incidentId, key);
    if (!isMove(kind)) return metrics.pageNotice(kind, 'none');
    const { told } = await loop.submit({
      to: { incident },
      command: { type: 'TakePageNotice', notice: noticeOf(notice, kind, Number(level)) },
    });
    const ignored = told?.code === 'ignored' ? told.why : 'unknown';
    metrics.pageNotice(kind, told?.code === 'done' ? 'taken' : ignored);
  };

  async function keyOf(id: string): Promise<string | undefined> {
    const known = await pages.keyOf(id);
    if (known !== undefined || options.keyOf === undefined) return known;
    const asked = await options.keyOf(id);
    if (asked.kind === 'retry') throw new Error(`the incident of a note is not known: ${asked.message}`);
    return asked.kind === 'done' ? asked.value : undefined;
  }
}

/** That a page has become an incident there is nothing new here. */
function isMove(kind: NoticeKind): kind is PageMove {
  return kind !== 'triggered' && kind !== 'ping' && kind !== 'other';
}

function noticeOf(notice: PagerDutyNotice, what: PageMove, level: number): PageNotice {
  const { id, at, by, byId, byPerson, assignees, note, priority } = notice;
  const author = byPerson ? (by ?? byId) : undefined;
  return {
    level,
    what,
    notice: id,
    occurredAt: at,
    ...(author === undefined ? {} : { by: { id: byId ?? author, name: author, via: 'pagerduty' } }),
    ...(assignees === undefined ? {} : { assignees }),
    ...(note === undefined ? {} : { note }),
    ...(priority === undefined ? {} : { priority }),
  };
}
