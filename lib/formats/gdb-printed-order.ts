import { formatCount } from '../base/units.js';
import type { TraceBuilder } from '../trace/trace-builder.js';
import type { GdbHit } from './gdb-hit.js';

type GcHit = Extract<GdbHit, { kind: 'gc' }>;

/**
 * Whether a script prints the start of a block before its length or behind it: one script prints one way, so this is decided once a log, by
 * most of its first events. What was printed (registers, variables) counts before gdb's own line, which shows what the debug information
 * says: at the entry of an optimised function that can be wrong, and by chance be the printed values the other way round.
 */
export class PrintedOrder {
  private same = 0;
  private swapped = 0;
  private other = 0;
  private compared = 0;
  private isSwapped = false;

  /** Looks at an event: votes as long as nothing is decided. */
  see(hit: GdbHit, [first, second]: readonly number[]): void {
    if (hit.kind !== 'gc' || first === undefined || second === undefined || first === second) return;
    const { startBlock, lengthBlocks } = hit;
    if (startBlock === undefined || lengthBlocks === undefined) return;
    this.compared++;
    if (first === startBlock && second === lengthBlocks) this.same++;
    else if (first === lengthBlocks && second === startBlock) this.swapped++;
    else this.other++;
  }

  decide(): void {
    this.isSwapped = this.swapped > this.same + this.other;
  }

  /** Start and length in blocks: as printed where both were, else as gdb's line has them. */
  argumentsOf(
    { startBlock, lengthBlocks }: GcHit,
    [first, second]: readonly number[],
  ): readonly (number | undefined)[] {
    if (first === undefined || second === undefined) return [startBlock ?? first, lengthBlocks ?? second];
    return this.isSwapped ? [second, first] : [first, second];
  }

  /** What the two sources of an event say differently is said, once. */
  doubts(builder: TraceBuilder): void {
    const against = this.compared - (this.isSwapped ? this.swapped : this.same);
    if (against === 0) return;
    builder.add({
      kind: 'note',
      code: 'gdb-printed-values',
      text: `${formatCount(against)} of ${formatCount(this.compared)} events: gdb's line shows other arguments than the script printed: the printed ones were taken`,
    });
  }
}
