import { sanitize, type Trace } from '../../lib/public/browser.js';

const MAX_SHOWN = 400;

/** Text from a trace as the page shows it: control and direction characters made visible, endless names cut. */
export function shown(text: string): string {
  const clean = sanitize(text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text);
  return clean;
}

/** Microseconds for people: `12 µs`, `3.21 ms`, `1.500 s`; empty when unknown. */
export function formatUs(us: number): string {
  if (!Number.isFinite(us)) return '';
  const size = Math.abs(us);
  if (size < 1000) return `${Math.round(us)} µs`;
  if (size < 1e6) return `${(us / 1000).toFixed(2)} ms`;
  return `${(us / 1e6).toFixed(3)} s`;
}

/** What stands behind a time: that of the host has the halts of the target in it, so it must not look like the target's. */
export function clockText({ info }: Pick<Trace, 'info'>): string {
  return info.clock?.kind === 'host' ? ' host time' : '';
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
