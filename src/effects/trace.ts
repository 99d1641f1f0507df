import type { Effect } from '../incident/effects.ts';
import type { Span, Tracing } from '../observe/tracing.ts';
import type { Outbox } from '../store/outbox.ts';
import type { Committed } from '../store/store.ts';
import type { Submission } from './loop.ts';

/** Commits in a span, which is kept with what is committed: all that follows from it goes on from there. */
export function traceCommit(
  tracing: Tracing,
  submissions: readonly Submission[],
  commit: () => Promise<Committed[]>,
): Promise<Committed[]> {
  if (!tracing.isOn) return commit();
  const commands = [...new Set(submissions.map(({ command }) => command.type))];
  return tracing.span({ name: `commit ${commands.join(', ')}`, kind: 'internal' }, async (span) => {
    const results = await commit();
    span.set({
      'lifeguard.incidents': [...new Set(results.flatMap(({ incident }) => incident?.id ?? []))],
      'lifeguard.events': results.flatMap(({ events }) => events.map(({ type }) => type)),
    });
    return results;
  });
}

/**
 * Carries an effect out in a span, a child of the commit that it follows from, however long ago and in
 * whichever process that was.
 *
 * @param parent the span of that commit where it is at hand; otherwise the store is asked
 */
export async function traceEffect<T>(
  tracing: Tracing,
  outbox: Pick<Outbox, 'traceOf'>,
  effect: Effect,
  parent: string | undefined,
  run: (span?: Span) => Promise<T>,
): Promise<T> {
  if (!tracing.isOn) return run();
  const attributes = {
    'lifeguard.incident': effect.incident,
    'lifeguard.effect': effect.id,
    'lifeguard.effect.kind': effect.kind,
    'lifeguard.effect.attempt': effect.attempt,
  };
  const spec = { name: `effect ${effect.kind}`, kind: 'consumer', attributes } as const;
  // It is carried out all the same when the store does not tell now.
  const found = parent ?? (await outbox.traceOf(effect.id).catch(() => undefined));
  return tracing.span({ ...spec, parent: found }, run);
}
