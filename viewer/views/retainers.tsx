import { useMemo } from 'preact/hooks';
import {
  formatAddress,
  formatBytes,
  formatCount,
  lastAtOrBefore,
  ObjectMap,
  type TypeRow,
  type WhyAlive,
} from '../../lib/public/browser.js';
import { blockOf } from '../model/block.js';
import { quoted } from '../model/coloring.js';
import type { LoadedTrace } from '../model/loaded-trace.js';
import { goToRow, pickSpan } from '../state/actions.js';
import { useApp } from '../state/app-state.js';
import { scrollProps } from './roles.js';
import { rowActs } from './row-acts.js';
import { QueryRow } from './shown-row.js';
import { shown } from './text.js';

const TOP = 50;
const STATE_TEXT: Readonly<Record<WhyAlive['state'], string>> = {
  held: 'is held by',
  inside: 'is held only by pointers into the inside of blocks',
  garbage: 'is held by nothing: the next collection frees it',
  leaked: 'is held by nothing: it has leaked',
};

/** Why the selected block is alive, and what keeps the most of the heap alive, as the capture read it from the target's memory. */
export function RetainersPanel({ loaded }: { readonly loaded: LoadedTrace }) {
  const graph = loaded.trace.graphs.at(-1);
  const map = useMemo(() => graph && new ObjectMap(graph), [graph]);
  if (!map) {
    return (
      <p class="empty">
        This trace does not say who holds which block. A capture reads that of MicroPython, CircuitPython and allocators
        whose heap it knows (docs/object-graph.md).
      </p>
    );
  }
  return <Retainers loaded={loaded} map={map} />;
}

function Retainers({ loaded, map }: { readonly loaded: LoadedTrace; readonly map: ObjectMap }) {
  const largest = useMemo(() => map.largest(TOP), [map]);
  const types = useMemo(() => map.types().slice(0, TOP), [map]);
  const { graph } = map;
  const when =
    graph.beforeSeq >= loaded.trace.eventCount ? 'at the end' : `before event ${formatCount(graph.beforeSeq)}`;
  return (
    <div class="panel-body scroll columns" {...scrollProps('Why alive')}>
      <section class="wide">
        <Selected loaded={loaded} map={map} when={when} />
        <h2>
          What keeps the most alive <span class="quiet">{when}</span>
        </h2>
        {graph.unsure !== undefined && <p class="warn-text">Not sure: {shown(graph.unsure)}</p>}
        <table class="hover">
          <thead>
            <tr>
              <th class="number">keeps</th>
              <th class="number">blocks</th>
              <th>type</th>
              <th>held by</th>
            </tr>
          </thead>
          <tbody>
            {largest.map((why) => (
              <HolderRow key={why.address} {...{ loaded, why, seq: graph.beforeSeq }} />
            ))}
          </tbody>
        </table>
      </section>
      <Types types={types} />
    </div>
  );
}

/** The selected block, and the way from a root to it. */
function Selected({ loaded, map, when }: { loaded: LoadedTrace; map: ObjectMap; when: string }) {
  const span = useApp((state) => state.span);
  const { spans } = loaded;
  if (span < 0) return <p class="quiet">Select a block in the map or a row below for the way from a root to it.</p>;
  const { address } = blockOf(loaded, span);
  const { beforeSeq } = map.graph;
  const alive = (spans.startSeq[span] ?? 0) < beforeSeq && (spans.endSeq[span] ?? 0) >= beforeSeq;
  const block = alive ? map.blockAt(address) : -1;
  if (block < 0) {
    return (
      <p class="quiet">
        The selected block at {formatAddress(address)} was not among those that were read {when}.
      </p>
    );
  }
  const why = map.why(block);
  return (
    <div class="why" data-why={why.state}>
      <p>
        <b>{shown(why.type)}</b> at <span class="mono">{formatAddress(why.address)}</span>, {formatBytes(why.sizeBytes)}
        , {STATE_TEXT[why.state]}
        {why.path !== '' && ':'}
      </p>
      {why.path !== '' && (
        <ol class="backtrace">
          {why.path.split(' -> ').map((step, index) => (
            <li key={index} class="mono">
              {shown(step)}
            </li>
          ))}
        </ol>
      )}
      {why.retainedCount > 1 && (
        <p>
          It keeps {formatBytes(why.retainedBytes)} in {formatCount(why.retainedCount)} blocks alive.
        </p>
      )}
    </div>
  );
}

/** A click selects the block, a double click goes to its allocation. */
function HolderRow({ loaded, why, seq }: { loaded: LoadedTrace; why: WhyAlive; seq: number }) {
  const span = useMemo(() => spanBefore(loaded, why, seq), [loaded, why, seq]);
  const on = useApp((state) => span >= 0 && state.span === span);
  const go = () => span >= 0 && goToRow(loaded.spans.startSeq[span] ?? 0);
  return (
    <tr {...rowActs({ pick: () => pickSpan(span), go, on })}>
      <td class="number">{formatBytes(why.retainedBytes)}</td>
      <td class="number">{formatCount(why.retainedCount)}</td>
      <td>{shown(why.type)}</td>
      <td class="name" title={shown(why.path)}>
        {shown(why.path) || STATE_TEXT[why.state]}
      </td>
    </tr>
  );
}

/** The lifespan of a block that was read before an event; -1 where the events know none there. */
function spanBefore({ order, spans }: LoadedTrace, { address, sizeBytes }: WhyAlive, seq: number): number {
  if (!order) return -1;
  for (let at = lastAtOrBefore(order.address, address + sizeBytes - 1); at >= 0; at--) {
    const start = order.address[at] ?? 0;
    if (start + (order.sizeBytes[at] ?? 0) <= address && start < address) return -1;
    const span = order.span[at] ?? -1;
    if ((spans.startSeq[span] ?? 0) < seq && (spans.endSeq[span] ?? 0) >= seq) return span;
  }
  return -1;
}

function Types({ types }: { readonly types: readonly TypeRow[] }) {
  return (
    <section>
      <h2>Types</h2>
      <table>
        <thead>
          <tr>
            <th class="number">bytes</th>
            <th class="number">blocks</th>
            <th class="number">held by nothing</th>
            <th>type</th>
          </tr>
        </thead>
        <tbody>
          {types.map((row) => (
            <QueryRow key={row.type} query={`type:${quoted(row.type)}`}>
              <td class="number">{formatCount(row.bytes)}</td>
              <td class="number">{formatCount(row.count)}</td>
              <td class="number">{row.unheldBytes === 0 ? '' : formatBytes(row.unheldBytes)}</td>
              <td class="name">{shown(row.type)}</td>
            </QueryRow>
          ))}
        </tbody>
      </table>
    </section>
  );
}
