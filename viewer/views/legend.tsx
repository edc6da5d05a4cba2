import { useMemo } from 'preact/hooks';
import { formatBytes } from '../../lib/public/browser.js';
import type { LoadedTrace } from '../model/loaded-trace.js';
import { type Source, sourceLabel } from '../model/sources.js';
import { COLOR_COUNT, SOURCE_COLORS } from '../paint/palette.js';
import { app, useApp } from '../state/app-state.js';
import { shown } from './text.js';
import { LONG_TRACE, useRested } from './use-rested.js';

/** Who has which colour, with what each holds at the selected event; a click brings one source into focus. */
export function Legend({ loaded }: { readonly loaded: LoadedTrace }) {
  const focus = useApp((state) => state.source);
  const now = useApp((state) => state.atSeq);
  const atSeq = useRested(now, loaded.trace.eventCount > LONG_TRACE ? 60 : 0);
  const { list } = loaded.sources;
  const held = useMemo(() => heldBy(loaded, atSeq), [loaded, atSeq]);
  const named = list.slice(0, COLOR_COUNT - 1);
  const rest = list.length - named.length;
  return (
    <section class="legend" aria-label="Sources">
      <h2>
        Sources <span class="quiet">by peak</span>
        <span class="spring" />
        <button type="button" class="link" onClick={() => app.set({ dialog: 'names' })}>
          hidden frames…
        </button>
      </h2>
      <ul>
        {named.map((source, id) => (
          <LegendRow key={id} source={source} held={held[source.color] ?? 0} on={focus === id} id={id} />
        ))}
        {rest > 0 && (
          <li>
            <span class="legend-row">
              <i class="swatch" style={{ background: SOURCE_COLORS[0] }} />
              <span class="name">{rest} other sources</span>
              <span class="number">{formatBytes(held[0] ?? 0)}</span>
            </span>
          </li>
        )}
      </ul>
    </section>
  );
}

function LegendRow({ source, held, on, id }: { source: Source; held: number; on: boolean; id: number }) {
  return (
    <li>
      <button
        type="button"
        class="legend-row"
        aria-pressed={on}
        title={shown(`${source.functionName}  ${source.location}`)}
        onClick={() => app.set({ source: on ? -1 : id })}
      >
        <i class="swatch" style={{ background: SOURCE_COLORS[source.color] ?? '' }} />
        <span class="name">{shown(sourceLabel(source))}</span>
        <span class="number">{formatBytes(held)}</span>
      </button>
    </li>
  );
}

/** By colour: bytes alive after an event. */
function heldBy(loaded: LoadedTrace, seq: number): Float64Array {
  const held = new Float64Array(COLOR_COUNT);
  const { spans, sources } = loaded;
  const { startSeq, endSeq, sizeBytes } = spans;
  const { colorOf } = sources;
  for (let span = 0; span < spans.count; span++) {
    // Lifespans are in order of their begin.
    if ((startSeq[span] ?? 0) > seq) break;
    if ((endSeq[span] ?? 0) <= seq) continue;
    const color = colorOf[span] ?? 0;
    held[color] = (held[color] ?? 0) + (sizeBytes[span] ?? 0);
  }
  return held;
}
