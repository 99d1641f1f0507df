import { type ReactNode, useCallback, useState } from 'react';

/** A short notice in the corner. */
export interface Toast {
  readonly id: number;
  readonly text: string;
}

/** Long enough to read twice. */
const SHOWN_MS = 8_000;

let lastId = 0;

/** The notices on screen, how to add one, how to take one away. They leave by themselves. */
export function useToasts(): {
  readonly toasts: readonly Toast[];
  readonly say: (text: string) => void;
  readonly dismiss: (id: number) => void;
} {
  const [toasts, setToasts] = useState<readonly Toast[]>([]);
  const dismiss = useCallback((id: number) => setToasts((all) => all.filter((one) => one.id !== id)), []);
  const say = useCallback(
    (text: string) => {
      lastId += 1;
      const id = lastId;
      setToasts((all) => [...all.filter((one) => one.text !== text), { id, text }]);
      window.setTimeout(() => dismiss(id), SHOWN_MS);
    },
    [dismiss],
  );
  return { toasts, say, dismiss };
}

/** Shows the notices; screen readers read them out. */
export function Toasts({
  toasts,
  onDismiss,
}: {
  readonly toasts: readonly Toast[];
  readonly onDismiss: (id: number) => void;
}): ReactNode {
  return (
    <div className="toasts" role="alert">
      {toasts.map((toast) => (
        <p key={toast.id} className="toast">
          <span>{toast.text}</span>
          <button type="button" className="plain" aria-label="Dismiss" onClick={() => onDismiss(toast.id)}>
            ✕
          </button>
        </p>
      ))}
    </div>
  );
}
