import { useMemo, useState } from 'preact/hooks';
import { formatBytes, formatCount } from '../../lib/public/browser.js';
import { COLOR_MODES, type ColorMode, uncolorable } from '../model/coloring.js';
import { type Held, heldBy } from '../model/held.js';
import type { LoadedTrace } from '../model/loaded-trace.js';
import { sourceLabel, sourceOfSpan, sourceQuery } from '../model/sources.js';
import type { ClassLook } from '../paint/palette.js';
import { toggleQuery } from '../state/actions.js';
import { app, useApp } from '../state/app-state.js';
import { Swatch } from './swatch.js';
import { shown } from './text.js';
import { useColoring } from './use-painting.js';
import { useRested } from './use-rested.js';

const MODE_TEXT: Readonly<Record<ColorMode, string>> = {
  source: 'source',
  size: 'size',
  age: 'age',
  lifetime: 'lifetime',
  type: 'type',
  region: 'region',
};
const MAX_OTHERS = 200;

/** What the colours say, and how much each of them holds at the selected event; a click brings one into focus. */
export function Legend({ loaded }: { readonly loaded: LoadedTrace }) {
  const coloring = useColoring(loaded);
  const atSeq = useRested(loaded, (state) => state.atSeq);
  const held = useMemo(
    () => heldBy(loaded, { classOf: coloring.ofSpan, count: coloring.classes.length, atSeq }),
    [loaded, coloring, atSeq],
  );
  const [open, setOpen] = useState(false);
  const { mode, classes } = coloring;
  const rest = classes[0];
  const restShown = mode === 'source' ? loaded.sources.list.length > loaded.sources.named : (held.count[0] ?? 0) > 0;
  return (
    <section class="legend" aria-label="Colours">
      <h2>
        <ModeChoice loaded={loaded} mode={mode} />
        <span class="spring" />
        <button type="button" class="link" onClick={() => app.set({ dialog: 'names' })}>
          hidden frames…
        </button>
      </h2>
      <table>
        <thead>
          <tr>
            <th>held now by</th>
            <th class="number">bytes</th>
            <th class="number">blocks</th>
          </tr>
        </thead>
        <tbody>
          {classes.slice(1).map(({ name, hint, query, hex, pattern }, index) => (
            <LegendRow
              key={index}
              {...{ name, hint, query, look: { hex, pattern } }}
              bytes={held.bytes[index + 1] ?? 0}
              count={held.count[index + 1] ?? 0}
            />
          ))}
          {rest && restShown && (
            <LegendRow
              {...{ name: rest.name, hint: rest.hint, query: rest.query, look: rest }}
              bytes={held.bytes[0] ?? 0}
              count={held.count[0] ?? 0}
              {...(mode === 'source' ? { open, onOpen: () => setOpen(!open) } : {})}
            />
          )}
          {mode === 'source' && open && <Others loaded={loaded} atSeq={atSeq} />}
        </tbody>
      </table>
    </section>
  );
}

function ModeChoice({ loaded, mode }: { readonly loaded: LoadedTrace; readonly mode: ColorMode }) {
  return (
    <label class="mode">
      Colour by{' '}
      <select
        value={mode}
        onChange={(event) => {
          const color = COLOR_MODES.find((it) => it === event.currentTarget.value);
          if (color) app.set({ color });
        }}
      >
        {COLOR_MODES.map((id) => {
          const why = uncolorable(loaded, id);
          return (
            <option key={id} value={id} disabled={why !== ''} title={why}>
              {MODE_TEXT[id]}
              {why !== '' && `: ${why.toLowerCase()}`}
            </option>
          );
        })}
      </select>
    </label>
  );
}

/** The sources that have no colour of their own, those that hold the most first. */
function Others({ loaded, atSeq }: { loaded: LoadedTrace; atSeq: number }) {
  const { sources } = loaded;
  const held = useMemo(
    () => heldBy(loaded, { classOf: sourceOfSpan(loaded), count: sources.list.length, atSeq }),
    [loaded, sources, atSeq],
  );
  const ranked = useMemo(() => rankedOthers(held, sources.named), [held, sources]);
  return (
    <>
      {ranked.slice(0, MAX_OTHERS).map((id) => {
        const source = sources.list[id];
        if (!source) return null;
        const [name, hint] = [sourceLabel(source), `${source.functionName}  ${source.location}`];
        const query = sourceQuery(source);
        const figures = { bytes: held.bytes[id] ?? 0, count: held.count[id] ?? 0 };
        return <LegendRow key={id} {...{ name, hint, query, look: undefined }} {...figures} />;
      })}
      {ranked.length > MAX_OTHERS && (
        <tr>
          <td colSpan={3} class="quiet">
            and {formatCount(ranked.length - MAX_OTHERS)} more
          </td>
        </tr>
      )}
    </>
  );
}

function rankedOthers({ bytes }: Held, named: number): number[] {
  const ids = Array.from(bytes.keys()).slice(named);
  return ids.sort((a, b) => (bytes[b] ?? 0) - (bytes[a] ?? 0) || a - b);
}

/** `cons  pair.c:7`: where there is no room for both, the place gives way. */
function LegendName({ name }: { readonly name: string }) {
  const at = name.indexOf('  ');
  if (at < 0) return <span class="name">{shown(name)}</span>;
  return (
    <>
      <span class="name with-place">{shown(name.slice(0, at))}</span>
      <span class="name place">{shown(name.slice(at))}</span>
    </>
  );
}

interface LegendRowProps {
  readonly name: string;
  readonly hint: string;
  readonly query: string;
  readonly look: ClassLook | undefined;
  readonly bytes: number;
  readonly count: number;
  /** A row that opens instead of filtering. */
  readonly open?: boolean;
  readonly onOpen?: () => void;
}

function LegendRow({ name, hint, query, look, bytes, count, open, onOpen }: LegendRowProps) {
  const on = useApp((state) => query !== '' && state.query === query);
  const act = onOpen ?? (query === '' ? undefined : () => toggleQuery(query));
  const label = (
    <>
      <Swatch look={look} />
      <LegendName name={name} />
      {onOpen && <span aria-hidden="true"> {open ? '▾' : '▸'}</span>}
    </>
  );
  return (
    <tr class={on ? 'on' : ''}>
      <td title={shown(hint)}>
        {act ? (
          <button
            type="button"
            class="legend-row"
            {...(onOpen ? { 'aria-expanded': open ?? false } : { 'aria-pressed': on })}
            onClick={act}
          >
            {label}
          </button>
        ) : (
          <span class="legend-row">{label}</span>
        )}
      </td>
      <td class="number">{formatBytes(bytes)}</td>
      <td class="number">{formatCount(count)}</td>
    </tr>
  );
}
