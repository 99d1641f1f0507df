import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createWorkspace, type Workspace } from '../../../src/console/server.ts';
import { Journal } from '../../../src/console/slack/journal.ts';

describe('the journal of the workspace', () => {
  let folder: string;
  let journal: string;
  const open: Workspace[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'console-journal-'));
    journal = join(folder, 'slack.ndjson');
  });
  afterEach(() => {
    for (const workspace of open.splice(0)) workspace.close();
    rmSync(folder, { recursive: true });
  });

  const start = (): Workspace => {
    const workspace = createWorkspace({ journal, channels: ['#incidents'] });
    open.push(workspace);
    return workspace;
  };
  const post = (workspace: Workspace, text: string, thread?: string) =>
    workspace.post({
      channel: workspace.ensureChannel('#incidents').id,
      user: 'U0LIFEGUARD',
      text,
      ...(thread === undefined ? {} : { thread_ts: thread }),
    });

  test('a process that ends without a word loses nothing it had kept', () => {
    const before = start();
    const parent = post(before, 'parent');
    const reply = post(before, 'reply', parent.ts);
    before.save({ ...parent, text: 'parent, updated' });
    const removed = post(before, 'removed');
    before.remove(removed.channel, removed.ts);
    before.postEphemeral({ channel: parent.channel, user: 'U0BOB', from: 'U0LIFEGUARD', text: 'for Bob' });

    const after = start(); // the first was never closed
    expect(after.messages('#incidents').map((one) => one.text)).toEqual(['parent, updated', 'reply']);
    expect(after.thread('#incidents', parent.ts).map((one) => one.ts)).toEqual([parent.ts, reply.ts]);
    expect(after.ephemerals('U0BOB').map((one) => one.text)).toEqual(['for Bob']);
    expect(after.channels()).toEqual(before.channels());
  });

  test('a torn last line is dropped, and what follows is kept', () => {
    post(start(), 'whole');
    appendFileSync(journal, '["messages","C1/1.000000",{"text":"to');
    post(start(), 'after the tear');
    expect(
      start()
        .messages('#incidents')
        .map((one) => one.text),
    ).toEqual(['whole', 'after the tear']);
  });

  test('a last line that lacks only its end of line still counts', () => {
    post(start(), 'whole');
    writeFileSync(journal, readFileSync(journal, 'utf8').trimEnd());
    post(start(), 'next');
    expect(start().messages('#incidents')).toHaveLength(2);
  });

  test('a damaged line in the middle is reported with its number', () => {
    writeFileSync(journal, '["channels","C1",{}]\nnot JSON\n["channels","C2",{}]\n');
    expect(() => start()).toThrow(/slack\.ndjson: line 2 is not an entry/);
  });

  test('timestamps go on above those in the journal even when the clock went back', () => {
    const future = createWorkspace({ journal, channels: ['#incidents'], now: () => Date.now() + 3_600_000 });
    open.push(future);
    const last = post(future, 'from the future');
    expect(Number(post(start(), 'now').ts)).toBeGreaterThan(Number(last.ts));
  });

  test('a large journal that mostly repeats itself is rewritten at the start', () => {
    const { journal: file } = Journal.open(journal);
    const text = 'x'.repeat(10_000);
    for (let edit = 0; edit < 150; edit += 1) file.append(['messages', 'C1/1.000000', { text, edit }]);
    file.close();
    const { journal: again, entries } = Journal.open(journal);
    again.append(['messages', 'C1/2.000000', { text: 'new' }]);
    again.close();
    expect(entries).toEqual([['messages', 'C1/1.000000', { text, edit: 149 }]]);
    expect(readFileSync(journal, 'utf8').trimEnd().split('\n')).toHaveLength(2);
  });

  test('an uploaded file is read back after a restart', () => {
    const before = start();
    const file = {
      id: 'F1',
      name: 'a.png',
      title: 'a',
      mimetype: 'image/png',
      size: 3,
      alt_txt: '',
      created: 0,
    };
    before.saveFile({ ...file, channels: [], complete: true });
    before.saveFileBytes('F1', Buffer.from('png'));
    expect(start().fileBytes('F1')?.toString()).toBe('png');
  });
});
