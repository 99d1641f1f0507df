import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { CheckFailure } from '../../checks/check.ts';
import { askDocker } from '../../platform/docker.ts';
import type { RemedyResult } from '../remedy.ts';

/** How long the engine may take to say how a container is. */
const LOOK_WITHIN_MS = 5_000;

/** The engine's own grace between SIGTERM and SIGKILL, where the container sets none. */
const STOP_GRACE_S = 10;

/** What the engine may take beyond the grace: killing, unmounting and starting on a busy machine. */
const SLACK_MS = 20_000;

/** How long the engine takes at most between a container's stop and its start. */
const START_WITHIN_MS = 5_000;

const LOOK_EVERY_MS = 250;

/** The engine says yes once the process is there; one that cannot start ends right after that. */
const STAYS_UP_MS = 1_000;

/** "Inspect a container", as far as it is used. */
const containerSchema = z.object({
  Id: z.string(),
  Name: z.string(),
  State: z.object({
    Status: z.string(),
    Running: z.boolean(),
    ExitCode: z.number(),
    StartedAt: z.string(),
    Health: z.object({ Status: z.string() }).nullish(),
  }),
  RestartCount: z.number(),
  Config: z.object({ Image: z.string(), StopTimeout: z.number().nullish() }),
});

/** A container as it stands now. */
export interface Container {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly running: boolean;
  /** The engine's word: `running`, `exited`, `paused`, `restarting`… */
  readonly status: string;
  readonly exitCode: number;
  /** As the engine prints it, to the nanosecond. */
  readonly startedAt: string;
  /** Absent where the image has no health check. */
  readonly health?: string;
  /** How often its restart policy has started it again. */
  readonly restarts: number;
  readonly stopGraceMs: number;
}

/** Which run of a container is meant. */
export interface ContainerRun {
  readonly container: string;
  readonly name: string;
  readonly startedAt: string;
}

/**
 * Looks at a container.
 *
 * @param nameOrId as Docker takes it
 * @throws CheckFailure with the mend when there is none, or the engine cannot be asked
 */
export async function findContainer(nameOrId: string, host?: string): Promise<Container> {
  const container = await lookUp(nameOrId, host);
  if (container !== undefined) return container;
  throw new CheckFailure(
    `Docker knows no container ${nameOrId}`,
    'correct restart.docker in lifeguard.yaml (docker ps shows the names)',
  );
}

/**
 * Restarts the container, if it is still in the run that is meant. Never throws; a container of the same
 * name that was made since is left alone.
 *
 * @param again a run before this one may have asked the engine already. The engine goes on when the one
 *   who asked is gone, so the container is watched first for as long as that can take.
 */
export async function restartContainer(
  run: ContainerRun,
  again: boolean,
  host?: string,
): Promise<RemedyResult> {
  const began = performance.now();
  const ended = (outcome: RemedyResult['outcome'], detail: string): RemedyResult => ({
    outcome,
    detail,
    ms: Math.round(performance.now() - began),
  });
  try {
    const found = await lookUp(run.container, host);
    if (found === undefined)
      return ended('nothing_to_do', `the container ${run.name} that was shown is gone; nothing was done`);
    const before = again ? await settled(run, found, host) : found;
    if (before.startedAt !== run.startedAt) {
      return again
        ? ended(
            'done',
            `the container ${run.name} has restarted since the approval; Lifeguard was restarted or cut off while at it, and did nothing a second time`,
          )
        : ended(
            'nothing_to_do',
            `the container ${run.name} has restarted since it was shown; nothing was done`,
          );
    }
    const answer = await askDocker(
      `/containers/${run.container}/restart`,
      before.stopGraceMs + SLACK_MS,
      { method: 'POST' },
      host,
    );
    if (answer.status !== 204)
      return ended('failed', `Docker answered ${answer.status}: ${messageOf(answer.body)}`);
    await sleep(STAYS_UP_MS);
    const after = await lookUp(run.container, host);
    if (after?.running !== true || after.status === 'restarting') {
      return ended(
        'failed',
        `the container ${run.name} was restarted and has ended again with exit code ${after?.exitCode ?? 'unknown'}; look at: \`docker logs ${run.name}\``,
      );
    }
    return ended('done', `the container ${run.name} has restarted`);
  } catch (error) {
    if (!(error instanceof CheckFailure)) throw error;
    return ended('failed', `${error.message}; mend: ${error.mend ?? 'look at the engine'}`);
  }
}

/** The container once an earlier request to restart it can no longer be under way. */
async function settled(run: ContainerRun, first: Container, host: string | undefined): Promise<Container> {
  // A restart passes through a moment in which the container does not run: that is not its end.
  const until = performance.now() + (first.running ? first.stopGraceMs : 0) + START_WITHIN_MS;
  let found = first;
  while (found.startedAt === run.startedAt && performance.now() < until) {
    await sleep(LOOK_EVERY_MS);
    found = (await lookUp(run.container, host)) ?? found;
  }
  return found;
}

async function lookUp(nameOrId: string, host: string | undefined): Promise<Container | undefined> {
  const answer = await askDocker(
    `/containers/${encodeURIComponent(nameOrId)}/json`,
    LOOK_WITHIN_MS,
    undefined,
    host,
  );
  if (answer.status === 404) return undefined;
  if (answer.status !== 200)
    throw new CheckFailure(
      `Docker answered ${answer.status}: ${messageOf(answer.body)}`,
      `try: docker inspect ${nameOrId}`,
    );
  const parsed = containerSchema.safeParse(json(answer.body));
  if (!parsed.success)
    throw new CheckFailure('what answers there is not a Docker engine', 'correct DOCKER_HOST');
  const { Id, Name, State, RestartCount, Config } = parsed.data;
  return {
    id: Id,
    name: Name.replace(/^\//, ''),
    image: Config.Image,
    running: State.Running,
    status: State.Status,
    exitCode: State.ExitCode,
    startedAt: State.StartedAt,
    ...(State.Health == null || State.Health.Status === 'none' ? {} : { health: State.Health.Status }),
    restarts: RestartCount,
    stopGraceMs: (Config.StopTimeout ?? STOP_GRACE_S) * 1_000,
  };
}

/** The engine says what is wrong as `{ "message": … }`. */
function messageOf(body: Buffer): string {
  const said = z.object({ message: z.string() }).safeParse(json(body));
  return said.success ? said.data.message.slice(0, 200) : 'no reason given';
}

function json(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
