import { createContext, useContext } from 'react';
import type { Act, ActResult, Snapshot } from '../protocol.ts';
import type { User } from '../slack/types.ts';

/** What every part of the page needs at hand. */
export interface ConsoleContext {
  readonly data: Snapshot;
  /** The person the visitor is acting as. */
  readonly me: User;
  /** Does something as that person; a failure is shown as a toast. */
  readonly act: (what: Act) => Promise<ActResult>;
  /** Asks "are you sure?". */
  readonly confirm: (question: unknown) => Promise<boolean>;
}

const Context = createContext<ConsoleContext | undefined>(undefined);

/** Gives the context to what is inside. */
export const ConsoleProvider = Context.Provider;

/** The context. @throws Error outside the provider */
export function useConsole(): ConsoleContext {
  const context = useContext(Context);
  if (context === undefined) throw new Error('used outside the console');
  return context;
}
