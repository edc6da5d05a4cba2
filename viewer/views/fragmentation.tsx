import { useMemo } from 'preact/hooks';
import { EventKind, formatAddress, formatCount, type Wall } from '../../lib/public/browser.js';
import { certaintyAt } from '../model/certainty.js';
import { cutsWithin } from '../model/cuts.js';
import { eventSpans } from '../model/event-spans.js';
import { freeAfter } from '../model/free-bytes.js';
import type { LoadedTrace } from '../model/loaded-trace.js';
import { sourceLabel } from '../model/sources.js';
import { stackText } from '../model/stack-line.js';
import { pathQuery } from '../model/stack-match.js';
import { pickSpan } from '../state/actions.js';
import { app, useApp } from '../state/app-state.js';
import { scrollProps } from './roles.js';
import { RoomForm } from './room.js';
import { QueryRow, SeqRow } from './shown-row.js';
import { shown } from './text.js';
import { useRested } from './use-rested.js';
import { useWork } from './use-work.js';
import { Waiting } from './waiting.js';

const TOP = 20;

/** Which blocks keep free memory in pieces at the selected event, and which allocations did it. */
export function FragmentationPanel({ loaded }: { readonly loaded: LoadedTrace }) {
  if (!loaded.order || loaded.trace.eventCount === 0) {
    return <p class="empty">Fragmentation needs addresses; this trace has none.</p>;
  }
  return <Fragmentation loaded={loaded} />;
}

/** A sentence behind a colon. */
const lowered = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);

function Fragmentation({ loaded }: { readonly loaded: LoadedTrace }) {
  const hide = useApp((state) => state.hide);
  const atSeq = useRested(loaded, (state) => state.atSeq);
  const { result } = useWork(loaded, 'fragmentation', { hide, atSeq, top: TOP });
  const sure = useMemo(() => certaintyAt(loaded, atSeq), [loaded, atSeq]);
  if (!result) return <Waiting />;
  const { walls, holders } = result;
  return (
    <div class="panel-body scroll columns" {...scrollProps('Fragmentation')}>
      <section class="wide">
        <h2>Walls after event {formatCount(result.atSeq)}</h2>
        {sure.free !== '' && <p class="quiet bounds">Not exact: {lowered(sure.reasons[0] ?? '')}</p>}
        <RoomForm loaded={loaded} atSeq={result.atSeq} />
        <p class="quiet">Each of these blocks keeps the gaps on its two sides apart.</p>
        {walls.length === 0 ? (
          <p class="empty">No block stands between free memory: nothing is fragmented here.</p>
        ) : (
          <WallTable loaded={loaded} walls={walls} largest={result.largestFreeBytes} />
        )}
        {result.outsideCount > 0 && (
          <p class="warn-text">
            {formatCount(result.outsideCount)} live blocks lie outside of the heap's regions and are in no figure.
          </p>
        )}
      </section>
      <section>
        <h2>Who holds the heap</h2>
        <table>
          <thead>
            <tr>
              <th class="number">bytes</th>
              <th class="number">blocks</th>
              <th>source</th>
            </tr>
          </thead>
          <tbody>
            {holders.map((holder) => (
              <QueryRow key={`${holder.functionName}${holder.location}`} query={pathQuery([holder], 'innermost')}>
                <td class="number">{formatCount(holder.bytes)}</td>
                <td class="number">{formatCount(holder.count)}</td>
                <td class="name">{shown(sourceLabel(holder))}</td>
              </QueryRow>
            ))}
          </tbody>
        </table>
        <Failures loaded={loaded} />
        <Cuts loaded={loaded} />
      </section>
    </div>
  );
}

