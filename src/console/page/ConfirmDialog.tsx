import { type ReactNode, useId } from 'react';
import { isObject, type JsonObject } from '../slack/types.ts';
import { Blocks } from './Blocks.tsx';
import { useModalDialog } from './dialog.ts';
import { plainText } from './text.ts';

/** Something to be sure about: Slack's confirm object, and where the answer goes. */
export interface Question {
  readonly asked: unknown;
  readonly answer: (answer: boolean) => void;
}

/** "Are you sure?", as the button that was pressed wants it asked. Escape means no. */
export function ConfirmDialog({
  question,
  onDone,
}: {
  readonly question: Question;
  readonly onDone: () => void;
}): ReactNode {
  const dialog = useModalDialog();
  const titleId = useId();
  const asked: JsonObject = isObject(question.asked) ? question.asked : {};
  const say = (answer: boolean): void => {
    question.answer(answer);
    onDone();
  };
  return (
    <dialog
      ref={dialog}
      className="confirm"
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        say(false);
      }}
    >
      <h2 id={titleId}>{plainText(asked.title)}</h2>
      <Blocks blocks={[{ type: 'section', text: asked.text } as { type: string }]} />
      <p className="buttons">
        <button type="button" onClick={() => say(false)}>
          {plainText(asked.deny)}
        </button>
        <button
          type="button"
          className={asked.style === 'danger' ? 'danger' : 'primary'}
          onClick={() => say(true)}
        >
          {plainText(asked.confirm)}
        </button>
      </p>
    </dialog>
  );
}
