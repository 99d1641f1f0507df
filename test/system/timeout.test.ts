import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually, PEOPLE, wordsOf } from '../support/lifeguard.ts';
import { happened, lifeguardWith, now, openThread, type Patient, startPatient, told } from './story.ts';

let patient: Patient;
beforeAll(async () => {
  patient = await startPatient();
});
afterAll(() => patient?.stop());

async function settings(): Promise<string[]> {
  const { rows } = await (await patient.admin()).query(
    'select unnest(setconfig) as one from pg_db_role_setting',
  );
  return rows.map(({ one }) => one);
}

test('a timeout is asked for by command, refused with its mend, then approved, and undone by a press', async () => {
  const lifeguard = await lifeguardWith({
    patientUrl: patient.botUrl,
    poolYaml: ['application: catalytic-api'],
  });
  const { actor } = lifeguard.slack;
  await patient.session();
  await openThread(lifeguard);
  const ask = (words: string) => actor.command(PEOPLE.alice, 'backend-team', '/pool', words);
  await ask('timeout nonsense');
  await told(lifeguard, PEOPLE.alice, '`/pool timeout` takes');
  await ask('timeout statement 45s');
  await told(lifeguard, PEOPLE.alice, 'alter role "bot" createrole');
  expect(await happened(lifeguard, 'ActRefused')).toMatchObject([{ act: 'Set statement_timeout' }]);
  await (await patient.admin()).query('alter role bot createrole; grant app to bot with admin true');
  await ask('timeout statement 45s orders');
  const request = await lifeguard.message(
    'backend-team',
    (one) => wordsOf(one).includes('statement_timeout to 45s') && wordsOf(one).includes('"Approve"'),
    'the preview',
  );
  expect(await settings()).toEqual([]);
  await actor.press(PEOPLE.bob, request, 'Approve');
  expect(await happened(lifeguard, 'RemedyEnded')).toMatchObject([{ outcome: 'done' }]);
  expect(await settings()).toEqual(['statement_timeout=45s']);
  await eventually(
    () => (wordsOf(now(lifeguard, request)).includes('*In force* until someone') ? true : undefined),
    'it is shown as in force',
  );
  await actor.press(PEOPLE.bob, now(lifeguard, request), 'Undo');
  expect(await happened(lifeguard, 'UndoEnded')).toMatchObject([{ outcome: 'done' }]);
  expect(await settings()).toEqual([]);
});
