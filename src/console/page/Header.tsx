import { type ReactNode, useId } from 'react';
import type { User } from '../slack/types.ts';
import { Avatar } from './Avatar.tsx';
import { useConsole } from './context.ts';
import { useRemembered } from './marks.ts';
import type { Connection } from './store.ts';

const CONNECTION: { readonly [state in Connection]: string } = {
  connecting: 'Connecting …',
  live: 'Live',
  lost: 'Connection lost, trying again …',
};

/** The bar on top: where this is, how the connection stands, who one is acting as. Below it the hint. */
export function Header({
  people,
  connection,
  onChoose,
}: {
  readonly people: readonly User[];
  readonly connection: Connection;
  readonly onChoose: (id: string) => void;
}): ReactNode {
  const { data, me } = useConsole();
  const id = useId();
  return (
    <>
      <header className="top">
        <h1>
          Lifeguard <span className="where">local console</span>
        </h1>
        <p className={`connection ${connection}`} role="status">
          <span className="lamp" aria-hidden="true" />
          {CONNECTION[connection]}
        </p>
        <div className="acting">
          <label htmlFor={id}>You are acting as</label>
          <Avatar user={me} />
          <select id={id} value={me.id} onChange={(event) => onChoose(event.target.value)}>
            {people.map((person) => (
              <option key={person.id} value={person.id}>
                {person.title === '' ? person.real_name : `${person.real_name} — ${person.title}`}
              </option>
            ))}
          </select>
        </div>
      </header>
      {data.hint !== '' && <Hint text={data.hint} />}
    </>
  );
}

/** What to do first; stays away once it was closed, until its words change. */
function Hint({ text }: { readonly text: string }): ReactNode {
  const [closed, close] = useRemembered('hint');
  if (closed === text) return null;
  return (
    <aside className="hint" aria-label="What to try">
      <p>{text}</p>
      <button type="button" className="plain" onClick={() => close(text)}>
        Got it
      </button>
    </aside>
  );
}
