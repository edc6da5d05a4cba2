import { useEffect, useRef, useState } from 'preact/hooks';
import { type AlloctraceStatus, formatCount, type RingSettingsChange } from '../../lib/public/browser.js';
import { BoardLink, boardUrl } from '../model/board-link.js';
import { app, type Message } from '../state/app-state.js';
import { busyWith } from '../state/busy.js';
import { messageOf } from '../state/message-of.js';
import { openTrace } from '../state/opening.js';
import { remember, remembered } from '../state/preferences.js';
import { Dialog } from './dialog.js';
import { RingControls } from './ring-controls.js';
import { STATUS } from './roles.js';
import { shown } from './text.js';

type LinkState = 'not connected' | 'connecting' | 'connected' | 'no answer';
const POLL_MS = 2000;

/** Loads from a board's ring or from `harvest serve`. */
export function ConnectDialog() {
  const [host, setHost] = useState(servedFrom() ?? remembered('host') ?? '127.0.0.1:8731');
  const [base, setBase] = useState(remembered('base') ?? '/alloctrace');
  const [link, setLink] = useState<BoardLink>();
  const [state, setState] = useState<LinkState>('not connected');
  const [status, setStatus] = useState<AlloctraceStatus>();
  const [problem, setProblem] = useState<Message>();
  const take = useTaker({ setState, setStatus, setProblem });
  const connect = () => {
    try {
      const next = new BoardLink(boardUrl(host, base));
      remember('host', host);
      remember('base', base);
      setLink(next);
      setState('connecting');
      setProblem(undefined);
      void take(() => next.status());
    } catch (error) {
      setProblem(messageOf(error));
    }
  };
  usePolling(link, state, take);
  const change = (path: 'config' | 'freeze' | 'resume' | 'reset', body?: RingSettingsChange) => {
    if (link) void take(() => link.change(path, body), link);
  };
  return (
    <Dialog title="Connect">
      <form
        class="connect-form"
        onSubmit={(event) => {
          event.preventDefault();
          connect();
        }}
      >
        <label>
          Host
          <input
            id="host"
            value={host}
            spellcheck={false}
            placeholder="192.168.4.1 or 127.0.0.1:8080"
            onInput={(event) => setHost(event.currentTarget.value)}
          />
        </label>
        <label>
          Base path
          <input
            id="base"
            value={base}
            spellcheck={false}
            placeholder="/alloctrace"
            onInput={(event) => setBase(event.currentTarget.value)}
          />
        </label>
        <button type="submit" class="primary" id="do-connect">
          Connect
        </button>
        <span class={`link-state ${state.replace(' ', '-')}`} {...STATUS} id="link-state">
          {state}
        </span>
      </form>
      {problem && (
        <p class="bar error" role="alert">
          {shown(problem.text)} {problem.remedy && <em>{shown(problem.remedy)}</em>}
        </p>
      )}
      {status && link && (
        <>
          <StatusTable status={status} />
          <RingControls key={link.url} status={status} onChange={change} />
          <LoadRow link={link} />
        </>
      )}
    </Dialog>
  );
}

/** A page that came from a server most likely belongs to it. */
function servedFrom(): string | undefined {
  return location.protocol.startsWith('http') ? location.host : undefined;
}

interface Setters {
  readonly setState: (state: LinkState) => void;
  readonly setStatus: (status: AlloctraceStatus) => void;
  readonly setProblem: (problem: Message | undefined) => void;
}

/** Shows what an action answers; the answer of an older action never overwrites that of a newer one. */
function useTaker({ setState, setStatus, setProblem }: Setters) {
  const newest = useRef(0);
  const show = (mine: number, status: AlloctraceStatus | undefined, error?: unknown) => {
    if (mine !== newest.current) return;
    if (status) setStatus(status);
    setState(status ? 'connected' : 'no answer');
    if (error !== undefined) setProblem(messageOf(error));
  };
  // With `link` the action is a change: where it fails, the board is asked how it is.
  return async (act: () => Promise<AlloctraceStatus>, link?: BoardLink) => {
    const mine = ++newest.current;
    try {
      const status = await act();
      if (link) setProblem(undefined);
      show(mine, status);
    } catch (error) {
      show(mine, await link?.status().catch(() => undefined), error);
    }
  };
}

function usePolling(link: BoardLink | undefined, state: LinkState, take: ReturnType<typeof useTaker>): void {
  useEffect(() => {
    if (!link || state !== 'connected') return undefined;
    const timer = window.setTimeout(() => void take(() => link.status()), POLL_MS);
    return () => window.clearTimeout(timer);
  });
}

function StatusTable({ status }: { readonly status: AlloctraceStatus }) {
  const yes = (value: boolean) => (value ? 'on' : 'off');
  const { backtrace } = status;
  const fields: (readonly [string, string])[] = [
    ['state', status.state],
    ['ring', `${formatCount(status.ring.count)} of ${formatCount(status.ring.capacity)}`],
    ['captured', formatCount(status.captured)],
    ['overwritten', formatCount(status.overwritten)],
    ['collapsed', formatCount(status.collapsed)],
    ['capture largest', yes(status.captureLargest)],
    ['collapse pairs', yes(status.collapsePairs)],
    ['stop on full', yes(status.stopOnFull)],
    [
      'backtrace',
      `depth ${backtrace.depth}, from ${formatCount(backtrace.minSizeBytes)} B${backtrace.skipFrees ? ', not for frees' : ''}`,
    ],
    ...(status.target ? ([['target', shown(status.target.name)]] as const) : []),
  ];
  return (
    <dl class="status-grid">
      {fields.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd data-status={name}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function LoadRow({ link }: { readonly link: BoardLink }) {
  const [limit, setLimit] = useState('');
  const load = () => {
    const newest = /^\d{1,9}$/.test(limit) ? Number(limit) : undefined;
    void busyWith('Loading', async () => {
      const trace = await link.trace(newest, (bytes) => app.set({ busy: `Loading: ${formatCount(bytes)} bytes` }));
      await openTrace(trace, new URL(link.url).host, 'alloctrace ring');
    });
  };
  return (
    <footer>
      <label>
        newest{' '}
        <input
          id="limit"
          inputMode="numeric"
          size={8}
          value={limit}
          placeholder="all"
          onInput={(event) => setLimit(event.currentTarget.value)}
        />{' '}
        events
      </label>
      <span class="spring" />
      <button type="button" class="primary" id="load" onClick={load}>
        Load &amp; View
      </button>
    </footer>
  );
}
