import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { Channel } from '../slack/types.ts';
import { Composer } from './Composer.tsx';
import { useConsole } from './context.ts';
import { EphemeralRow, MessageRow } from './MessageRow.tsx';
import type { ReadMarks } from './marks.ts';
import { channelHash } from './route.ts';
import { fetchThread } from './server.ts';
import { byTime, type Step } from './store.ts';
import { useStickyBottom } from './useStickyBottom.ts';

/** One thread: its parent, its replies, and a line to reply. */
export function ThreadPane({
  channel,
  ts,
  pointed,
  generation,
  marks,
  dispatch,
}: {
  readonly channel: Channel;
  readonly ts: string;
  readonly pointed: string | undefined;
  readonly generation: number;
  readonly marks: ReadMarks;
  readonly dispatch: (step: Step) => void;
}): ReactNode {
  const { data, me } = useConsole();
  const [isLoaded, setLoaded] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: fetched anew each time the whole state came
  useEffect(() => {
    let isCurrent = true;
    dispatch({ kind: 'asked' });
    fetchThread(channel.id, ts).then(
      (messages) => {
        if (!isCurrent) return;
        dispatch({ kind: 'messages', messages });
        setLoaded(true);
      },
      () => undefined, // the connection is lost: the state, and this, come again with it
    );
    return () => {
      isCurrent = false;
    };
  }, [channel.id, ts, generation, dispatch]);

  const isHere = (one: { channel: string; thread_ts?: string }): boolean =>
    one.channel === channel.id && one.thread_ts === ts;
  const parent = data.messages.find((one) => one.channel === channel.id && one.ts === ts);
  const replies = data.messages.filter((one) => isHere(one) && one.ts !== ts);
  const ephemerals = data.ephemerals.filter((one) => isHere(one) && one.user === me.id);
  const rows = [...replies, ...ephemerals].sort(byTime);
  const newest = replies.at(-1)?.ts ?? '';
  const list = useStickyBottom(`${newest} ${rows.length}`);
  useEffect(() => {
    if (newest !== '') marks.mark(`${channel.id}/${ts}`, newest);
  });

  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  useEffect(() => {
    if (isLoaded && pointed !== undefined && pointed !== ts) {
      document.getElementById(`m-${pointed}`)?.scrollIntoView({ block: 'center' });
    }
  }, [isLoaded, pointed, ts]);

  return (
    <aside className="thread" aria-label="Thread">
      <h2 className="title" ref={heading} tabIndex={-1}>
        Thread <span className="where">#{channel.name}</span>
        <a className="close" href={channelHash(channel.id)} aria-label="Close thread">
          ✕
        </a>
      </h2>
      <div className="scroll" ref={list} role="log" aria-label="Replies">
        {parent === undefined && isLoaded && (
          <p className="empty">The message this thread began with is gone.</p>
        )}
        {parent !== undefined && <MessageRow message={parent} isParent />}
        {rows.length > 0 && (
          <p className="rule">
            <span>{replies.length === 1 ? '1 reply' : `${replies.length} replies`}</span>
          </p>
        )}
        {rows.map((row) =>
          'from' in row ? (
            <EphemeralRow key={`e${row.ts}`} message={row} />
          ) : (
            <MessageRow key={row.ts} message={row} isParent isPointed={row.ts === pointed} />
          ),
        )}
      </div>
      <Composer channel={channel} threadTs={ts} placeholder="Reply …" />
    </aside>
  );
}
