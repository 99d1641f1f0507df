import { onTestFinished } from 'vitest';
import type { Message } from '../../src/console/slack/types.ts';
import type { Event, EventOf } from '../../src/incident/events.ts';
import {
  eventually,
  type Harness,
  type HarnessOptions,
  isParent,
  notification,
  PEOPLE,
  startHarness,
  wordsOf,
} from '../support/lifeguard.ts';
import { connect, type TestPostgres, testDatabase, testPostgres } from '../support/postgres.ts';

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;

/** A Lifeguard that is stopped when the test is over. */
export async function lifeguardWith(options: HarnessOptions = {}): Promise<Harness> {
  const lifeguard = await startHarness(options);
  onTestFinished(() => lifeguard.stop());
  return lifeguard;
}

/** A Lifeguard whose pool is a quiet database of the shared server: for stories in which nothing is ended. */
export async function lifeguardOfQuietPool(options: HarnessOptions = {}): Promise<Harness> {
  return lifeguardWith({ patientUrl: await quietDatabase(), ...options });
}

/** An empty database of the shared server, dropped when the test is over. */
export async function quietDatabase(): Promise<string> {
  const database = await testDatabase();
  onTestFinished(() => database.drop());
  return database.url;
}

/** A server of the test file's own with the bot's role and an application's. */
export interface Patient extends TestPostgres {
  readonly botUrl: string;
  /** A connection of the application; gives its pid, and whether the server still has it. */
  session(): Promise<Session>;
}

/** A backend of the application that is in the way. */
export interface Session {
  readonly pid: number;
  lives(): Promise<boolean>;
  end(): Promise<void>;
}

/** Starts the server; the caller stops it. */
export async function startPatient(): Promise<Patient> {
  const server = await testPostgres({ maxConnections: 30 });
  const admin = await server.admin();
  await admin.query(`
    create role bot login password 'bot';
    grant pg_monitor, pg_signal_backend to bot;
    create role app login password 'app'`);
  const sessions: Session[] = [];
  return {
    ...server,
    botUrl: server.urlFor({ user: 'bot', password: 'bot' }),
    async session() {
      const client = await connect(
        server.urlFor({ user: 'app', password: 'app', application: 'catalytic-api' }),
      );
      const { rows } = await client
        .query<{ pid: number }>('begin; select pg_backend_pid() as pid')
        .then((results) => (Array.isArray(results) ? results[1] : results) as { rows: { pid: number }[] });
      const pid = rows[0]?.pid ?? 0;
      const session = {
        pid,
        lives: async () => {
          const { rowCount } = await admin.query('select 1 from pg_stat_activity where pid = $1', [pid]);
          return rowCount === 1;
        },
        end: () => client.end().catch(() => undefined),
      };
      sessions.push(session);
      return session;
    },
    async stop() {
      await Promise.all(sessions.map((session) => session.end()));
      await server.stop();
    },
  };
}

/** The alert fires (now, when left out) and the thread is open. */
export async function openThread(
  lifeguard: Harness,
  options: { startsAt?: Date; channel?: string } = {},
): Promise<Message> {
  await lifeguard.alert(notification({ startsAt: options.startsAt ?? new Date() }));
  const parent = await lifeguard.message(options.channel ?? 'backend-team', isParent, 'the parent message');
  await happened(lifeguard, 'ThreadOpened');
  return parent;
}

/** What is said to one person alone, once it contains `words`. */
export async function told(lifeguard: Harness, person: string, words: string): Promise<string> {
  const { workspace } = lifeguard.slack;
  return eventually(
    () => {
      const said = workspace
        .ephemerals(person)
        .map((one) => `${one.text} ${JSON.stringify(one.blocks ?? [])}`);
      return said.find((text) => text.includes(words));
    },
    `${person} is told "${words}"`,
    5_000,
  ).catch((error: Error) => {
    throw new Error(
      `${error.message}; was told: ${JSON.stringify(workspace.ephemerals(person).map((one) => one.text))}`,
    );
  });
}

/** The events of the incident of one type, once there are any. */
export async function happened<T extends Event['type']>(
  lifeguard: Harness,
  type: T,
  incident = 'inc-1',
): Promise<EventOf<T>[]> {
  return eventually(async () => {
    const events = (await lifeguard.app.store.events(incident)).filter(
      (event): event is EventOf<T> => event.type === type,
    );
    return events.length === 0 ? undefined : events;
  }, `${type} of ${incident}`);
}

/** The messages of a channel whose words contain all of `words`. */
export function saying(lifeguard: Harness, channel: string, ...words: string[]): Message[] {
  return lifeguard
    .messages(channel)
    .filter((message) => words.every((word) => wordsOf(message).includes(word)));
}

/** Asks for a backend's end by `/pool kill`, and gives the message with Approve and Deny. */
export async function askToKill(
  lifeguard: Harness,
  pid: number,
  by: string = PEOPLE.alice,
): Promise<Message> {
  await lifeguard.slack.actor.command(by, 'backend-team', '/pool', `kill ${pid}`);
  return lifeguard.message(
    'backend-team',
    (one) => wordsOf(one).includes(`Terminate backend ${pid}`) && wordsOf(one).includes('"Approve"'),
    'the preview',
  );
}

/** The message as it stands now. */
export function now(lifeguard: Harness, message: Message): Message {
  return lifeguard.slack.workspace.message(message.channel, message.ts) ?? message;
}

/** The dedup keys of the pages sent, in order, by their action. */
export function pagesOf(lifeguard: Harness, action: 'trigger' | 'acknowledge' | 'resolve'): string[] {
  return lifeguard.pagerduty.pages.filter((page) => page.action === action).map((page) => page.dedupKey);
}

/** Waits until so many pages of that action have been taken by PagerDuty. */
export async function paged(
  lifeguard: Harness,
  count: number,
  action: 'trigger' | 'acknowledge' | 'resolve' = 'trigger',
): Promise<string[]> {
  return eventually(
    () => (pagesOf(lifeguard, action).length >= count ? pagesOf(lifeguard, action) : undefined),
    `${count} of ${action} at PagerDuty`,
  ).catch((error: Error) => {
    throw new Error(`${error.message}; has ${JSON.stringify(lifeguard.pagerduty.pages)}`);
  });
}
