import type { InternTables } from '../trace/tables.js';
import type { Address, FrameId, StackId } from '../units.js';
import type { FrameLine } from './gdb-frame-line.js';

/** The ids of one line's frame: as it is, inlined into the next, and by the address that its callee lends it. */
interface FrameIds {
  readonly plain: FrameId;
  inlined: FrameId;
  lent: Map<Address, { plain: FrameId; inlined: FrameId }> | undefined;
}

/**
 * Interns the frames of a log's events. A frame without an address (and not an exception's) holds its inlined callee, whose address
 * it shares.
 */
export class GdbLogStacks {
  private readonly known = new WeakMap<FrameLine, FrameIds>();
  private ids: FrameId[] = [];

  constructor(private readonly tables: InternTables) {}

  /** The stack of frame lines, innermost first. */
  stack(lines: readonly FrameLine[]): StackId {
    if (this.ids.length < lines.length) this.ids = new Array<FrameId>(lines.length * 2).fill(-1);
    const { ids } = this;
    let address = 0;
    for (let i = 0; i < lines.length; i++) {
      const line = lines[i];
      if (!line) continue;
      const lends = i > 0 && !line.hasAddress && line.frame.kind !== 'signal';
      if (!lends) address = line.frame.address;
      const next = lines[i + 1];
      const inlined = next !== undefined && !next.hasAddress && next.frame.kind !== 'signal';
      ids[i] = this.idOf(line, lends ? address : undefined, inlined);
    }
    let stack: StackId = -1;
    for (let i = lines.length - 1; i >= 0; i--) stack = this.tables.push(stack, ids[i] ?? 0);
    return stack;
  }

  private idOf(line: FrameLine, lentAddress: Address | undefined, inlined: boolean): FrameId {
    let ids = this.known.get(line);
    if (!ids) {
      ids = { plain: this.tables.frame(line.frame), inlined: -1, lent: undefined };
      this.known.set(line, ids);
    }
    if (lentAddress === undefined) {
      if (!inlined) return ids.plain;
      if (ids.inlined < 0) ids.inlined = this.tables.frame({ ...line.frame, inlined: true });
      return ids.inlined;
    }
    ids.lent ??= new Map();
    let lent = ids.lent.get(lentAddress);
    if (!lent) {
      const frame = { ...line.frame, address: lentAddress };
      lent = { plain: this.tables.frame(frame), inlined: this.tables.frame({ ...frame, inlined: true }) };
      ids.lent.set(lentAddress, lent);
    }
    return inlined ? lent.inlined : lent.plain;
  }
}
