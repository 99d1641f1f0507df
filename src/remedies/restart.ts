import { randomUUID } from 'node:crypto';
import { CheckFailure } from '../checks/check.ts';
import type { PoolConfig, WebhookTarget } from '../config/types.ts';
import { type Preview, type RestartTarget, sameRun } from '../incident/remedy.ts';
import { duration } from '../incident/words.ts';
import { readActivity } from '../pool/activity.ts';
import type { Lifeline } from '../pool/lifeline.ts';
import { findContainer, restartContainer } from './executors/docker.ts';
import { type DeploymentName, readDeployment, restartDeployment } from './executors/kubernetes.ts';
import { callWebhook } from './executors/webhook.ts';
import { poolReading } from './reading.ts';
import type { NoPlan, Remedy, RemedyResult } from './remedy.ts';

/** Restarts the application that owns the pool. */
export interface RestartWish {
  readonly action: 'restart';
  /** Of a restart that was approved: the second look is for the same one. */
  readonly key?: string;
}

/** What a restart needs to know of the pool. */
export type RestartedPool = Pick<PoolConfig, 'name' | 'application' | 'restart'>;

/** What a look at the application brought. */
interface Seen {
  readonly target: RestartTarget;
  /** What restarts, as the title names it. */
  readonly what: string;
  readonly facts: Preview['facts'];
  readonly risks: readonly string[];
}

/**
 * The remedy `restart`, by the way that the pool's configuration names.
 *
 * @param pool `undefined` when it is not configured (any more): then it is refused
 */
export function restartOf(pool: RestartedPool | undefined): Remedy<RestartWish, RestartTarget> {
  return {
    async preview(lifeline, { key = randomUUID() }, now) {
      const way = pool?.restart;
      if (pool === undefined || way === undefined) {
        return {
          refused: `Not possible: no restart is configured for this pool; mend: add \`restart\` to it in lifeguard.yaml.`,
          protected: true,
        };
      }
      const seen = await look(pool, key, now).catch(notPossible);
      if ('refused' in seen) return seen;
      return {
        action: 'restart',
        target: seen.target,
        preview: {
          title: `Restart ${seen.what}`,
          facts: [...seen.facts, { label: 'Frees', value: await freed(lifeline, pool.application) }],
          risks: [
            'Every request that the application is at now fails, and what it has not committed is lost.',
            ...seen.risks,
          ],
          takenAt: now.toISOString(),
        },
      };
    },
    wishOf: ({ key }) => ({ action: 'restart', key }),
    holds: sameRun,
    execute: (_lifeline, target, again) => execute(pool, target, again),
    isUnseen: pool?.restart !== undefined && 'webhook' in pool.restart,
    verify: poolReading,
  };
}

async function look(pool: RestartedPool, key: string, now: Date): Promise<Seen> {
  const way = pool.restart;
  if (way === undefined) throw new CheckFailure('no restart is configured');
  if ('docker' in way) return lookAtContainer(way.docker, key, now);
  if ('kubernetes' in way) return lookAtDeployment(way.kubernetes, key);
  return lookAtWebhook(pool, way.webhook, key);
}

async function lookAtContainer(name: string, key: string, now: Date): Promise<Seen> {
  const found = await findContainer(name);
  const risks: string[] = [];
  if (!found.running) risks.push(`It does not run now (${found.status}): this starts it.`);
  if (found.health === 'unhealthy') risks.push('Its health check fails already.');
  if (found.restarts > 0)
    risks.push(`Docker has restarted it by itself ${found.restarts} times already: a restart may not hold.`);
  risks.push('It is one container: until it is up again, nobody is served by it.');
  const age = now.getTime() - Date.parse(found.startedAt);
  return {
    target: {
      kind: 'restart',
      way: 'docker',
      key,
      container: found.id,
      name: found.name,
      startedAt: found.startedAt,
    },
    what: `the container ${found.name}`,
    facts: [
      { label: 'Container', value: `${found.name} (${found.id.slice(0, 12)})` },
      { label: 'Image', value: found.image },
      found.running
        ? {
            label: 'Running for',
            value: `${duration(age)}${found.health === undefined ? '' : `, ${found.health}`}`,
          }
        : { label: 'State', value: found.status },
      { label: 'Stops within', value: duration(found.stopGraceMs) },
    ],
    risks,
  };
}

