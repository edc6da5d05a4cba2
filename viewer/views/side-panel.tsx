import type { ComponentChildren } from 'preact';
import { useMemo } from 'preact/hooks';
import {
  END_CAUSES,
  EVENT_KINDS,
  EventKind,
  formatAddress,
  formatBytes,
  formatCount,
  fragmentationOf,
} from '../../lib/public/browser.js';
import { blockOf } from '../model/block.js';
import { certaintyAt } from '../model/certainty.js';
import { eventSpans } from '../model/event-spans.js';
import type { LoadedTrace } from '../model/loaded-trace.js';
import { levelsAt, wholeOf } from '../model/region-levels.js';
import { sizeOf, spanOf } from '../model/table-rows.js';
import { goToRow } from '../state/actions.js';
import { useApp } from '../state/app-state.js';
import { Backtrace } from './backtrace.js';
import { Legend } from './legend.js';
import { RegionFigures } from './region-figures.js';
import { clockText, formatUs, percent } from './text.js';

/** What the heap is like at the selected event, what that event did, and who is who. */
export function SidePanel({ loaded }: { readonly loaded: LoadedTrace }) {
  return (
    <section class="side" aria-label="Selected event">
      <Figures loaded={loaded} />
      <EventCard loaded={loaded} />
      <Legend loaded={loaded} />
    </section>
  );
}

function Figures({ loaded }: { readonly loaded: LoadedTrace }) {
  const atSeq = useApp((state) => state.atSeq);
  const { usage, trace, spans } = loaded;
  const levels = useMemo(() => levelsAt(loaded, atSeq), [loaded, atSeq]);
  const free = useMemo(() => levels && wholeOf(levels), [levels]);
  const sure = useMemo(() => certaintyAt(loaded, atSeq), [loaded, atSeq]);
  const { caps } = trace.info;
  const many = loaded.regions.length > 1;
  return (
    <section class="figures-card" aria-label="Heap at the selected event">
      <dl>
        <Figure name="in use" id="live" text={`${sure.live}${formatBytes(usage.liveBytes[atSeq] ?? 0)}`}>
          <dd class="quiet">
            {sure.live}
            {formatCount(eventSpans(spans).liveCount(atSeq))} blocks
          </dd>
        </Figure>
        {free && (
          <>
            <Figure name={many ? 'free, in all' : 'free'} id="free" text={`${sure.free}${formatBytes(free.freeBytes)}`}>
              {caps && <Device bytes={caps.freeBytes} />}
            </Figure>
            <Figure name="largest free" id="largest" text={`${sure.free}${formatBytes(free.largestFreeBytes)}`}>
              {caps && <Device bytes={caps.largestFreeBytes} />}
            </Figure>
            <Figure
              name="fragmentation"
              id="fragmentation"
              text={`${sure.free === '' ? '' : '≈ '}${percent(fragmentationOf(free.freeBytes, free.largestFreeBytes))}`}
            />
          </>
        )}
      </dl>
      {many && levels && <RegionFigures loaded={loaded} levels={levels} sign={sure.free} />}
      {sure.reasons.length > 0 && (
        <details class="unsure">
          <summary>why these figures are not exact</summary>
          {sure.reasons.map((reason) => (
            <p key={reason}>{reason}</p>
          ))}
        </details>
      )}
    </section>
  );
}

interface FigureProps {
  readonly name: string;
  readonly id: string;
  readonly text: string;
  readonly children?: ComponentChildren;
}

function Figure({ name, id, text, children }: FigureProps) {
  return (
    <div>
      <dt>{name}</dt>
      <dd data-figure={id}>{text}</dd>
      {children}
    </div>
  );
}

function Device({ bytes }: { readonly bytes: number }) {
  return (
    <dd class="device" title="What the device itself said at its dump: true then only">
      device {formatBytes(bytes)}
    </dd>
  );
}

function EventCard({ loaded }: { readonly loaded: LoadedTrace }) {
  const atSeq = useApp((state) => state.atSeq);
  const selected = useApp((state) => state.span);
  const { trace, spans } = loaded;
  if (trace.eventCount === 0) return null;
  const kind = EVENT_KINDS[trace.events.kind[atSeq] ?? 0] ?? 'alloc';
  const own = spanOf(loaded, atSeq);
  const span = own >= 0 ? own : selected;
  const other = selected >= 0 && selected !== own ? selected : -1;
  const failed = trace.events.kind[atSeq] === EventKind.failed;
  return (
    <section class="event-card" aria-label="Event">
      <h2>
        Event {formatCount(atSeq)} <span class={`kind ${kind}`}>{kind}</span>
        <span class="quiet">
          {formatUs(trace.events.atUs?.[atSeq] ?? Number.NaN)}
          {trace.events.atUs && clockText(trace)}
        </span>
      </h2>
      <p>
        {failed ? `${formatBytes(sizeOf(loaded, atSeq))} asked for, refused` : <SpanLine loaded={loaded} span={span} />}
      </p>
      <Backtrace loaded={loaded} stack={trace.events.stack[atSeq] ?? -1} />
      <AllocatedBy loaded={loaded} seq={atSeq} />
      {other >= 0 && (
        <div class="other">
          <h3>Selected block</h3>
          <p>
            <SpanLine loaded={loaded} span={other} />
          </p>
          <Backtrace loaded={loaded} stack={trace.events.stack[spans.startSeq[other] ?? 0] ?? -1} />
          <button type="button" onClick={() => goToRow(spans.startSeq[other] ?? 0)}>
            Go to its event
          </button>
        </div>
      )}
    </section>
  );
}

/** Under the backtrace of a free, who allocated what it gives back. */
function AllocatedBy({ loaded, seq }: { readonly loaded: LoadedTrace; readonly seq: number }) {
  const { spans, trace } = loaded;
  const of = eventSpans(spans);
  const closed = of.closedBy(seq);
  if (closed < 0 || of.openedBy(seq) >= 0) return null;
  const start = spans.startSeq[closed] ?? 0;
  return (
    <div class="other" data-allocated={start}>
      <h3>Allocated by event {formatCount(start)}</h3>
      <Backtrace loaded={loaded} stack={trace.events.stack[start] ?? -1} />
    </div>
  );
}

function SpanLine({ loaded, span }: { readonly loaded: LoadedTrace; readonly span: number }) {
  const { spans, trace } = loaded;
  if (span < 0) return <>A block that the trace does not know.</>;
  const end = spans.endSeq[span] ?? 0;
  const cause = END_CAUSES[spans.endCause[span] ?? 0] ?? '';
  const { address, sizeBytes } = blockOf(loaded, span);
  const where = trace.info.hasAddresses ? `${formatAddress(address)} · ` : '';
  return (
    <>
      <span class="mono">
        {where}
        {formatCount(sizeBytes)} B
      </span>
      <br />
      <span class="quiet">
        event {formatCount(spans.startSeq[span] ?? 0)}
        {cause === 'alive' ? ', alive at the end' : ` to ${formatCount(end)} (${cause})`}
      </span>
    </>
  );
}
