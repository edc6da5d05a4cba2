import { formatBytes, formatCount, type Trace } from '../../lib/public/browser.js';
import { shown } from './text.js';

/** What there is to say of a trace without events: how full its memories were, where its source told that. */
export function LevelsNote({ trace }: { readonly trace: Trace }) {
  const memories = new Map<string, { readings: number; least: number; last: number }>();
  for (const { memory, freeBytes, minimumFreeBytes = freeBytes } of trace.levels) {
    const so = memories.get(memory) ?? { readings: 0, least: Number.POSITIVE_INFINITY, last: 0 };
    const least = Math.min(so.least, minimumFreeBytes, freeBytes);
    memories.set(memory, { readings: so.readings + 1, least, last: freeBytes });
  }
  if (memories.size === 0) return <p class="empty stage-empty">The trace was read, but it has no events.</p>;
  return (
    <div class="empty stage-empty">
      <p>
        The source tells no allocations, only how full the heap was. There is nothing to draw by address or by source.
      </p>
      <table>
        <thead>
          <tr>
            <th>memory</th>
            <th class="number">readings</th>
            <th class="number">free at the last</th>
            <th class="number">least free</th>
          </tr>
        </thead>
        <tbody>
          {[...memories].slice(0, 32).map(([memory, { readings, least, last }]) => (
            <tr key={memory} data-memory={memory}>
              <td>{shown(memory) || 'the heap'}</td>
              <td class="number">{formatCount(readings)}</td>
              <td class="number">{formatBytes(last)}</td>
              <td class="number">{formatBytes(least)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
