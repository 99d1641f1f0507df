import type { Incident } from '../../incident/state.ts';
import { actions, type Block, context, section, type View } from './blocks.ts';
import { code, fallback, plain } from './mrkdwn.ts';
import { undoButton, undoText } from './request.ts';

/** So many changes fit into a message with a button each. */
const MOST_CHANGES = 15;

/** `/pool undo`: what remedies have changed and still stands, each with the button that sets it back. */
export function changesView(incidents: readonly Incident[]): View {
  const changes = incidents.flatMap((incident) =>
    Object.values(incident.requests)
      .filter(({ undo }) => undo !== undefined && undo.status !== 'ended')
      .map((request) => ({ incident, request })),
  );
  if (changes.length === 0) {
    const text = 'There is nothing to undo: no change of a remedy stands.';
    return { text, blocks: [section(text)] };
  }
  const blocks: Block[] = changes.slice(0, MOST_CHANGES).flatMap(({ incident, request }) => {
    const pool = plain(incident.pool ?? '', 80);
    const command = code(`/pool undo ${incident.id}/${request.id}`);
    const text = `*${pool}*  ${plain(request.preview.title, 200)}\n${undoText(request) ?? ''}\n${command}`;
    return request.undo?.status === 'standing'
      ? [section(text), actions(`undo-${incident.id}-${request.id}`, [undoButton(incident, request)])]
      : [section(text)];
  });
  if (changes.length > MOST_CHANGES) blocks.push(context(`and ${changes.length - MOST_CHANGES} more`));
  return { text: fallback(`${changes.length} can be undone`), blocks };
}
