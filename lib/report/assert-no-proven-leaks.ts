import type { HideOptions } from '../analysis/hidden-frames.js';
import { provenLeaks } from '../analysis/objects/proven-leaks.js';
import { type Bytes, formatBytes, formatCount } from '../base/units.js';
import { CheckFailedError, UsageError } from '../errors/errors.js';
import {
  type CaptureRequirement,
  type Checked,
  captureLine,
  checkedTrace,
  isWithinLimit,
  requireComplete,
} from './capture-requirement.js';
import { siteLines } from './proven-leaks-text.js';
import { sanitize } from './sanitize.js';

/** How much may have leaked. */
export interface NoProvenLeaksOptions extends HideOptions, CaptureRequirement {
  /** Bytes that may have leaked; default 0. */
  readonly limitBytes?: Bytes;
}

/**
 * Passes when each block that is alive at the end of a capture is pointed to by something: no mark is needed, and nothing that the firmware
 * keeps on purpose counts. What only pointers into the inside of blocks lead to is let pass.
 *
 * @throws CheckFailedError HH2053 with the sources and their callers; HH2004 on an incomplete capture, HH2054 where not all memory could be read
 * @throws UsageError HH2050 for a capture that does not say who holds which block, HH2055 for the heap of a garbage collector
 * @example assertNoProvenLeaks(capture);
 */
export function assertNoProvenLeaks(checked: Checked, options: NoProvenLeaksOptions = {}): void {
  const trace = checkedTrace(checked);
  requireComplete(trace, options);
  const leaks = provenLeaks(trace, options);
  if (!leaks) {
    throw new UsageError(
      'HH2050',
      'trace: found nothing in it that says who holds which block at its end, expected a capture that read it',
      {
        remedy:
          'capture with this release, with options.objects left on, an allocator whose heap can be read (docs/object-graph.md)',
      },
    );
  }
  if (leaks.heap === 'objects') {
    throw new UsageError(
      'HH2055',
      "trace: found a garbage collector's heap, expected one whose blocks are freed by those who took them",
      {
        remedy: 'what nothing holds there is freed by the next collection; assertNoLeaks finds what is held and grows',
      },
    );
  }
  if (leaks.unsure !== undefined && options.allowIncomplete !== true) {
    throw new CheckFailedError('HH2054', `leak: not all that may hold blocks could be read: ${sanitize(leaks.unsure)}`);
  }
  const limit = options.limitBytes ?? 0;
  if (isWithinLimit({ count: leaks.provenCount, bytes: leaks.provenBytes }, limit)) return;
  const head = `leak: nothing points to ${formatBytes(leaks.provenBytes)} in ${formatCount(leaks.provenCount)} blocks (limit ${formatBytes(limit)})`;
  throw new CheckFailedError('HH2053', [head, ...siteLines(leaks.proven, 10), captureLine(trace)].join('\n'));
}
