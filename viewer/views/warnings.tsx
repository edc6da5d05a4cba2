import { useMemo, useState } from 'preact/hooks';
import { formatCount, traceDoubts, trustLines } from '../../lib/public/browser.js';
import type { LoadedTrace } from '../model/loaded-trace.js';
import { goTo } from '../state/actions.js';
import { app, useApp } from '../state/app-state.js';
import { withoutOptions } from '../state/message-of.js';
import { openElf } from '../state/opening.js';
import { shown } from './text.js';

/** What went wrong, until it is dismissed. */
export function ErrorBar() {
  const error = useApp((state) => state.error);
  if (!error) return null;
  return (
    <div class="bar error" role="alert">
      <span>
        <b>{error.code ? `${error.code} ` : ''}</b>
        {shown(error.text)}
        {error.remedy && <em> {shown(error.remedy)}</em>}
      </span>
      <span class="spring" />
      <button type="button" onClick={() => app.set({ error: undefined })}>
        Dismiss
      </button>
    </div>
  );
}

/** An ELF file that came where a trace was expected. */
export function OfferBar() {
  const offer = useApp((state) => state.offer);
  const opened = useApp((state) => state.loaded !== undefined);
  if (!offer) return null;
  const close = () => app.set({ offer: undefined });
  return (
    <div class="bar info" role="alert">
      <span>
        <b>{shown(offer.name)}</b> is an ELF file, a program, and no trace: use it for names?{' '}
        {!opened && 'It names the addresses of the trace that you open next.'}
      </span>
      <span class="spring" />
      <button
        type="button"
        class="primary"
        onClick={() => {
          close();
          void openElf(offer);
        }}
      >
        Use it for names
      </button>
      <button type="button" onClick={close}>
        Dismiss
      </button>
    </div>
  );
}

const MOST_EPOCHS = 8;

/** Says how far the trace can be trusted: what the command line says of it, and events that contradict each other. */
export function TrustBar({ loaded }: { readonly loaded: LoadedTrace }) {
  const [open, setOpen] = useState(false);
  const { info, gaps, notes, epochs } = loaded.trace;
  const doubts = useMemo(() => traceDoubts(loaded.trace), [loaded]);
  const lines = useMemo(
    () => [
      ...doubts.map(({ kind, text }) => withoutOptions(kind === 'note' ? `note: ${text}` : text)),
      ...trustLines({ findings: loaded.spans.findings, assumptions: loaded.assumptions }).map(withoutOptions),
      ...epochs
        .slice(0, MOST_EPOCHS)
        .map(({ beforeSeq, reason }) => `before event ${formatCount(beforeSeq)} the heap was started anew: ${reason}`),
    ],
    [loaded, doubts, epochs],
  );
  const findings = loaded.spans.findings.reduce((sum, finding) => sum + finding.count, 0);
  const doubted = doubts.some(({ kind }) => kind === 'doubtful');
  const partly = doubts.filter(({ kind }) => kind === 'contents' || kind === 'backtraces' || kind === 'clock');
  const serious = !info.complete || gaps.length > 0 || findings > 0 || doubted;
  if (lines.length === 0 && epochs.length === 0) return null;
  const parts = [
    ...(info.complete ? [] : ['This trace is not complete']),
    ...(doubted ? ['This trace is doubtful: its figures may be wrong'] : []),
    ...(gaps.length > 0 ? [`${formatCount(gaps.length)} ${gaps.length === 1 ? 'gap' : 'gaps'}`] : []),
    ...(findings > 0 ? [`${formatCount(findings)} events that cannot be true together`] : []),
    ...(epochs.length > 0 ? [`the heap was started anew ${formatCount(epochs.length)} times`] : []),
    ...partly.map(({ text }) => text),
    ...(notes.length > 0 ? [`${formatCount(notes.length)} ${notes.length === 1 ? 'note' : 'notes'}`] : []),
  ];
  const [first = ''] = lines;
  // One line that is all there is to say needs nothing that counts it.
  const itself = parts.length === 0 || (lines.length === 1 && !serious);
  const said = itself ? first : `${parts.join(', ')}.`;
  const text = said.charAt(0).toUpperCase() + said.slice(1);
  const more = lines.length - (itself ? 1 : 0);
  return (
    <div class={`bar ${serious ? 'warn' : 'info'}`} role={serious ? 'alert' : 'status'}>
      <div>
        <span>
          {serious && <b>Careful: </b>}
          {shown(text)} {!info.complete && 'What is missing is in no figure.'}
        </span>
        {open && (
          <ul>
            {lines.map((line) => (
              <li key={line}>{shown(line)}</li>
            ))}
          </ul>
        )}
      </div>
      <span class="spring" />
      {gaps[0] && (
        <button type="button" onClick={() => goTo(gaps[0]?.beforeSeq ?? 0)}>
          First gap
        </button>
      )}
      {more > 0 && (
        <button type="button" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? 'Less' : 'Details'}
        </button>
      )}
    </div>
  );
}
