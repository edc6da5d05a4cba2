import { formatBytes, formatCount, type HeapStats } from '../../lib/public/browser.js';
import type { LoadedTrace } from '../model/loaded-trace.js';
import { sourceLabel } from '../model/sources.js';
import { pathQuery } from '../model/stack-match.js';
import { goTo, setRange } from '../state/actions.js';
import { useApp } from '../state/app-state.js';
import { Pools } from './pools.js';
import { scrollProps } from './roles.js';
import { rowActs } from './row-acts.js';
import { QueryRow } from './shown-row.js';
import { formatUs, shown } from './text.js';
import { useWork } from './use-work.js';
import { Waiting } from './waiting.js';

const MAX_ROWS = 200;

/** Everything that is counted about the trace. */
export function StatisticsPanel({ loaded }: { readonly loaded: LoadedTrace }) {
  const hide = useApp((state) => state.hide);
  const range = useApp((state) => state.range);
  const ranged = range !== undefined;
  const { result: stats } = useWork(loaded, 'stats', { hide, range });
  if (!stats) return <Waiting />;
  return (
    <div class="panel-body scroll columns" {...scrollProps('Statistics')}>
      <Totals stats={stats} />
      <Histogram stats={stats} />
      <Sizes stats={stats} />
      <SourceTable stats={stats} />
      {stats.phases.length > 1 && !ranged && <Phases stats={stats} />}
      <Pools loaded={loaded} />
    </div>
  );
}

function blocks(count: number): string {
  return `${formatCount(count)} ${count === 1 ? 'block' : 'blocks'}`;
}

