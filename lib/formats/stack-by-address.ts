import type { Address, FrameId, StackId } from '../base/units.js';
import type { Frame } from '../trace/heap-event.js';
import type { InternTables } from '../trace/tables.js';

const MAX_CACHED = 65_536;

/** The stacks of single callers, or of short chains, resolved once each. */
export class StackByAddress {
  /** The frames of an address, outermost first. */
  private readonly frames = new Map<Address, readonly FrameId[]>();

  constructor(
    private readonly tables: InternTables,
    private readonly resolve: ((address: Address) => readonly Frame[]) | undefined,
  ) {}

  /** The stack of one caller; -1 for address 0. */
  get(address: Address): StackId {
    return address === 0 ? -1 : this.push(-1, address);
  }

  /** The stack of a chain, innermost first; zeros are left out. */
  chain(addresses: readonly Address[]): StackId {
    let stack: StackId = -1;
    for (let i = addresses.length - 1; i >= 0; i--) {
      const address = addresses[i] ?? 0;
      if (address !== 0) stack = this.push(stack, address);
    }
    return stack;
  }

  private push(parent: StackId, address: Address): StackId {
    let stack = parent;
    for (const frame of this.frames.get(address) ?? this.resolveFrames(address)) stack = this.tables.push(stack, frame);
    return stack;
  }

  private resolveFrames(address: Address): readonly FrameId[] {
    const resolved = this.resolve?.(address) ?? [];
    const frames = resolved.length > 0 ? resolved : [{ address, functionName: '', file: '', line: 0 }];
    const ids = frames.map((frame) => this.tables.frame(frame)).reverse();
    if (this.frames.size < MAX_CACHED) this.frames.set(address, ids);
    return ids;
  }
}
