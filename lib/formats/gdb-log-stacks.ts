import type { FrameId, StackId } from '../base/units.js';
import type { InternTables } from '../trace/tables.js';
import type { LoggedFrame } from './gdb-logged-frame.js';

/**
 * Interns the frames of a log's events. A frame without an address (and not an exception's) holds its inlined callee, whose address
 * it shares.
 */
export class GdbLogStacks {
  private ids: FrameId[] = [];

  constructor(private readonly tables: InternTables) {}

  /** The stack of frame lines, innermost first. */
  stack(lines: readonly LoggedFrame[]): StackId {
    const { ids, tables } = this;
    while (ids.length < lines.length) ids.push(-1);
    let address = 0;
    for (let i = 0; i < lines.length; i++) {
      const line = lines[i];
      if (!line) continue;
      const inlined = lines[i + 1]?.ownsAddress === false;
      if (i > 0 && !line.ownsAddress) ids[i] = line.id(tables, inlined, address);
      else {
        address = line.address;
        ids[i] = line.id(tables, inlined);
      }
    }
    let stack: StackId = -1;
    for (let i = lines.length - 1; i >= 0; i--) stack = tables.push(stack, ids[i] ?? 0);
    return stack;
  }
}