function Totals({ stats }: { readonly stats: HeapStats }) {
  const ranged = useApp((state) => state.range !== undefined);
  const { lifetimes, rate } = stats;
  // The host's clock tells how long the debugger took, not the firmware.
  const inUs = stats.timeLabel === 'host time' ? undefined : lifetimes.us;
  const life = inUs ?? lifetimes.events;
  const unit = (value: number) => (inUs ? formatUs(value) : `${formatCount(value)} events`);
  const rows: (readonly [string, string])[] = [
    ['events', formatCount(stats.events)],
    ['allocations', formatCount(stats.allocations)],
    ['reallocations', formatCount(stats.reallocations)],
    ['frees', formatCount(stats.frees)],
    ['swept by the collector', formatCount(stats.sweeps)],
    ['failed requests', formatCount(stats.failures)],
    ['allocated in total', formatBytes(stats.allocatedBytes)],
    [ranged ? 'alive at B' : 'alive at the end', `${formatBytes(stats.liveBytes)} in ${blocks(stats.liveCount)}`],
    ['temporary', `${formatBytes(stats.temporary.bytes)} in ${blocks(stats.temporary.count)}`],
  ];
  if (rate)
    rows.push([
      stats.timeLabel === 'host time' ? 'rate (host time)' : 'rate',
      `${formatCount(rate.perSecond)} allocations/s, ${formatBytes(rate.bytesPerSecond)}/s`,
    ]);
  if (life) {
    const most = lifetimes.upperBound ? ' at most' : '';
    rows.push(
      [`life, median${most}`, unit(life.p50)],
      [`life, 99 %${most}`, unit(life.p99)],
      [`life, longest${most}`, unit(life.max)],
    );
  }
  return (
    <section>
      <h2>Totals {ranged && <span class="quiet">of what was allocated from A to B</span>}</h2>
      <table>
        <tbody>
          <tr>
            <th>peak</th>
            <td class="number">
              {stats.peak.seq < 0 ? 'nothing allocated' : <PeakLink stats={stats} ranged={ranged} />}
            </td>
          </tr>
          {rows.map(([name, value]) => (
            <tr key={name}>
              <th>{name}</th>
              <td class="number">{value}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** A window counts its own events only, frees of older blocks left out: there is no event to go to. */
function PeakLink({ stats, ranged }: { readonly stats: HeapStats; readonly ranged: boolean }) {
  const { bytes, seq } = stats.peak;
  if (ranged) return <>{formatBytes(bytes)}</>;
  return (
    <button type="button" class="link" onClick={() => goTo(seq)}>
      {formatBytes(bytes)} at event {formatCount(seq)}
    </button>
  );
}

function Histogram({ stats }: { readonly stats: HeapStats }) {
  const most = stats.histogram.reduce((max, bucket) => Math.max(max, bucket.count), 1);
  return (
    <section>
      <h2>Sizes</h2>
      <table class="bars">
        <thead>
          <tr>
            <th class="number">bytes</th>
            <th colSpan={2}>allocations</th>
          </tr>
        </thead>
        <tbody>
          {stats.histogram.map((bucket) => (
            <QueryRow key={bucket.fromBytes} query={sizeQuery(bucket)}>
              <td class="number">
                {bucket.fromBytes === bucket.toBytes
                  ? formatCount(bucket.fromBytes)
                  : `${formatCount(bucket.fromBytes)} – ${bucket.toBytes > 2 ** 40 ? '…' : formatCount(bucket.toBytes)}`}
              </td>
              <td class="bar-cell">
                <span class="bar" style={{ width: `${(bucket.count / most) * 100}%` }} />
              </td>
              <td class="number">{formatCount(bucket.count)}</td>
            </QueryRow>
          ))}
        </tbody>
      </table>
      {stats.histogram.length === 0 && <p class="quiet">Nothing was allocated.</p>}
    </section>
  );
}

/** As in the query box. */
function sizeQuery({ fromBytes, toBytes }: HeapStats['histogram'][number]): string {
  const least = `size>=${fromBytes}`;
  return toBytes > 2 ** 40 ? least : `${least} size<=${toBytes}`;
}

function Sizes({ stats }: { readonly stats: HeapStats }) {
  const { rows, maximumBytes } = stats.sizes;
  return (
    <section>
      <h2>
        Exact sizes <span class="quiet">the table of Drone OS</span>
      </h2>
      <table>
        <thead>
          <tr>
            <th class="number">bytes</th>
            <th class="number">most at once</th>
            <th class="number">in total</th>
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, MAX_ROWS).map((row) => (
            <QueryRow key={row.sizeBytes} query={`size=${row.sizeBytes}`}>
              <td class="number">{formatCount(row.sizeBytes)}</td>
              <td class="number">{formatCount(row.maxLive)}</td>
              <td class="number">{formatCount(row.total)}</td>
            </QueryRow>
          ))}
        </tbody>
      </table>
      <p class="quiet">
        {rows.length > MAX_ROWS && `${formatCount(rows.length - MAX_ROWS)} more sizes. `}
        Bytes times most at once: {formatBytes(maximumBytes)}
      </p>
    </section>
  );
}

function SourceTable({ stats }: { readonly stats: HeapStats }) {
  return (
    <section class="wide">
      <h2>Sources</h2>
      <table>
        <thead>
          <tr>
            <th class="number">alive</th>
            <th class="number">peak</th>
            <th class="number">total</th>
            <th class="number">count</th>
            <th class="number">temporary</th>
            <th>source</th>
          </tr>
        </thead>
        <tbody>
          {stats.sources.slice(0, MAX_ROWS).map((row) => (
            <QueryRow key={`${row.functionName}${row.location}`} query={pathQuery([row], 'innermost')}>
              <td class="number">{formatCount(row.liveBytes)}</td>
              <td class="number">{formatCount(row.peakBytes)}</td>
              <td class="number">{formatCount(row.allocatedBytes)}</td>
              <td class="number">{formatCount(row.allocations)}</td>
              <td class="number">{formatCount(row.temporary)}</td>
              <td class="name" title={shown(`${row.functionName}  ${row.location}`)}>
                {shown(sourceLabel(row))}
              </td>
            </QueryRow>
          ))}
        </tbody>
      </table>
      {stats.sources.length > MAX_ROWS && (
        <p class="quiet">{formatCount(stats.sources.length - MAX_ROWS)} more sources.</p>
      )}
    </section>
  );
}

function Phases({ stats }: { readonly stats: HeapStats }) {
  return (
    <section>
      <h2>From mark to mark</h2>
      <table class="hover">
        <thead>
          <tr>
            <th>phase</th>
            <th class="number">allocations</th>
            <th class="number">peak</th>
            <th class="number">alive at end</th>
          </tr>
        </thead>
        <tbody>
          {stats.phases.slice(0, MAX_ROWS).map((phase) => (
            <tr
              key={phase.fromSeq}
              {...rowActs({
                pick: () => setRange(phase.fromSeq - 1, phase.toSeq - 1),
                go: () => goTo(phase.fromSeq),
              })}
              title="Click: the range from A to B is this phase"
            >
              <td class="name">{shown(phase.name)}</td>
              <td class="number">{formatCount(phase.allocations)}</td>
              <td class="number">{formatBytes(phase.peakBytes)}</td>
              <td class="number">{formatBytes(phase.liveAtEndBytes)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
