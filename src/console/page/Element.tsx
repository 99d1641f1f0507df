import { type ReactNode, useState } from 'react';
import type { ChosenByBlock, ChosenValue } from '../protocol.ts';
import type { JsonObject } from '../slack/types.ts';
import type { AnyBlock, Source } from './Blocks.tsx';
import { useConsole } from './context.ts';
import { Field, initialValue } from './Field.tsx';
import { plainText } from './text.ts';

/** What was chosen so far, and where a press goes: to a message, or to a modal. */
export interface Held {
  readonly chosen: ChosenByBlock;
  readonly choose: (blockId: string, actionId: string, value: ChosenValue) => void;
  readonly source?: Source;
  readonly view?: string;
}

/** An element that acts the moment it is pressed or chosen: in an actions block or beside a section. */
export function Element({
  element,
  block,
  held,
}: {
  readonly element: JsonObject;
  readonly block: AnyBlock;
  readonly held: Held;
}): ReactNode {
  const { me, act, confirm } = useConsole();
  const [isBusy, setBusy] = useState(false);
  const blockId = block.block_id ?? '';
  const actionId = String(element.action_id ?? '');

  const send = async (chosen?: ChosenValue): Promise<void> => {
    if (element.confirm !== undefined && !(await confirm(element.confirm))) return;
    if (chosen !== undefined) held.choose(blockId, actionId, chosen);
    setBusy(true);
    const where = { user: me.id, block_id: blockId, action_id: actionId, state: held.chosen };
    if (held.view !== undefined) await act({ kind: 'act_in_view', view: held.view, ...where, chosen });
    else if (held.source !== undefined) {
      const message = { channel: held.source.channel, ts: held.source.ts };
      await act(
        chosen === undefined
          ? { kind: 'press', ...message, ...where }
          : { kind: 'select', ...message, ...where, chosen },
      );
    }
    setBusy(false);
  };

  if (element.type === 'button' || element.type === 'workflow_button') {
    const style = element.style === 'primary' || element.style === 'danger' ? element.style : undefined;
    const press = (): void => {
      if (typeof element.url === 'string') window.open(element.url, '_blank', 'noopener,noreferrer');
      void send();
    };
    return (
      <button
        type="button"
        className={style}
        disabled={isBusy}
        aria-busy={isBusy}
        aria-label={typeof element.accessibility_label === 'string' ? element.accessibility_label : undefined}
        onClick={press}
      >
        {plainText(element.text)}
      </button>
    );
  }
  const value = held.chosen[blockId]?.[actionId] ?? initialValue(element);
  return (
    <Field
      element={element}
      label={plainText(element.placeholder) || (element.type === 'overflow' ? 'More actions' : 'Choose')}
      value={element.type === 'overflow' ? null : value}
      onChange={(chosen) => void send(chosen)}
    />
  );
}
