import { type RefObject, useEffect, useRef } from 'react';

/** A `<dialog>` that is modal as long as it is on the page: the rest cannot be reached, Escape cancels it. */
export function useModalDialog(): RefObject<HTMLDialogElement | null> {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  return dialog;
}
