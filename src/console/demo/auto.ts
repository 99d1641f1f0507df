import type { Actor } from '../slack/interact.ts';
import type { Message } from '../slack/types.ts';
import type { Workspace } from '../slack/workspace.ts';

/** How often the players look at the thread, in milliseconds. */
const LOOK_EVERY_MS = 50;

/** Who plays. */
const ALICE = 'U0ALICE';
const BOB = 'U0BOB';

export interface AutoOptions {
  readonly workspace: Workspace;
  readonly actor: Actor;
  /** Whether a backend of the patient is still there. */
  readonly exists: (pid: number) => Promise<boolean>;
  /** Prints a line of the story. */
  readonly tell: (line: string) => void;
  /** Nothing in the story may take longer than this, in milliseconds. */
  readonly patienceMs: number;
}

/** Plays both people: Alice takes the incident and asks for the kill, Bob approves it. Rejects when the story gets stuck. */
export async function play(options: AutoOptions): Promise<void> {
  const { workspace, actor, tell } = options;
  const parent = await until(options, 'the thread opens', () =>
    allMessages(workspace).find(
      (message) => message.thread_ts === undefined && hasButton(message, 'Acknowledge'),
    ),
  );
  tell(`thread opened: ${parent.text}`);
  await actor.press(ALICE, parent, 'Acknowledge');
  await until(options, 'the thread says who has it', () =>
    inThread(workspace, parent).find((one) => /has it/.test(one.text)),
  );
  tell('Alice pressed Acknowledge');
  const step = await until(options, 'step 2 shows who blocks whom', () =>
    inThread(workspace, parent).find(
      (message) => /blocks \d/.test(JSON.stringify(message.blocks)) && hasButton(message, 'Terminate'),
    ),
  );
  tell(`step 2: ${step.text.replace(/^Step 2: /, '')}`);
  const button = buttonsOf(step).find((one) => one.text === 'Terminate');
  const pid = pidOf(button);
  await actor.press(ALICE, step, button?.actionId ?? 'Terminate');
  const preview = await until(options, 'the preview is posted', () =>
    inThread(workspace, parent).find((message) => hasButton(message, 'Approve')),
  );
  tell(`Alice pressed Terminate for pid ${pid}; preview posted`);
  const approvedAt = performance.now();
  await actor.press(BOB, preview, 'Approve');
  await until(options, `backend ${pid} is gone`, async () =>
    (await options.exists(pid)) ? undefined : true,
  );
  tell(`Bob pressed Approve; backend ${pid} gone ${Math.round(performance.now() - approvedAt)} ms later`);
  await until(options, 'the thread tells the outcome', () =>
    inThread(workspace, parent).find((message) => /has ended/.test(JSON.stringify(message.blocks))),
  );
  tell('the thread says what was done and how full the pool is now');
  await until(options, 'the alert clears and the incident closes', () => {
    const now = workspace.message(parent.channel, parent.ts);
    return now !== undefined && /resolved/.test(now.text) ? now : undefined;
  });
  tell(`incident closed: ${workspace.message(parent.channel, parent.ts)?.text ?? ''}`);
}

async function until<T>(
  options: AutoOptions,
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const deadline = performance.now() + options.patienceMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > deadline)
      throw new Error(`waited ${options.patienceMs / 1_000} s in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

function allMessages(workspace: Workspace): Message[] {
  return workspace.channels().flatMap((channel) => workspace.messages(channel.id));
}

function inThread(workspace: Workspace, parent: Message): Message[] {
  return workspace.thread(parent.channel, parent.ts);
}

interface Button {
  readonly text: string;
  readonly actionId: string;
}

function buttonsOf(message: Message): Button[] {
  const found: Button[] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const {
      type,
      text,
      action_id: actionId,
    } = value as { type?: unknown; text?: { text?: unknown }; action_id?: unknown };
    if (type === 'button' && typeof text?.text === 'string' && typeof actionId === 'string') {
      found.push({ text: text.text, actionId });
    }
    for (const inner of Object.values(value)) visit(inner);
  };
  visit(message.blocks ?? []);
  return found;
}

function hasButton(message: Message, text: string): boolean {
  return buttonsOf(message).some((button) => button.text === text);
}

function pidOf(button: Button | undefined): number {
  return Number(button?.actionId.split('.')[1]);
}
