import { formatCount } from '../base/units.js';
import type { Gap } from '../trace/heap-event.js';
import type { Finding } from '../trace/lifespans.js';
import { type StackDoubts, stackDoubtTexts } from '../trace/stack-doubts.js';
import { sanitize } from './sanitize.js';

/** What a result says about how far it can be trusted. */
export interface Trust {
  readonly complete?: boolean;
  readonly doubtful?: string;
  readonly gaps?: readonly Gap[];
  readonly findings?: readonly Finding[];
  readonly assumptions?: readonly string[];
  readonly stacks?: StackDoubts;
}

const MEANING: Readonly<Record<Finding['kind'], string>> = {
  'unknown-free': 'frees of blocks that were never allocated',
  'double-free': 'frees of blocks that were free already',
  overlap: 'allocations that lie over a live block',
  'alloc-over-live': 'allocations at the address of a live block',
  'zero-size': 'allocations of 0 bytes',
  'unknown-realloc': 'reallocations of blocks that were never allocated',
};

/** One line for everything that makes the figures doubtful; empty for a complete and consistent trace. */
export function trustLines(trust: Trust): string[] {
  const lines = (trust.findings ?? []).map((finding) => {
    const more = finding.count > 3 ? ', ...' : '';
    const at = finding.firstSeqs.slice(0, 3).map(formatCount).join(', ');
    return `finding: ${formatCount(finding.count)} ${MEANING[finding.kind]} (event ${at}${more})`;
  });
  for (const gap of (trust.gaps ?? []).slice(0, 5)) {
    const lost = gap.lostEvents === undefined ? 'events' : `${formatCount(gap.lostEvents)} events`;
    lines.push(`gap: ${lost} lost before event ${formatCount(gap.beforeSeq)}: ${sanitize(gap.reason)}`);
  }
  const further = (trust.gaps ?? []).length - 5;
  if (further > 0) lines.push(`gap: and ${formatCount(further)} more`);
  if (trust.complete === false) lines.push('the capture is incomplete: what is missing is in none of these figures');
  lines.push(...stackDoubtLines(trust.stacks));
  if (trust.doubtful !== undefined) lines.push(`the capture is doubtful: ${sanitize(trust.doubtful)}`);
  for (const assumption of trust.assumptions ?? []) lines.push(`assumed: ${sanitize(assumption)}`);
  return lines;
}

/** A line each for backtraces that are cut and that are guessed; empty when all are whole and exact. */
export function stackDoubtLines(stacks: StackDoubts | undefined): string[] {
  return stackDoubtTexts(stacks).map(sanitize);
}
