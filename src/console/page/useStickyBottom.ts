import { type RefObject, useEffect, useRef } from 'react';

/** Closer to the end than this counts as being at the end, pixels. */
const NEAR = 80;

/**
 * Keeps a scrolling list at its end while the reader is there, and leaves it alone while they read further up.
 * @param grows changes whenever something was added
 */
export function useStickyBottom(grows: unknown): RefObject<HTMLDivElement | null> {
  const list = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  useEffect(() => {
    const element = list.current;
    if (element === null) return;
    const note = (): void => {
      isAtEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR;
    };
    element.addEventListener('scroll', note, { passive: true });
    return () => element.removeEventListener('scroll', note);
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: runs again when the list has grown
  useEffect(() => {
    const element = list.current;
    if (element !== null && isAtEnd.current) element.scrollTop = element.scrollHeight;
  }, [grows]);
  return list;
}
