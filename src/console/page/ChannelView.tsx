import { type ReactNode, useEffect } from 'react';
import type { Channel } from '../slack/types.ts';
import { Composer } from './Composer.tsx';
import { useConsole } from './context.ts';
import { EphemeralRow, MessageRow } from './MessageRow.tsx';
import type { ReadMarks } from './marks.ts';
import { byTime } from './store.ts';
import { useStickyBottom } from './useStickyBottom.ts';

/** One channel: its conversations, oldest first, and a line to write. */
export function ChannelView({
  channel,
  marks,
  openThread,
}: {
  readonly channel: Channel;
  readonly marks: ReadMarks;
  readonly openThread: string | undefined;
}): ReactNode {
  const { data, me } = useConsole();
  const messages = data.messages.filter(
    (one) =>
      one.channel === channel.id &&
      (one.thread_ts === undefined || one.thread_ts === one.ts || one.reply_broadcast === true),
  );
  const ephemerals = data.ephemerals.filter(
    (one) => one.channel === channel.id && one.user === me.id && one.thread_ts === undefined,
  );
  const rows = [...messages, ...ephemerals].sort(byTime);
  const newest = rows.at(-1)?.ts ?? '';
  const list = useStickyBottom(`${newest} ${rows.length}`);
  useEffect(() => {
    if (newest !== '') marks.mark(channel.id, newest);
  });
  const title = channel.user === undefined ? `#${channel.name}` : 'Lifeguard';
  return (
    <main className="channel" aria-label={title}>
      <h2 className="title">{title}</h2>
      <div className="scroll" ref={list} role="log" aria-label={`Messages in ${title}`}>
        {rows.length === 0 && (
          <p className="empty">Nothing was said here yet. Type / below to see the commands.</p>
        )}
        {rows.map((row) =>
          'from' in row ? (
            <EphemeralRow key={`e${row.ts}`} message={row} />
          ) : (
            <MessageRow
              key={row.ts}
              message={row}
              isOpen={openThread === row.ts}
              hasNews={(row.latest_reply ?? '') > marks.seen(`${channel.id}/${row.ts}`)}
            />
          ),
        )}
      </div>
      <Composer channel={channel} placeholder={`Message ${title}, or / for a command`} />
    </main>
  );
}
