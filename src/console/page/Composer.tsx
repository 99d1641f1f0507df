import { type KeyboardEvent, type ReactNode, useId, useRef, useState } from 'react';
import type { CommandHelp } from '../protocol.ts';
import type { Channel } from '../slack/types.ts';
import { useConsole } from './context.ts';

/** Commands are not offered in threads, as in Slack. */
export function Composer({
  channel,
  threadTs,
  placeholder,
}: {
  readonly channel: Channel;
  readonly threadTs?: string;
  readonly placeholder: string;
}): ReactNode {
  const { data, me, act } = useConsole();
  const [text, setText] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [active, setActive] = useState(0);
  const [isClosed, setClosed] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const listId = useId();

  const offered = threadTs === undefined && !isClosed ? matching(data.commands, text) : [];
  const chosen = offered[Math.min(active, offered.length - 1)];

  const complete = (help: CommandHelp): void => {
    setText(help.usage === '' ? help.command : `${help.command} `);
    setActive(0);
    setClosed(help.usage === '');
    input.current?.focus();
  };
  const submit = async (): Promise<void> => {
    const words = text.trim();
    if (words === '' || isBusy) return;
    setBusy(true);
    const place = { user: me.id, channel: channel.id, text: words };
    const isCommand = threadTs === undefined && words.startsWith('/');
    const result = await act(
      isCommand ? { kind: 'command', ...place } : { kind: 'say', ...place, thread_ts: threadTs },
    );
    setBusy(false);
    if (result.ok) setText('');
    input.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0 && offered.length > 0) {
      event.preventDefault();
      setActive((Math.min(active, offered.length - 1) + step + offered.length) % offered.length);
    } else if (event.key === 'Escape') {
      setClosed(true);
    } else if (event.key === 'Tab' && !event.shiftKey && chosen !== undefined) {
      event.preventDefault();
      complete(chosen);
    } else if (event.key === 'Enter' && chosen !== undefined && !isWhole(chosen, text)) {
      event.preventDefault();
      complete(chosen);
    }
  };

  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      {offered.length > 0 && (
        <div className="completions" id={listId} role="listbox" aria-label="Commands">
          {offered.map((help) => (
            <div
              key={help.command}
              id={`${listId}${help.command}`}
              role="option"
              tabIndex={-1}
              aria-selected={help === chosen}
              onMouseDown={(event) => {
                event.preventDefault();
                complete(help);
              }}
            >
              <code>
                {help.command} {help.usage}
              </code>
              <span>{help.description}</span>
            </div>
          ))}
        </div>
      )}
      <input
        ref={input}
        type="text"
        value={text}
        placeholder={placeholder}
        aria-label={placeholder}
        autoComplete="off"
        role="combobox"
        aria-expanded={offered.length > 0}
        aria-controls={listId}
        aria-activedescendant={chosen === undefined ? undefined : `${listId}${chosen.command}`}
        onChange={(event) => {
          setText(event.target.value);
          setActive(0);
          setClosed(false);
        }}
        onKeyDown={onKeyDown}
      />
      <button type="submit" disabled={text.trim() === '' || isBusy}>
        Send
      </button>
    </form>
  );
}

/** The commands that begin with what was typed, or are typed already and wait for their argument. */
function matching(commands: readonly CommandHelp[], text: string): CommandHelp[] {
  if (!text.startsWith('/')) return [];
  return commands.filter(
    (help) =>
      help.command.startsWith(text.trimEnd()) || (help.usage !== '' && text.startsWith(`${help.command} `)),
  );
}

/** Enter sends what is complete, and completes what is not. */
function isWhole(help: CommandHelp, text: string): boolean {
  return text.trim() === help.command || text.startsWith(`${help.command} `);
}
