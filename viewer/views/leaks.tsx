import type { ComponentChildren } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { formatBytes, formatCount, frameName, type LeakVerdict, type Place } from '../../lib/public/browser.js';
import type { LoadedTrace } from '../model/loaded-trace.js';
import { sourceLabel } from '../model/sources.js';
import { pathQuery } from '../model/stack-match.js';
import { toggleQuery } from '../state/actions.js';
import { useApp } from '../state/app-state.js';
import { scrollProps } from './roles.js';
import { goToTable, rowActs } from './row-acts.js';
import { Sparkline } from './sparkline.js';
import { shown } from './text.js';
import { useWork } from './use-work.js';
import { Waiting } from './waiting.js';

const VERDICT_TEXT: Readonly<Record<LeakVerdict, string>> = {
  grows: 'grows at every mark',
  left: 'left over',
  irregular: 'grew now and then',
  'one-time': 'grew once, then stayed',
  steady: 'steady',
};
const MAX_SITES = 500;

/** What is still alive, by source; with marks, how each source grew from mark to mark. */
export function LeaksPanel({ loaded }: { readonly loaded: LoadedTrace }) {
  const hide = useApp((state) => state.hide);
  const names = useMemo(() => [...new Set(loaded.trace.marks.map((mark) => mark.name))], [loaded]);
  const range = useApp((state) => state.range);
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const { result } = useWork(loaded, 'leaks', { hide, range, from, to });
  const choice = (label: string, value: string, set: (name: string) => void) => (
    <label>
      {label}{' '}
      <select value={value} onChange={(event) => set(event.currentTarget.value)}>
        <option value="">automatic</option>
        {names.slice(0, 500).map((name) => (
          <option key={name} value={name}>
            {shown(name)}
          </option>
        ))}
      </select>
    </label>
  );
  if (result === undefined) return <Waiting />;
  if (typeof result === 'string') {
    return (
      <div class="panel-body">
        <div class="tools">
          {choice('from mark', from, setFrom)} {choice('to mark', to, setTo)}
        </div>
        <p class="empty">{shown(result)}</p>
      </div>
    );
  }
  const first = result.boundaries[0];
  const last = result.boundaries.at(-1);
  return (
    <div class="panel-body">
      <div class="tools">
        {names.length > 0 && !range && choice('from mark', from, setFrom)}
        {names.length > 0 && !range && choice('to mark', to, setTo)}
        <span>
          From <b>{shown(first?.name ?? '')}</b> to <b>{shown(last?.name ?? '')}</b>:{' '}
          {formatBytes(result.liveBytes[0] ?? 0)} → {formatBytes(result.liveBytes.at(-1) ?? 0)}. Suspect:{' '}
          <b>{formatBytes(result.suspectBytes)}</b> in {formatCount(result.suspectCount)} blocks.
        </span>
        {names.length === 0 && !range && (
          <span class="quiet">The trace has no marks: this is all that is alive at its end.</span>
        )}
      </div>
      {!loaded.trace.info.complete && (
        <p class="warn-text">
          The trace is incomplete: frees may be among what is missing, so what is listed need not be a leak.
        </p>
      )}
      {result.sites.length === 0 ? (
        <p class="empty">Nothing that was allocated here is still alive.</p>
      ) : (
        <div class="scroll" {...scrollProps('Leaks')}>
          <table class="pad">
            <thead>
              <tr>
                <th>verdict</th>
                <th class="number">bytes</th>
                <th class="number">blocks</th>
                <th class="number">each</th>
                {result.boundaries.length > 2 && <th>growth</th>}
                <th>source</th>
                <th>callers</th>
              </tr>
            </thead>
            <tbody>
              {result.sites.slice(0, MAX_SITES).map((site, row) => (
                <SiteRow key={row} site={site}>
                  <td>
                    <span class={`verdict ${site.verdict}`}>{VERDICT_TEXT[site.verdict]}</span>
                  </td>
                  <td class="number">{formatCount(site.bytes)}</td>
                  <td class="number">{formatCount(site.count)}</td>
                  <td class="number">{site.eachBytes === undefined ? '' : formatCount(site.eachBytes)}</td>
                  {result.boundaries.length > 2 && (
                    <td>
                      <Sparkline values={site.growthBytes} label={site.growthBytes.map(formatCount).join(', ')} />
                    </td>
                  )}
                  <td class="name">{shown(sourceLabel(site))}</td>
                  <td class="name quiet">{shown(site.frames.slice(1, 6).map(frameName).join(' ← '))}</td>
                </SiteRow>
              ))}
            </tbody>
          </table>
          {result.sites.length > MAX_SITES && (
            <p class="note">{formatCount(result.sites.length - MAX_SITES)} more sources.</p>
          )}
        </div>
      )}
    </div>
  );
}

/** A click shows what the source left, here and in the map. */
function SiteRow({ site, children }: { readonly site: Place; readonly children: ComponentChildren }) {
  const query = pathQuery([site], 'innermost');
  const on = useApp((state) => state.query === query);
  return <tr {...rowActs({ pick: () => toggleQuery(query, 'alive'), go: goToTable, on })}>{children}</tr>;
}
