import type { Message } from '../../../src/console/slack/types.ts';
import { dedupKey } from '../../../src/incident/react.ts';
import {
  eventually,
  isParent,
  notification,
  PEOPLE,
  WEBHOOK_TOKEN,
  wordsOf,
} from '../../support/lifeguard.ts';
import { incidentOf, slotOf } from './marks.ts';
import type { Scene } from './scene.ts';

/** Nothing may stay undone for longer than this, not counting the time in which there was no process. */
export const STUCK_MS = 60_000;

/** Who misses something in what a step shows runs it again after this long. */
const LOOKS_AGAIN_MS = 1_500;

/** One incident from its alert to its close, with people who press again when nothing comes of it. */
export async function tellStory(scene: Scene, before: readonly string[]): Promise<string> {
  const { slack, patient } = scene;
  const session = await patient.session();
  const startsAt = new Date();
  const inTeam = (fits: (message: Message) => boolean): Message | undefined =>
    slack.workspace.messages(slack.workspace.channel('backend-team')?.id ?? '').find(fits);
  const ofStory = (message: Message): boolean => !before.includes(incidentOf(message));

  await insist(scene, 'the alert is taken', async () => {
    await alert(scene, startsAt, 'firing');
  });
  const parent = await seen('the thread', () =>
    inTeam((one) => isParent(one) && ofStory(one) && slotOf(one) === 'parent'),
  );
  const incident = incidentOf(parent);
  const here = (message: Message): boolean => incidentOf(message) === incident;
  const told = (fits: RegExp) => () => inTeam((one) => here(one) && fits.test(wordsOf(one)));

  await insist(
    scene,
    'Alice has it',
    () => press(scene, PEOPLE.alice, parent, 'Acknowledge'),
    told(/has it\./),
  );
  await insist(
    scene,
    'step 2 shows the session',
    // It has run by itself. Cut off from the pool by a restart it found nothing, and of a story before that has just
    // ended it may show what was read then, a second ago: its own button runs it again.
    () => {
      const step = inTeam((one) => here(one) && wordsOf(one).includes('"Run step 2"'));
      return step === undefined ? Promise.resolve() : press(scene, PEOPLE.alice, step, 'Run step 2');
    },
    () => inTeam((one) => here(one) && wordsOf(one).includes(`terminate.${session.pid}`)),
    LOOKS_AGAIN_MS,
  );
  const asked = (): Message | undefined => inTeam((one) => here(one) && /"Approve"/.test(wordsOf(one)));
  await insist(
    scene,
    'the preview is there',
    () => {
      const step = inTeam((one) => here(one) && wordsOf(one).includes(`terminate.${session.pid}`));
      return step === undefined
        ? Promise.resolve()
        : press(scene, PEOPLE.alice, step, `terminate.${session.pid}`);
    },
    asked,
  );
  await insist(
    scene,
    'the backend is gone',
    () => {
      const preview = asked();
      return preview === undefined ? Promise.resolve() : press(scene, PEOPLE.bob, preview, 'Approve');
    },
    async () => ((await session.lives()) ? undefined : true),
  );
  // The second wording is that of a process that was killed between the kill and its report.
  await seen('the outcome', told(/has ended|is gone; Lifeguard was restarted/)).catch((error: unknown) =>
    explain(scene, error),
  );
  const pageOf = dedupKey(incident, 1);
  await eventually(
    () => scene.pagerduty.incidents.find((one) => one.incidentKey === pageOf),
    'level 1 is paged',
    STUCK_MS,
  );
  await insist(
    scene,
    'the incident is closed',
    () => alert(scene, startsAt, 'resolved'),
    () => inTeam((one) => here(one) && isParent(one) && /resolved/.test(one.text)),
  );
  return incident;
}

/** Says how far the last incident came and what is still owed. @throws Error always */
async function explain(scene: Scene, error: unknown): Promise<never> {
  const { rows: newest } = await scene.store.pool.query<{ id: string }>(
    'select id from incidents where pool is not null order by opened_at desc limit 1',
  );
  const events = await scene.store.events(newest[0]?.id ?? '');
  const { rows } = await scene.store.pool.query(
    `select id, kind, lane, attempts, claimed_by, claimed_until, due, error, now() from effects where status = 'owed' and due < now() + interval '5 s'`,
  );
  const owed = rows.map((row) => JSON.stringify(row)).join('\n');
  const happened = events.map(({ at, type }) => `${at} ${type}`);
  const facts = events
    .filter(({ type }) => /^(Remedy|Step)/.test(type))
    .map((event) => JSON.stringify(event));
  throw new Error(
    `${String(error)}\nevents:\n${happened.join('\n')}\nfacts:\n${facts.join('\n')}\nowed:\n${owed}\nlog:\n${scene.log()}`,
  );
}
/**
 * Posts the alert as Alertmanager does.
 *
 * @param service one that no pool is configured for; the pool's own when left out
 * @throws Error when it was not taken
 */
export async function alert(
  scene: Scene,
  startsAt: Date,
  status: 'firing' | 'resolved',
  service?: string,
): Promise<void> {
  const of =
    service === undefined
      ? {}
      : { labels: { datname: service }, fingerprint: service, groupKey: `{}:{datname="${service}"}` };
  const answer = await fetch(`${scene.url}/webhooks/alertmanager`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${WEBHOOK_TOKEN}` },
    body: JSON.stringify(notification({ startsAt, status, ...of })),
    signal: AbortSignal.timeout(5_000),
  });
  if (!answer.ok) throw new Error(`the alert was answered ${answer.status}: ${await answer.text()}`);
}

async function press(scene: Scene, user: string, message: Message, button: string): Promise<void> {
  await scene.slack.actor.press(user, message, button);
}

/** Does something again and again until it succeeds or, where `until` looks for it, until it shows. */
async function insist<T>(
  scene: Scene,
  what: string,
  act: () => Promise<void>,
  until?: () => T | undefined | Promise<T | undefined>,
  patienceMs = scene.patienceMs,
): Promise<void> {
  const upSince = Date.now() - scene.downMs;
  while (Date.now() - scene.downMs - upSince < STUCK_MS) {
    const done = await act().then(
      () => true,
      () => false,
    );
    if (until === undefined) {
      if (done) return;
      await pause(100);
    } else if ((await eventually(until, what, patienceMs).catch(() => undefined)) !== undefined) return;
  }
  await explain(scene, new Error(`waited ${STUCK_MS} ms in vain until ${what}`));
}

function seen(what: string, look: () => Message | undefined): Promise<Message> {
  return eventually(look, what, STUCK_MS);
}
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
