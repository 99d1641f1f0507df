import { memo, type ReactNode } from 'react';
import type { PageFile, PageMessage } from '../protocol.ts';
import { type Ephemeral, SLACKBOT } from '../slack/types.ts';
import { Avatar } from './Avatar.tsx';
import { Blocks } from './Blocks.tsx';
import { useConsole } from './context.ts';
import { messageTime } from './dates.ts';
import { withEmoji } from './emoji.ts';
import { threadHash } from './route.ts';

/** A message everybody sees. In a thread (`isParent`) it has no link to its own thread. */
export const MessageRow = memo(function MessageRow({
  message,
  isParent = false,
  isOpen = false,
  isPointed = false,
  hasNews = false,
}: {
  readonly message: PageMessage;
  readonly isParent?: boolean;
  readonly isOpen?: boolean;
  readonly isPointed?: boolean;
  readonly hasNews?: boolean;
}): ReactNode {
  const replies = message.reply_count ?? 0;
  return (
    <article
      className={`message${isOpen ? ' open' : ''}${isPointed ? ' pointed' : ''}`}
      id={isParent ? `m-${message.ts}` : undefined}
    >
      <Author user={message.user} ts={message.ts} />
      <div className="body">
        <Content message={message} />
        {message.edited !== undefined && <span className="edited">(edited)</span>}
        {message.files?.map((file) => (
          <FileView key={file.id} file={file} />
        ))}
        {message.reactions !== undefined && (
          <p className="reactions">
            {message.reactions.map((reaction) => (
              <span key={reaction.name} className="reaction">
                {withEmoji(`:${reaction.name}:`)} {reaction.users.length}
              </span>
            ))}
          </p>
        )}
        {!isParent && (
          <p className="replies">
            <a href={threadHash(message.channel, message.thread_ts ?? message.ts)}>
              {replies === 0 ? 'Reply in thread' : replies === 1 ? '1 reply' : `${replies} replies`}
            </a>
            {replies > 0 && message.latest_reply !== undefined && (
              <span className="last">last {messageTime(message.latest_reply).short}</span>
            )}
            {replies > 0 && hasNews && <span className="news">new</span>}
          </p>
        )}
      </div>
    </article>
  );
});

/** A message for one person alone. */
export const EphemeralRow = memo(function EphemeralRow({
  message,
}: {
  readonly message: Ephemeral;
}): ReactNode {
  return (
    <article className="message ephemeral" id={`m-${message.ts}`}>
      <Author user={message.from} ts={message.ts} />
      <div className="body">
        <p className="only">Only visible to you</p>
        <Content message={message} />
      </div>
    </article>
  );
});

function Author({ user: id, ts }: { readonly user: string; readonly ts: string }): ReactNode {
  const { data } = useConsole();
  const user = data.users.find((one) => one.id === id);
  const time = messageTime(ts);
  return (
    <>
      <Avatar user={user} />
      <p className="author">
        <strong>{user?.real_name ?? (id === SLACKBOT ? 'Slack' : id)}</strong>
        {user?.is_bot === true && <span className="badge">APP</span>}
        <time dateTime={time.iso} title={time.full}>
          {time.short}
        </time>
      </p>
    </>
  );
}

/** Its blocks, or its text as Slack would show it; attachments below with their coloured line. */
function Content({ message }: { readonly message: PageMessage | Ephemeral }): ReactNode {
  const isBare = message.blocks === undefined || message.blocks.length === 0;
  const spoken = { type: 'section', block_id: 'text', text: { type: 'mrkdwn', text: message.text } };
  return (
    <>
      <Blocks
        blocks={isBare ? (message.text === '' ? [] : [spoken]) : (message.blocks ?? [])}
        source={message}
      />
      {message.attachments?.map((attachment, index) => (
        <div
          // biome-ignore lint/suspicious/noArrayIndexKey: attachments have no identity but their place
          key={index}
          className="attachment"
          style={{ borderLeftColor: attachmentColor(attachment.color) }}
        >
          <Blocks blocks={attachmentBlocks(attachment)} source={message} />
        </div>
      ))}
    </>
  );
}

const NAMED_COLORS: { readonly [name: string]: string } = {
  good: '#2eb67d',
  warning: '#ecb22e',
  danger: '#e01e5a',
};

function attachmentColor(color: unknown): string {
  if (typeof color !== 'string') return 'var(--line)';
  const named = NAMED_COLORS[color];
  return named ?? (/^#?[0-9a-f]{6}$/i.test(color) ? `#${color.replace('#', '')}` : 'var(--line)');
}

function attachmentBlocks(attachment: { readonly [key: string]: unknown }): readonly { type: string }[] {
  if (Array.isArray(attachment.blocks)) return attachment.blocks as { type: string }[];
  const words = [attachment.pretext, attachment.title, attachment.text].filter(
    (one) => typeof one === 'string',
  );
  return words.length === 0
    ? []
    : [{ type: 'section', text: { type: 'mrkdwn', text: words.join('\n') } } as { type: string }];
}

function FileView({ file }: { readonly file: PageFile }): ReactNode {
  return (
    <figure className="file">
      <figcaption>{file.title}</figcaption>
      <a href={file.url} target="_blank" rel="noreferrer">
        {file.isImage ? <img src={file.url} alt={file.alt} loading="lazy" /> : 'Download'}
      </a>
    </figure>
  );
}