async function lookAtDeployment(name: DeploymentName, key: string): Promise<Seen> {
  const found = await readDeployment(name, 'restart.kubernetes');
  if (found.paused)
    throw new CheckFailure(
      `the deployment ${name.deployment} is paused, so nothing would restart`,
      `run: kubectl rollout resume deployment/${name.deployment} --namespace ${name.namespace}`,
    );
  if (found.replicas === 0)
    throw new CheckFailure(
      `the deployment ${name.deployment} has no replicas, so nothing runs`,
      'scale it up',
    );
  const risks: string[] = [];
  if (found.strategy === 'Recreate')
    risks.push('All its pods stop before new ones start: nobody is served meanwhile.');
  else if (found.replicas === 1) risks.push('It has only one replica.');
  if (found.ready < found.replicas)
    risks.push(`Only ${found.ready} of ${found.replicas} replicas are ready already now.`);
  if (found.strategy !== 'Recreate')
    risks.push(
      'While old and new pods run side by side, the application may hold more connections than before.',
    );
  return {
    target: { kind: 'restart', way: 'kubernetes', key, ...name, uid: found.uid, template: found.digest },
    what: `the deployment ${name.deployment}`,
    facts: [
      { label: 'Deployment', value: `${name.namespace}/${name.deployment}` },
      { label: 'Replicas', value: `${found.replicas}, ${found.ready} ready` },
      { label: 'Generation', value: String(found.generation) },
      { label: 'How', value: found.strategy === 'Recreate' ? 'all pods at once' : 'pod by pod' },
    ],
    risks,
  };
}

/** It is not asked before it is told to: what it would do, only its keeper knows. */
async function lookAtWebhook(pool: RestartedPool, { url }: WebhookTarget, key: string): Promise<Seen> {
  const { host } = new URL(url);
  return {
    target: { kind: 'restart', way: 'webhook', key, host },
    what: pool.application ?? `the application of ${pool.name}`,
    facts: [{ label: 'By', value: `the webhook at ${host}` }],
    risks: ['How it restarts, and whether it can, is known only to the one who answers there.'],
  };
}

/** The restart frees what the application holds; a database that does not answer stops no restart. */
async function freed(lifeline: Lifeline, application: string | undefined): Promise<string> {
  if (application === undefined) return 'not known: the pool names no `application`';
  try {
    const { byApplication, usable } = await readActivity(lifeline);
    const held = byApplication.find(({ name }) => name === application);
    if (held === undefined) return `nothing: no session of ${application} is there now`;
    const inTransaction =
      held.idleInTransaction === 0 ? '' : `, ${held.idleInTransaction} idle in transaction`;
    return `${held.total} of ${usable} connections (${application}: ${held.active} active, ${held.idle} idle${inTransaction})`;
  } catch {
    return 'not known: the database does not answer just now';
  }
}

function notPossible(error: unknown): NoPlan {
  if (!(error instanceof CheckFailure)) throw error;
  const mend = error.mend === undefined ? '' : `; mend: ${error.mend}`;
  return { refused: `Not possible: ${error.message}${mend}.`, protected: true };
}

async function execute(
  pool: RestartedPool | undefined,
  target: RestartTarget,
  again: boolean,
): Promise<RemedyResult> {
  switch (target.way) {
    case 'docker':
      return restartContainer(target, again);
    case 'kubernetes':
      return restartDeployment(target, again, new Date());
    case 'webhook': {
      const way = pool?.restart;
      if (
        pool === undefined ||
        way === undefined ||
        !('webhook' in way) ||
        new URL(way.webhook.url).host !== target.host
      )
        return {
          outcome: 'nothing_to_do',
          detail: 'the webhook that was approved is no longer in lifeguard.yaml; nothing was done',
          ms: 0,
        };
      const { application } = pool;
      return callWebhook(way.webhook, {
        place: 'restart.webhook',
        key: target.key,
        now: new Date(),
        body: {
          version: 1,
          action: 'restart',
          pool: pool.name,
          ...(application === undefined ? {} : { application }),
        },
        done: `the webhook at ${target.host} has taken the restart`,
      });
    }
  }
}
