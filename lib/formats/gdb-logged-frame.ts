import type { Address, FrameId } from '../base/units.js';
import { isSweepName } from '../trace/gc-log.js';
import type { InternTables } from '../trace/tables.js';
import type { FrameLine } from './gdb-frame-line.js';

interface FrameIds {
  plain: FrameId;
  inlined: FrameId;
}

/** A frame of the log with its ids in the tables: made once for the hundreds of thousands of lines that name it. */
export class LoggedFrame {
  /** Its address is its own: gdb prints none where the callee is inlined, and none is needed for an exception's frame. */
  readonly ownsAddress: boolean;
  readonly address: Address;
  readonly isSweep: boolean;
  readonly functionName: string;
  private readonly own: FrameIds = { plain: -1, inlined: -1 };
  private lent: Map<Address, FrameIds> | undefined;

  constructor(private readonly line: FrameLine) {
    this.ownsAddress = line.hasAddress || line.frame.kind === 'signal';
    this.address = line.frame.address;
    this.functionName = line.frame.functionName;
    this.isSweep = isSweepName(this.functionName);
  }

  /** Its id; `lentAddress` is that of the callee which is inlined into it. */
  id(tables: InternTables, inlined: boolean, lentAddress?: Address): FrameId {
    const ids = lentAddress === undefined ? this.own : this.lentIds(lentAddress);
    const known = inlined ? ids.inlined : ids.plain;
    if (known >= 0) return known;
    const frame = lentAddress === undefined ? this.line.frame : { ...this.line.frame, address: lentAddress };
    if (inlined) {
      ids.inlined = tables.frame({ ...frame, inlined: true });
      return ids.inlined;
    }
    ids.plain = tables.frame(frame);
    return ids.plain;
  }

  private lentIds(address: Address): FrameIds {
    this.lent ??= new Map();
    let ids = this.lent.get(address);
    if (!ids) {
      ids = { plain: -1, inlined: -1 };
      this.lent.set(address, ids);
    }
    return ids;
  }
}
