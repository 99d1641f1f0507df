import type { DetectConfig } from '../config/types.ts';
import type { Loop } from '../effects/loop.ts';
import type { Alert } from '../incident/alerts.ts';
import type { Command } from '../incident/commands.ts';
import type { DetectionFacts } from '../pool/sampler.ts';
import { poolKey } from '../store/commit.ts';
import type { Store } from '../store/store.ts';

/** The `alertname` of an incident that a silent database opens. */
export const UNRESPONSIVE_ALERT = 'DatabaseUnresponsive';

/** A database that answers for this long is back; one that comes and goes is not. */
const BACK_AFTER_MS = 60_000;

/** The server answers and will not have us: our password or our rights are at fault (SQLSTATE 28…, 3D…, 42…). */
const REFUSES_US = /^(28|3D|42)/;

export interface SilenceOptions {
  readonly loop: Pick<Loop, 'submit'>;
  readonly store: Pick<Store, 'nextIncidentId'>;
  readonly reopenWithinMs: number;
  readonly now: () => Date;
}

/**
 * Tells a pool's incident whether its database answers.
 *
 * With an incident open, the silence is a condition of its escalation. Where `detect` is set, a silence that
 * lasts as long as `for` is an incident of its own, and keeps an open one from being resolved: the alerts of a
 * database that is down clear when its exporter cannot reach it either. It is over once the database has
 * answered for a minute. What is told is told again and again, by every replica, and changes nothing twice.
 */
export class Silence {
  readonly #options: SilenceOptions;
  /** Pools whose database answers: since when, and whether that has been told. */
  readonly #answering = new Map<string, { readonly since: number; told: boolean }>();

  constructor(options: SilenceOptions) {
    this.#options = options;
  }

  /** The database has not answered for a while. Rejects when that could not be told. */
  async silent(pool: string, facts: DetectionFacts, detect: DetectConfig | undefined): Promise<void> {
    if (REFUSES_US.test(facts.fault?.code ?? '')) return;
    this.#answering.delete(pool);
    const record = () =>
      this.#submit(pool, 0, {
        type: 'RecordUnresponsive',
        since: facts.since.toISOString(),
        ...(facts.fault === undefined ? {} : { detail: facts.fault.message }),
      });
    await record();
    const silentMs = this.#options.now().getTime() - facts.since.getTime();
    if (detect === undefined || silentMs < detect.forMs) return;
    await this.#alert(pool, 'firing', facts.since);
    await record();
  }

  /** The database answers. Rejects when that could not be told; it is told with the next answer. */
  async answers(pool: string, detect: DetectConfig | undefined): Promise<void> {
    const now = this.#options.now();
    let standing = this.#answering.get(pool);
    if (standing === undefined) {
      // After a restart, too: an incident may remember a silence that this process has not seen.
      await this.#submit(pool, 0, { type: 'RecordResponsive' });
      standing = { since: now.getTime(), told: false };
      this.#answering.set(pool, standing);
    }
    if (standing.told || now.getTime() - standing.since < BACK_AFTER_MS) return;
    if (detect !== undefined) await this.#alert(pool, 'resolved', now);
    standing.told = true;
  }

  async #alert(pool: string, status: Alert['status'], startsAt: Date): Promise<void> {
    const { store, reopenWithinMs, now } = this.#options;
    const alert: Alert = {
      fingerprint: `unresponsive:${pool}`,
      status,
      labels: { alertname: UNRESPONSIVE_ALERT, severity: 'critical', pool },
      annotations: { summary: `The database of ${pool} does not answer, by Lifeguard's own connection` },
      startsAt: startsAt.toISOString(),
      ...(status === 'resolved' ? { endsAt: now().toISOString() } : {}),
    };
    await this.#submit(pool, reopenWithinMs, {
      type: 'ReceiveAlerts',
      id: await store.nextIncidentId(),
      alerts: [alert],
      source: 'samples',
    });
  }

  #submit(pool: string, reopenWithinMs: number, command: Command) {
    return this.#options.loop.submit({ to: { key: poolKey(pool), reopenWithinMs }, command, pool });
  }
}
