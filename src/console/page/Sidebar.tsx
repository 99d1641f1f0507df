import type { ReactNode } from 'react';
import type { Channel } from '../slack/types.ts';
import { useConsole } from './context.ts';
import type { ReadMarks } from './marks.ts';
import { channelHash } from './route.ts';

/** The channels, those with something new in bold, with how much. */
export function Sidebar({
  channels,
  open,
  marks,
}: {
  readonly channels: readonly Channel[];
  readonly open: string | undefined;
  readonly marks: ReadMarks;
}): ReactNode {
  const { data, me } = useConsole();
  const unread = (channel: string): number => {
    const seen = marks.seen(channel);
    return data.messages.filter(
      (one) =>
        one.channel === channel &&
        one.ts > seen &&
        one.user !== me.id &&
        (one.thread_ts === undefined || one.thread_ts === one.ts || one.reply_broadcast === true),
    ).length;
  };
  return (
    <nav className="channels" aria-label="Channels">
      <ul>
        {channels.map((channel) => {
          const count = channel.id === open ? 0 : unread(channel.id);
          const isDirect = channel.user !== undefined;
          return (
            <li key={channel.id}>
              <a
                href={channelHash(channel.id)}
                className={count > 0 ? 'unread' : undefined}
                aria-current={channel.id === open ? 'page' : undefined}
              >
                <span className="sign" aria-hidden="true">
                  {isDirect ? '@' : '#'}
                </span>
                <span className="name">{isDirect ? 'Lifeguard' : channel.name}</span>
                {count > 0 && (
                  <span className="count">
                    {count}
                    <span className="unseen"> new</span>
                  </span>
                )}
              </a>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}
