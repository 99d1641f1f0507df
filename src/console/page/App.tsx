import { type ReactNode, useCallback, useEffect, useMemo, useReducer, useState } from 'react';
import type { Act, ActResult, Snapshot } from '../protocol.ts';
import { ChannelView } from './ChannelView.tsx';
import { ConfirmDialog, type Question } from './ConfirmDialog.tsx';
import { type ConsoleContext, ConsoleProvider, useConsole } from './context.ts';
import { Header } from './Header.tsx';
import { ModalStack } from './ModalStack.tsx';
import { useReadMarks, useRemembered } from './marks.ts';
import { type Route, useRoute } from './route.ts';
import { Sidebar } from './Sidebar.tsx';
import { listen, act as send, sentence } from './server.ts';
import { type Connection, INITIAL, reduce, type Step } from './store.ts';
import { ThreadPane } from './ThreadPane.tsx';
import { Toasts, useToasts } from './Toasts.tsx';

/** The whole page. */
export function App(): ReactNode {
  const [state, dispatch] = useReducer(reduce, INITIAL);
  const route = useRoute();
  useEffect(() => listen(dispatch), []);
  if (state.data === undefined) {
    const words = state.connection === 'lost' ? 'The console cannot be reached. Trying again …' : 'Opening …';
    return <p className="opening">{words}</p>;
  }
  return (
    <Workplace
      data={state.data}
      connection={state.connection}
      generation={state.generation}
      route={route}
      dispatch={dispatch}
    />
  );
}

interface WorkplaceProps {
  readonly data: Snapshot;
  readonly connection: Connection;
  readonly generation: number;
  readonly route: Route;
  readonly dispatch: (step: Step) => void;
}

function Workplace({ data, connection, generation, route, dispatch }: WorkplaceProps): ReactNode {
  const people = data.users.filter((user) => !user.is_bot);
  const [chosen, choose] = useRemembered('person');
  const me = people.find((user) => user.id === chosen) ?? people[0];
  const { toasts, say, dismiss } = useToasts();
  const [question, setQuestion] = useState<Question | undefined>();

  const act = useCallback(
    async (what: Act): Promise<ActResult> => {
      const result = await send(what);
      // A form's faults stand beside its fields.
      if (!result.ok && result.errors === undefined) say(sentence(result.error ?? 'It did not work.'));
      return result;
    },
    [say],
  );
  const confirm = useCallback(
    (asked: unknown) => new Promise<boolean>((answer) => setQuestion({ asked, answer })),
    [],
  );
  const context = useMemo<ConsoleContext | undefined>(
    () => (me === undefined ? undefined : { data, me, act, confirm }),
    [data, me, act, confirm],
  );
  if (context === undefined) return <p className="opening">There are no people in this workspace.</p>;
  return (
    <ConsoleProvider value={context}>
      <Header people={people} connection={connection} onChoose={choose} />
      <Places route={route} generation={generation} dispatch={dispatch} />
      <ModalStack views={data.views.filter((view) => view.user === context.me.id)} />
      {question !== undefined && <ConfirmDialog question={question} onDone={() => setQuestion(undefined)} />}
      <Toasts toasts={toasts} onDismiss={dismiss} />
    </ConsoleProvider>
  );
}

/** The channels, the open one, and the open thread. */
function Places({ route, generation, dispatch }: Omit<WorkplaceProps, 'data' | 'connection'>): ReactNode {
  const { data, me } = useConsole();
  const marks = useReadMarks(me.id);
  const visible = data.channels.filter((channel) => channel.user === undefined || channel.user === me.id);
  const open = visible.find((channel) => channel.id === route.channel) ?? visible[0];
  const hasThread = open !== undefined && open.id === route.channel && route.thread !== undefined;
  return (
    <div className={hasThread ? 'places with-thread' : 'places'}>
      <Sidebar channels={visible} open={open?.id} marks={marks} />
      {open === undefined ? (
        <p className="opening">There are no channels yet.</p>
      ) : (
        <ChannelView key={open.id} channel={open} marks={marks} openThread={route.thread} />
      )}
      {open !== undefined && hasThread && route.thread !== undefined && (
        <ThreadPane
          key={`${open.id}/${route.thread}`}
          channel={open}
          ts={route.thread}
          pointed={route.message}
          generation={generation}
          marks={marks}
          dispatch={dispatch}
        />
      )}
    </div>
  );
}
