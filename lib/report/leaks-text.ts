import type { LeakSite, Leaks, LeakVerdict } from '../analysis/leaks.js';
import { formatBytes, formatCount } from '../base/units.js';
import { contentsLines, levelLines } from './contents-text.js';
import { sanitize } from './sanitize.js';
import { callersText, frameText } from './stack-text.js';
import { trustLines } from './trust-text.js';

const TITLES: Readonly<Record<LeakVerdict, string>> = {
  grows: 'Grows from every mark to the next: leak suspects',
  left: 'Allocated in this window and still alive',
  irregular: 'Grew, but not from every mark to the next',
  'one-time': 'Grew once and stayed: one-time initialisation, not counted',
  steady: 'New blocks are alive, but as much was given back: not counted',
};

/** The leak report as text: of each verdict the first `top` sites that there are (default 20). Ends with a newline. */
export function leaksText(leaks: Leaks, options: { readonly top?: number } = {}): string {
  if (leaks.contents !== 'history') return aliveText(leaks, options.top ?? 20);
  const names = leaks.boundaries.map((boundary) => sanitize(boundary.name));
  const window = names.length > 8 ? `${names[0]} -> ${names.length - 2} marks -> ${names.at(-1)}` : names.join(' -> ');
  const live = leaks.liveBytes.map(formatBytes);
  const lines = [
    `Window: ${window}`,
    `Live: ${live.length > 8 ? `${live[0]} -> ... -> ${live.at(-1)}` : live.join(' -> ')}`,
    `Left behind: ${formatBytes(leaks.suspectBytes)} in ${formatCount(leaks.suspectCount)} blocks`,
    ...replaced(leaks),
    ...fromBefore(leaks),
    '',
  ];
  lines.push(...containerLines(leaks, options.top ?? 20));
  for (const verdict of Object.keys(TITLES) as LeakVerdict[]) {
    const sites = leaks.sites.filter((site) => site.verdict === verdict);
    const count = leaks.siteCounts[verdict];
    if (count > 0) lines.push(...groupLines(TITLES[verdict], { sites, count, top: options.top ?? 20 }));
  }
  if (leaks.lostAtEpochs > 0) {
    lines.push(`${formatCount(leaks.lostAtEpochs)} blocks were lost when the heap began anew: not leaks`);
  }
  lines.push(...levelLines(leaks.levels), ...trustLines(leaks));
  return `${lines.join('\n').trimEnd()}\n`;
}

function containerLines({ containers }: Leaks, top: number): string[] {
  if (containers.length === 0) return [];
  const rows = containers
    .slice(0, top)
    .map(
      ({ path, type, count, bytes }) =>
        `  ${formatBytes(bytes)} in ${formatCount(count)} blocks  ${sanitize(path)}, a ${sanitize(type)}`,
    );
  const more = containers.length > top ? [`  and ${formatCount(containers.length - top)} more containers`] : [];
  return ['Held by what grows all the time', ...rows, ...more, ''];
}

/** A snapshot shows what is alive; what of it leaks, only a second one or the source itself can tell. */
function aliveText(leaks: Leaks, top: number): string {
  const lines = contentsLines(leaks.contents);
  if (leaks.sites.length > 0) {
    const bytes = leaks.sites.reduce((sum, site) => sum + site.bytes, 0);
    const count = leaks.sites.reduce((sum, site) => sum + site.count, 0);
    const sites = [...leaks.sites].sort((a, b) => b.bytes - a.bytes);
    const what = leaks.contents === 'leaks' ? 'Leaked' : 'Alive';
    const doubt = leaks.contents === 'leaks' ? '' : '. Which of them leak, one moment does not tell.';
    lines.push(`${what}: ${formatBytes(bytes)} in ${formatCount(count)} blocks${doubt}`, '');
    lines.push(...groupLines('By source', { sites, count: sites.length, top }));
  }
  lines.push(...levelLines(leaks.levels), ...trustLines(leaks));
  return `${lines.join('\n').trimEnd()}\n`;
}

function replaced({ replacedBytes, replacedCount }: Leaks): string[] {
  if (replacedCount === 0) return [];
  return [
    `New for old: ${formatBytes(replacedBytes)} in ${formatCount(replacedCount)} blocks took the place of what was given back: not counted`,
  ];
}

function fromBefore({ freedFromBefore }: Leaks): string[] {
  if (!freedFromBefore) return [];
  const { count, bytes } = freedFromBefore;
  return [
    `From before: ${formatBytes(bytes)} in ${count === 1 ? '1 block' : `${formatCount(count)} blocks`} of before the capture were given back: what is left behind may be new for these`,
  ];
}

function groupLines(
  title: string,
  { sites, count, top }: { readonly sites: readonly LeakSite[]; readonly count: number; readonly top: number },
): string[] {
  const shown = sites.slice(0, top);
  const lines = [title, ...shown.flatMap((site) => leakSiteLines(site))];
  if (count > shown.length) lines.push(`  and ${formatCount(count - shown.length)} more sources`);
  return [...lines, ''];
}

/** A site as `  20 x 64 B  tls_session_new  src/net/tls.c:118   exactly 1 per iteration` and its callers below. */
export function leakSiteLines(site: LeakSite, iterations?: number): string[] {
  const what =
    site.eachBytes === undefined
      ? `${formatCount(site.count)} blocks, ${formatBytes(site.bytes)}`
      : `${formatCount(site.count)} x ${formatBytes(site.eachBytes)}`;
  const callers = callersText(site.frames);
  const isNet = site.netBytes === site.bytes || site.netBytes <= 0;
  const net = isNet ? '' : `   net ${formatBytes(site.netBytes)}`;
  const head = `  ${what}  ${frameText(site.frames[0])}   ${rhythm(site, iterations)}`.trimEnd() + net;
  return callers === '' ? [head] : [head, `     ${callers}`];
}

function rhythm(site: LeakSite, iterations: number | undefined): string {
  if (site.perInterval) return `exactly ${formatCount(site.perInterval.count)} per iteration`;
  const [net = 0] = site.growthCount;
  if (
    iterations !== undefined &&
    iterations > 1 &&
    site.growthCount.length === 1 &&
    net > 0 &&
    net % iterations === 0
  ) {
    return `${formatCount(net / iterations)} per iteration`;
  }
  if (site.growthBytes.length < 2 || site.growthBytes.length > 12) return '';
  return `growth ${site.growthBytes.map((bytes) => (bytes > 0 ? `+${formatCount(bytes)}` : formatCount(bytes))).join(', ')} B`;
}
