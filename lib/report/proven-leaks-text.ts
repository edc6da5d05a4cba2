import type { ProvenLeakSite, ProvenLeaks } from '../analysis/objects/proven-leaks.js';
import { formatBytes, formatCount } from '../base/units.js';
import { sanitize } from './sanitize.js';
import { callersText, frameText } from './stack-text.js';
import { trustLines } from './trust-text.js';

/** What has leaked, as text. Ends with a newline. */
export function provenLeaksText(leaks: ProvenLeaks, options: { readonly top?: number } = {}): string {
  const top = options.top ?? 20;
  const lines = [headline(leaks), ''];
  if (leaks.proven.length > 0) lines.push('Nothing points to them', ...siteLines(leaks.proven, top), '');
  if (leaks.possible.length > 0)
    lines.push(
      'Possible: only pointers into the inside of a block lead to them',
      ...siteLines(leaks.possible, top),
      '',
    );
  if (leaks.unsure !== undefined) lines.push(`Not sure: ${sanitize(leaks.unsure)}`);
  lines.push(...trustLines({ ...leaks, findings: [], assumptions: [] }));
  return `${lines.join('\n').trimEnd()}\n`;
}

function headline({ heap, provenBytes, provenCount, liveCount, possibleCount, possibleBytes }: ProvenLeaks): string {
  const found = `${formatBytes(provenBytes)} in ${formatCount(provenCount)} of ${formatCount(liveCount)} blocks`;
  if (heap === 'objects') return `Garbage: ${found}, which the next collection frees: no leaks`;
  const possible =
    possibleCount === 0 ? '' : `; possible: ${formatBytes(possibleBytes)} in ${formatCount(possibleCount)}`;
  return `Proven leaks: ${found}${possible}`;
}

/** Sites as `  20 blocks, 640 B  seed_leaks  logger.c:41` and their callers below. */
export function siteLines(sites: readonly ProvenLeakSite[], top: number): string[] {
  const lines = sites.slice(0, top).flatMap((site) => {
    const with_ =
      site.indirectCount === 0 ? '' : `   ${formatCount(site.indirectCount)} of them held by other leaked blocks`;
    const callers = callersText(site.frames);
    const head = `  ${formatCount(site.count)} ${site.count === 1 ? 'block' : 'blocks'}, ${formatBytes(site.bytes)}  ${frameText(site.frames[0])}${with_}`;
    return callers === '' ? [head] : [head, `     ${callers}`];
  });
  return sites.length > top ? [...lines, `  and ${formatCount(sites.length - top)} more sources`] : lines;
}
