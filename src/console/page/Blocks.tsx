import { Component, memo, type ReactNode, useMemo, useState } from 'react';
import {
  type Block as LibraryBlock,
  Message as LibraryMessage,
  type MessageProps,
} from 'slack-blocks-to-jsx';
import type { ChosenByBlock } from '../protocol.ts';
import { isObject, type JsonObject } from '../slack/types.ts';
import { useConsole } from './context.ts';
import { formatDate } from './dates.ts';
import { Element, type Held } from './Element.tsx';
import { channelHash, ownHash } from './route.ts';
import { plainText } from './text.ts';
import { useTheme } from './theme.ts';

/** A block as it comes from the server. */
export type AnyBlock = { readonly type: string; readonly block_id?: string } & JsonObject;

/** Where interactive elements report to; without it they are not shown. */
export type Source = { readonly channel: string; readonly ts: string };

/**
 * Draws blocks: what is only looked at by the library, what can be pressed or chosen by this page's own elements,
 * since the library tells nobody when something is pressed.
 */
export function Blocks({
  blocks,
  source,
  held,
}: {
  readonly blocks: readonly { readonly type: string }[];
  readonly source?: Source;
  /** In a modal: holds what was chosen. In a message each keeps its own. */
  readonly held?: Held;
}): ReactNode {
  const [chosen, setChosen] = useState<ChosenByBlock>({});
  const own: Held = {
    chosen,
    choose: (blockId, actionId, value) =>
      setChosen((before) => ({ ...before, [blockId]: { ...before[blockId], [actionId]: value } })),
    ...(source === undefined ? {} : { source }),
  };
  return (
    <div className="blocks">
      {(blocks as readonly AnyBlock[]).map((block, index) => (
        <BlockView key={block.block_id ?? index} block={block} held={held ?? own} />
      ))}
    </div>
  );
}

/**
 * Slack formats `verbatim` text as any other; all it leaves out is making links of bare addresses. The library takes
 * it to mean no formatting at all.
 */
function formatted<T>(value: T): T {
  if (Array.isArray(value)) return value.map(formatted) as T;
  if (!isObject(value)) return value;
  const copy = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, formatted(inner)]));
  return (value['type'] === 'mrkdwn' ? { ...copy, verbatim: false } : copy) as T;
}

function BlockView({ block: drawn, held }: { readonly block: AnyBlock; readonly held: Held }): ReactNode {
  const block = formatted(drawn);
  switch (block.type) {
    case 'actions':
      return (
        <div className="actions">
          {objects(block.elements).map((element, index) => (
            <Element key={String(element.action_id ?? index)} element={element} block={block} held={held} />
          ))}
        </div>
      );
    case 'section':
      return isObject(block.accessory) ? (
        <SectionWithAccessory block={block} held={held} />
      ) : (
        <Drawn block={block} />
      );
    case 'image':
      return <Picture image={block} />;
    default:
      return <Drawn block={block} />;
  }
}

function SectionWithAccessory({ block, held }: { readonly block: AnyBlock; readonly held: Held }): ReactNode {
  const { accessory, ...rest } = block;
  if (!isObject(accessory)) return null;
  return (
    <div className="with-accessory">
      <Drawn block={rest} />
      {accessory.type === 'image' ? (
        <Picture image={accessory} />
      ) : (
        <Element element={accessory} block={block} held={held} />
      )}
    </div>
  );
}

/** Pictures come from this server alone; of any other only the words are shown. */
function Picture({ image }: { readonly image: JsonObject }): ReactNode {
  const url = String(image.image_url ?? '');
  const alt = String(image.alt_text ?? '');
  const title = plainText(image.title);
  if (!url.startsWith('/')) return <p className="elsewhere">[Picture from elsewhere: {alt}]</p>;
  return (
    <figure className="file">
      {title !== '' && <figcaption>{title}</figcaption>}
      <a href={url} target="_blank" rel="noreferrer">
        <img src={url} alt={alt} loading="lazy" />
      </a>
    </figure>
  );
}

/** One block by the library. */
function Drawn({ block }: { readonly block: AnyBlock }): ReactNode {
  const { data, me } = useConsole();
  const theme = useTheme();
  const people = useMemo(
    () => ({
      users: data.users.map((user) => ({ id: user.id, name: user.real_name })),
      channels: data.channels.map((channel) => ({ id: channel.id, name: channel.name })),
      user_groups: data.groups.map((group) => ({ id: group.id, name: group.handle })),
    }),
    [data.users, data.channels, data.groups],
  );
  const hooks = useMemo<NonNullable<MessageProps['hooks']>>(
    () => ({
      user: ({ id, name }) => <span className={id === me.id ? 'mention me' : 'mention'}>@{name || id}</span>,
      usergroup: ({ id, name }) => <span className="mention">@{name || id}</span>,
      channel: ({ id, name }) => (
        <a className="mention" href={channelHash(id)}>
          #{name || id}
        </a>
      ),
      date: ({ timestamp, format, link, fallback }) => {
        const words = formatDate(timestamp, format, fallback);
        return link === null ? <span title={fallback}>{words}</span> : <Link href={link}>{words}</Link>;
      },
      link: ({ href, children }) => <Link href={href}>{children}</Link>,
    }),
    [me.id],
  );
  return <LibraryBlockView block={block} people={people} hooks={hooks} theme={theme} />;
}

/** Drawing is dear: done again only when the block itself, a name or the theme has changed. */
const LibraryBlockView = memo(function LibraryBlockView({
  block,
  people,
  hooks,
  theme,
}: {
  readonly block: AnyBlock;
  readonly people: NonNullable<MessageProps['data']>;
  readonly hooks: NonNullable<MessageProps['hooks']>;
  readonly theme: 'light' | 'dark';
}): ReactNode {
  return (
    <Guard fallback={plainText(block.text)}>
      <LibraryMessage
        // The server has validated the block; the library's own types are narrower than Slack's.
        blocks={[tidyFences(block) as unknown as LibraryBlock]}
        name=""
        logo=""
        withoutWrapper
        theme={theme}
        data={people}
        hooks={hooks}
      />
    </Guard>
  );
});

/** Slack drops the line breaks right inside a code fence; the library would draw them as empty lines. */
function tidyFences(block: AnyBlock): AnyBlock {
  const { text } = block;
  if (!isObject(text) || typeof text.text !== 'string' || !text.text.includes('```')) return block;
  return { ...block, text: { ...text, text: text.text.replaceAll(/```\n?([\s\S]*?)\n?```/g, '```$1```') } };
}

/** A link: into the console it stays in the page, elsewhere it opens beside it. */
function Link({ href, children }: { readonly href: string; readonly children: ReactNode }): ReactNode {
  const inside = ownHash(href);
  if (inside !== undefined) return <a href={inside}>{children}</a>;
  return (
    <a href={href} target="_blank" rel="noopener noreferrer">
      {children}
    </a>
  );
}

/** Shows the words alone when a block cannot be drawn, rather than losing the page. */
class Guard extends Component<{ fallback: string; children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override render(): ReactNode {
    return this.state.failed ? <p>{this.props.fallback}</p> : this.props.children;
  }
}

function objects(list: unknown): JsonObject[] {
  return Array.isArray(list) ? list.filter(isObject) : [];
}
