import { useCallback, useSyncExternalStore } from 'react';

/** What this browser remembers: who is acting, and how far each person has read. Lost marks do no harm. */

const listeners = new Set<() => void>();

function read(key: string): string {
  try {
    return window.localStorage.getItem(key) ?? '';
  } catch {
    return ''; // storage switched off: nothing is remembered
  }
}

function write(key: string, value: string): void {
  try {
    window.localStorage.setItem(key, value);
  } catch {
    // storage switched off or full: nothing is remembered
  }
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** A word kept in the browser, and how to change it. */
export function useRemembered(key: string): [string, (value: string) => void] {
  const name = `lifeguard.${key}`;
  const value = useSyncExternalStore(subscribe, () => read(name));
  const change = useCallback((next: string) => write(name, next), [name]);
  return [value, change];
}

/** How far each place (a channel, or a channel and a parent's ts) has been read by this person. */
export interface ReadMarks {
  /** The newest timestamp seen there; "" when nothing was. */
  seen(place: string): string;
  /** Notes that everything up to `ts` was seen. */
  mark(place: string, ts: string): void;
}

/** The marks of one person. */
export function useReadMarks(user: string): ReadMarks {
  const [stored, store] = useRemembered(`read.${user}`);
  return {
    seen: (place) => parse(stored)[place] ?? '',
    mark: (place, ts) => {
      const marks = parse(read(`lifeguard.read.${user}`));
      if ((marks[place] ?? '') < ts) store(JSON.stringify({ ...marks, [place]: ts }));
    },
  };
}

function parse(stored: string): Record<string, string> {
  try {
    return stored === '' ? {} : (JSON.parse(stored) as Record<string, string>);
  } catch {
    return {};
  }
}
