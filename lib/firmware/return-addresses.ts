import type { Branch } from '../arch/code-bytes.js';
import type { Address } from '../base/units.js';
import type { Symbolizer } from '../symbols/symbolizer.js';

/**
 * What a return address is. `call`: a call instruction stands before it. `tail`: a jump to another function stands before it, as with the
 * frames that gdb makes of tail calls. `root`: the first instruction of a function, where nobody can have called from: an operating
 * system put it on a task's stack, so that the task returns there; the backtrace ends with it. `doubtful`: nothing of these, so that
 * something else was taken for a return address. `unknown`: the code is not in the ELF file, or one of several
 * overlays.
 */
export type ReturnKind = 'call' | 'tail' | 'root' | 'doubtful' | 'unknown';

const MAX_CACHED = 200_000;

/** Judges return addresses by the code before them. Code of an instruction set that is not known, and Arm code, is `unknown`. */
export class ReturnAddresses {
  private readonly kinds = new Map<Address, ReturnKind>();
  private readonly code;

  constructor(private readonly firmware: Symbolizer) {
    this.code = firmware.elfFile;
  }

  of(pc: Address): ReturnKind {
    const known = this.kinds.get(pc);
    if (known) return known;
    const kind = this.judge(pc);
    if (this.kinds.size >= MAX_CACHED) this.kinds.clear();
    this.kinds.set(pc, kind);
    return kind;
  }

  /**
   * Whether a function may have called itself there: two frames in a row that return to the same place. Where the call goes to another
   * function, the walk goes round in circles: code that keeps its return address where nobody knows.
   */
  maySelfCall(pc: Address): boolean {
    const branch = this.branchBefore(pc);
    return branch?.target === undefined || branch.target === this.firmware.functionAt(pc - 1)?.address;
  }

  private judge(pc: Address): ReturnKind {
    if (!this.firmware.architecture || this.firmware.codeKindAt(pc) === 'arm' || this.firmware.isOverlaid(pc))
      return 'unknown';
    const branch = this.branchBefore(pc);
    if (branch?.isCall) return 'call';
    if (branch?.target !== undefined && this.isFunction(branch.target)) return 'tail';
    if (this.isFunction(pc)) return 'root';
    return this.firmware.readMemory(pc - 2, 2) === undefined ? 'unknown' : 'doubtful';
  }

  private isFunction(address: Address): boolean {
    return this.firmware.functionAt(address)?.address === address;
  }

  private branchBefore(pc: Address): Branch | undefined {
    return this.firmware.architecture?.branchBefore(this.code, pc);
  }
}
