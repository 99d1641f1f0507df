import { randomUUID } from 'node:crypto';
import type { PoolSizeConfig, RaiseBy } from '../config/types.ts';
import { duration } from '../incident/words.ts';
import { readActivity } from '../pool/activity.ts';
import { AwayError } from '../pool/faults.ts';
import { callWebhook } from './executors/webhook.ts';
import type { PoolSizeBy, SizedPool } from './pool-size.ts';
import { poolReading } from './reading.ts';
import type { RemedyResult } from './remedy.ts';
import { freeOf } from './room.ts';

/** How a pool is made larger that somebody else's server sees to. */
type WebhookSize = Extract<PoolSizeConfig, { webhook: object }>;

/** The remedy `pool_size` by a signed webhook; `docs/webhooks.md` describes it for those who receive it. */
export function poolSizeByWebhook(
  { name, application }: SizedPool,
  { webhook, raiseBy, revertAfterMs }: WebhookSize,
): PoolSizeBy<'webhook'> {
  const { host } = new URL(webhook.url);
  const about = { version: 1 as const, pool: name, ...(application === undefined ? {} : { application }) };
  return {
    async preview(lifeline, approved, now) {
      const activity = await readActivity(lifeline);
      const free = freeOf(activity);
      const least = 'connections' in raiseBy ? raiseBy.connections : 1;
      if (free < least) {
        return {
          refused: `Not possible: the server has ${free} connections free (${activity.used} of ${activity.usable} used), so a larger pool finds none; mend: raise \`max_connections\` of the server (takes a restart).`,
          protected: true,
        };
      }
      const key = approved?.key ?? randomUUID();
      return {
        action: 'pool_size',
        target: { kind: 'pool_size', way: 'webhook', host, by: raiseBy, key, revertAfterMs },
        preview: {
          title: `Raise the pool size of ${name} by ${words(raiseBy)}`,
          facts: [
            { label: 'By', value: `the webhook at ${host}` },
            { label: 'Free on the server', value: `${free} connections` },
            { label: 'Undone', value: `by the same webhook after ${duration(revertAfterMs)}` },
          ],
          risks: [
            'How large the pool is, and what its server can carry, is known only to the one who answers there.',
            'It buys time and mends nothing: connections that leak or queries that are slow fill the larger pool too.',
          ],
          takenAt: now.toISOString(),
        },
      };
    },
    holds: (approved, found) => approved.host === found.host && words(approved.by) === words(found.by),
    async execute(_lifeline, target) {
      if (target.host !== host) return elsewhere(host, target.host);
      return callWebhook(webhook, {
        place: 'pool_size.webhook',
        key: target.key,
        now: new Date(),
        body: {
          ...about,
          action: 'pool_size',
          raise_by: target.by,
          revert_after_seconds: Math.round(target.revertAfterMs / 1_000),
        },
        done: `the webhook at ${host} has taken it`,
      });
    },
    async undo(_lifeline, target) {
      if (target.host !== host) return elsewhere(host, target.host);
      const result = await callWebhook(webhook, {
        place: 'pool_size.webhook',
        key: `${target.key}-undo`,
        now: new Date(),
        body: { ...about, action: 'pool_size_undo', undoes: target.key },
        done: `the webhook at ${host} has taken the former size back`,
      });
      // Its key makes it safe to tell again: the receiver does it once.
      if (result.outcome === 'failed') throw new AwayError(result.detail, { code: 'webhook', message: host });
      return result;
    },
    isUnseen: true,
    verify: poolReading,
  };
}

function words(by: RaiseBy): string {
  return 'percent' in by ? `${by.percent} %` : `${by.connections} connections`;
}

function elsewhere(host: string, was: string): RemedyResult {
  const detail = `\`pool_size.webhook\` in lifeguard.yaml leads to ${host} now and not to ${was}; nothing was done`;
  return { outcome: 'failed', detail, ms: 0 };
}
