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

/** Judges return addresses by the code before them. Only Thumb code is judged: everything else is `unknown`. */
export class ReturnAddresses {
  private readonly kinds = new Map<Address, ReturnKind>();
  private readonly isThumb: boolean;

  constructor(private readonly firmware: Symbolizer) {
    this.isThumb = firmware.machine === 'arm';
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
    const branch = this.isThumb ? this.branchBefore(pc) : undefined;
    return branch?.target === undefined || branch.target === this.firmware.functionAt(pc - 1)?.address;
  }

  private judge(pc: Address): ReturnKind {
    if (!this.isThumb || this.firmware.codeKindAt(pc) === 'arm' || this.firmware.isOverlaid(pc)) return 'unknown';
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
    const before = this.firmware.readMemory(pc - 4, 4) ?? this.firmware.readMemory(pc - 2, 2);
    return before && branchIn(before, pc);
  }
}

interface Branch {
  readonly isCall: boolean;
  /** Undefined where a register says it. */
  readonly target: Address | undefined;
}

const MOV_LR_PC = 0x46fe;

/**
 * The branch that ends at `pc`, if one does (Arm ARM, BL encoding T1 and B encodings T2 and T4):
 *   BL    11110 S imm10, 11 J1 1 J2 imm11     B.W   11110 S imm10, 10 J1 1 J2 imm11     B   11100 imm11
 *   BLX   010001111 Rm (3)000                 BX    010001110 Rm (3)000, a call behind `mov lr, pc`
 */
function branchIn(before: Uint8Array, pc: Address): Branch | undefined {
  const view = new DataView(before.buffer, before.byteOffset, before.length);
  const last = view.getUint16(before.length - 2, true);
  const first = before.length === 4 ? view.getUint16(0, true) : 0;
  if ((last & 0xff80) === 0x4780) return { isCall: true, target: undefined };
  if ((last & 0xff80) === 0x4700 && first === MOV_LR_PC) return { isCall: true, target: undefined };
  if ((first & 0xf800) === 0xf000 && (last & 0x9000) === 0x9000) {
    return { isCall: (last & 0x4000) !== 0, target: wideTarget(first, last, pc) };
  }
  // `blx label` goes to Arm code.
  if ((first & 0xf800) === 0xf000 && (last & 0xd001) === 0xc000) return { isCall: true, target: undefined };
  if ((last & 0xf800) === 0xe000) return { isCall: false, target: (pc + 2 + (((last & 0x7ff) << 21) >> 20)) >>> 0 };
  return undefined;
}

function wideTarget(first: number, last: number, pc: Address): Address {
  const sign = (first >> 10) & 1;
  const i1 = ((last >> 13) & 1) === sign ? 1 : 0;
  const i2 = ((last >> 11) & 1) === sign ? 1 : 0;
  const offset = (sign << 24) | (i1 << 23) | (i2 << 22) | ((first & 0x3ff) << 12) | ((last & 0x7ff) << 1);
  return (pc + ((offset << 7) >> 7)) >>> 0;
}