function WallTable({ loaded, walls, largest }: { loaded: LoadedTrace; walls: readonly Wall[]; largest: number }) {
  return (
    <table class="hover">
      <thead>
        <tr>
          <th>block</th>
          <th class="number">bytes</th>
          <th class="number" title="Free bytes on its two sides">
            walls in
          </th>
          <th class="number" title="The largest free block, were this one freed">
            largest if freed
          </th>
          <th class="number" title="The largest free block, were this one moved to one end of its gaps">
            if moved
          </th>
          <th>allocated by</th>
        </tr>
      </thead>
      <tbody>
        {walls.map((wall) => (
          <SeqRow key={wall.address} seq={wall.allocSeq} onPick={() => selectWall(loaded, wall)}>
            <td>
              <span class="link mono">{formatAddress(wall.address)}</span>
            </td>
            <td class="number">{formatCount(wall.sizeBytes)}</td>
            <td class="number">
              {formatCount(wall.leftGapBytes)} + {formatCount(wall.rightGapBytes)}
            </td>
            <td class={`number${wall.largestIfFreedBytes > largest ? ' good' : ''}`}>
              {formatCount(wall.largestIfFreedBytes)}
            </td>
            <td class={`number${wall.largestIfSlidBytes > largest ? ' good' : ''}`}>
              {formatCount(wall.largestIfSlidBytes)}
            </td>
            <td class="name" title={shown(stackText(loaded.trace, wall.stack, loaded.sources.hidden))}>
              {shown(stackText(loaded.trace, wall.stack, loaded.sources.hidden))}
            </td>
          </SeqRow>
        ))}
      </tbody>
    </table>
  );
}

/** The block is outlined at the event that is selected: the wall stands there now. */
function selectWall(loaded: LoadedTrace, wall: Wall): void {
  app.set({ view: 'map' });
  pickSpan(eventSpans(loaded.spans).openedBy(wall.allocSeq));
}

function Failures({ loaded }: { readonly loaded: LoadedTrace }) {
  const { trace, gaps } = loaded;
  const failed = useMemo(() => {
    const seqs: number[] = [];
    for (let seq = 0; seq < trace.eventCount && seqs.length < 200; seq++) {
      if (trace.events.kind[seq] === EventKind.failed) seqs.push(seq);
    }
    return seqs;
  }, [trace]);
  if (failed.length === 0) return null;
  return (
    <>
      <h2>Requests that failed</h2>
      <table class="hover">
        <thead>
          <tr>
            <th class="number">event</th>
            <th class="number">bytes</th>
            <th class="number">free</th>
            <th class="number">largest</th>
          </tr>
        </thead>
        <tbody>
          {failed.map((seq) => (
            <SeqRow key={seq} seq={seq}>
              <td class="number">{formatCount(seq)}</td>
              <td class="number">{formatCount(trace.events.sizeBytes[seq] ?? 0)}</td>
              <td class="number">{gaps ? formatCount(freeAfter(loaded, seq)) : ''}</td>
              <td class="number">{gaps ? formatCount(gaps.largestFreeBytes[seq] ?? 0) : ''}</td>
            </SeqRow>
          ))}
        </tbody>
      </table>
    </>
  );
}

function Cuts({ loaded }: { readonly loaded: LoadedTrace }) {
  const range = useApp((state) => state.range);
  const { gaps, trace } = loaded;
  const cuts = useMemo(
    () => (range ? cutsWithin(loaded, range, TOP) : (gaps?.cuts ?? []).slice(0, TOP)),
    [loaded, range],
  );
  if (!gaps || cuts.length === 0) return null;
  return (
    <>
      <h2>
        Deepest cuts {range && 'from A to B '}
        <span class="quiet">{gaps.cutsFrom === 'captured' ? 'as captured' : 'from the events'}</span>
      </h2>
      <table class="hover">
        <thead>
          <tr>
            <th class="number">event</th>
            <th class="number">largest free</th>
            <th>by</th>
          </tr>
        </thead>
        <tbody>
          {cuts.map((cut) => (
            <SeqRow key={cut.seq} seq={cut.seq}>
              <td class="number">{formatCount(cut.seq)}</td>
              <td class="number">
                {formatCount(cut.largestBeforeBytes)} → {formatCount(cut.largestAfterBytes)}
              </td>
              <td class="name" title={shown(stackText(trace, cut.stack, loaded.sources.hidden))}>
                {formatCount(cut.sizeBytes)} B {shown(stackText(trace, cut.stack, loaded.sources.hidden))}
              </td>
            </SeqRow>
          ))}
        </tbody>
      </table>
    </>
  );
}
