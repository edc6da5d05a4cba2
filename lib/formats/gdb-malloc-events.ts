import type { Address, StackId } from '../base/units.js';
import { EventKind } from '../trace/trace.js';
import type { TraceBuilder } from '../trace/trace-builder.js';
import type { GdbHit } from './gdb-hit.js';

type AllocatorHit = Extract<GdbHit, { kind: 'alloc' | 'realloc' | 'free' }>;

/**
 * Events of breakpoints on malloc, free and their kin. At its start a function does not know yet what it will return: only a script
 * that runs `finish` as well has the addresses.
 */
export class GdbMallocEvents {
  private withoutAddress = 0;
  private withAddress = 0;
  private frees = 0;
  private readonly functions = new Set<string>();

  constructor(private readonly builder: TraceBuilder) {}

  get count(): number {
    return this.withAddress + this.withoutAddress + this.frees;
  }

  /** Whether a breakpoint on this function was an event before. */
  isHit(functionName: string): boolean {
    return this.functions.has(functionName);
  }

  /** `returned` is what `finish` printed; undefined where it did not. */
  add(hit: AllocatorHit, stack: StackId, returned: Address | undefined): void {
    if (this.count === 0) {
      const info = { source: 'gdb log of malloc and free', sizeKind: 'requested', unitBytes: 1 } as const;
      this.builder.add({ kind: 'info', info });
    }
    const { builder } = this;
    if (this.functions.size < 64) this.functions.add(hit.functionName);
    if (hit.kind === 'free') {
      this.frees++;
      // free(NULL) does nothing.
      if (hit.address !== 0) builder.addEvent(EventKind.free, hit.address, 0, stack);
      return;
    }
    if (returned === undefined) this.withoutAddress++;
    else this.withAddress++;
    const isRealloc = hit.kind === 'realloc' && hit.from !== 0;
    const kind = returned === 0 ? EventKind.failed : isRealloc ? EventKind.realloc : EventKind.alloc;
    builder.addEvent(kind, returned ?? 0, hit.sizeBytes, stack);
    if (isRealloc) builder.setLast('fromAddress', hit.from);
  }

  finish(): void {
    if (this.withoutAddress === 0) return;
    const { builder } = this;
    builder.add({ kind: 'info', info: { hasAddresses: false } });
    builder.add({
      kind: 'gap',
      reason: `${this.withoutAddress} of ${this.withAddress + this.withoutAddress} allocations without the address that was returned: what is alive cannot be told (let the script run \`finish\` at each hit)`,
    });
  }
}
