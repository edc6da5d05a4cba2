import type { Address } from '../base/units.js';
import type { Symbolizer } from '../symbols/symbolizer.js';

/**
 * What a return address is. `call`: a call instruction stands before it. `root`: the first instruction of a function, where nobody can
 * have called from: an operating system put it on a task's stack, so that the task returns there; the backtrace ends with it.
 * `doubtful`: no call stands before it, so that something else was taken for a return address. `unknown`: the code is not in the ELF file.
 */
export type ReturnKind = 'call' | 'root' | 'doubtful' | 'unknown';

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

  private judge(pc: Address): ReturnKind {
    if (!this.isThumb || this.firmware.codeKindAt(pc) === 'arm') return 'unknown';
    const before = this.firmware.readMemory(pc - 4, 4) ?? this.firmware.readMemory(pc - 2, 2);
    const isCall = before !== undefined && endsWithCall(before);
    if (isCall) return 'call';
    if (this.firmware.functionAt(pc)?.address === pc) return 'root';
    return before === undefined ? 'unknown' : 'doubtful';
  }
}

/** `bl` or `blx label` (four bytes), `blx register`, or `bx register` behind a `mov lr, pc`. */
function endsWithCall(before: Uint8Array): boolean {
  const view = new DataView(before.buffer, before.byteOffset, before.length);
  const last = view.getUint16(before.length - 2, true);
  if ((last & 0xff00) === 0x4700) return true;
  if (before.length < 4) return false;
  return (view.getUint16(0, true) & 0xf800) === 0xf000 && (last & 0xc000) === 0xc000;
}
