import { type FormEvent, type ReactNode, useId, useState } from 'react';
import type { ChosenByBlock } from '../protocol.ts';
import { isObject, type View } from '../slack/types.ts';
import { type AnyBlock, Blocks } from './Blocks.tsx';
import { useConsole } from './context.ts';
import { useModalDialog } from './dialog.ts';
import type { Held } from './Element.tsx';
import { Field, initialValue } from './Field.tsx';
import { plainText } from './text.ts';

/** The modals open on this person's screen: the topmost is shown. */
export function ModalStack({ views }: { readonly views: readonly View[] }): ReactNode {
  const top = views.at(-1);
  return top === undefined ? null : <ModalView key={`${top.id} ${top.hash}`} view={top} />;
}

function ModalView({ view }: { readonly view: View }): ReactNode {
  const { me, act } = useConsole();
  const dialog = useModalDialog();
  const titleId = useId();
  const [chosen, setChosen] = useState<ChosenByBlock>({});
  const [faults, setFaults] = useState<Readonly<Record<string, string>>>({});
  const [isBusy, setBusy] = useState(false);
  const held: Held = {
    chosen,
    view: view.id,
    choose: (blockId, actionId, value) =>
      setChosen((before) => ({ ...before, [blockId]: { ...before[blockId], [actionId]: value } })),
  };
  const close = (): void => void act({ kind: 'close', user: me.id, view: view.id });
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    const result = await act({ kind: 'submit', user: me.id, view: view.id, values: chosen });
    setFaults(result.errors ?? {});
    setBusy(false);
  };
  return (
    <dialog
      ref={dialog}
      className="modal"
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
    >
      <form onSubmit={(event) => void submit(event)} noValidate>
        <h2 id={titleId}>{plainText(view.title)}</h2>
        <div className="fields">
          {view.blocks.map((block, index) =>
            block.type === 'input' ? (
              <InputBlock
                key={block.block_id ?? index}
                block={block}
                held={held}
                fault={faults[block.block_id ?? '']}
              />
            ) : (
              <Blocks key={block.block_id ?? index} blocks={[block]} held={held} />
            ),
          )}
        </div>
        <p className="buttons">
          <button type="button" onClick={close}>
            {plainText(view.close) || 'Cancel'}
          </button>
          {view.submit !== undefined && (
            <button type="submit" className="primary" disabled={isBusy} aria-busy={isBusy}>
              {plainText(view.submit)}
            </button>
          )}
        </p>
      </form>
    </dialog>
  );
}

function InputBlock({
  block,
  held,
  fault,
}: {
  readonly block: AnyBlock;
  readonly held: Held;
  readonly fault: string | undefined;
}): ReactNode {
  const id = useId();
  if (!isObject(block.element)) return null;
  const blockId = block.block_id ?? '';
  const actionId = String(block.element.action_id ?? '');
  const chosen = held.chosen[blockId]?.[actionId];
  return (
    <div className="field">
      <p id={id} className="label">
        {plainText(block.label)}
        {block.optional === true && <span className="optional"> (optional)</span>}
      </p>
      <Field
        element={block.element}
        label={plainText(block.label)}
        labelledBy={id}
        describedBy={`${id}more`}
        value={chosen === undefined ? initialValue(block.element) : chosen}
        onChange={(value) => held.choose(blockId, actionId, value)}
      />
      <p id={`${id}more`} className={fault === undefined ? 'more' : 'more fault'}>
        {fault ?? plainText(block.hint)}
      </p>
    </div>
  );
}
