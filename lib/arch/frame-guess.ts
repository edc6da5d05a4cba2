import { type FrameRow, RuleKind } from './frame-row.js';

/** Whose frames are guessed: numbers of registers. */
export interface GuessedRegisters {
  readonly sp: number;
  readonly returnAddress: number;
  /** Whether a call keeps a register, so that what a function stores of it is its caller's; the return address is such a one. */
  isKept(register: number): boolean;
}

/** What the first instructions of a function are seen to do to its frame: filled by the scan of a prologue. */
export class FrameGuess {
  /** How far the stack pointer is below the CFA. */
  depth = 0;
  /** Saved registers: where, from the CFA. */
  private readonly saved = new Map<number, number>();
  private frame: { readonly register: number; readonly depth: number } | undefined;

  constructor(private readonly registers: GuessedRegisters) {}

  /** A frame pointer is set to the stack pointer and `above` bytes; the last one counts. */
  setFrame(register: number, above: number): void {
    this.frame = { register, depth: this.depth - above };
  }

  /** A register is stored at an offset from the stack pointer. What a function stores later is its own value, not its caller's. */
  store(register: number, offset: number): void {
    if (!this.registers.isKept(register) || this.saved.has(register) || offset >= this.depth) return;
    this.saved.set(register, offset - this.depth);
  }

  row(): FrameRow {
    const { sp, returnAddress } = this.registers;
    return {
      cfaRegister: this.frame?.register ?? sp,
      cfaOffset: this.frame?.depth ?? this.depth,
      cfaExpression: undefined,
      rules: [...this.saved].map(([register, value]) => ({ register, kind: RuleKind.offset, value })),
      returnColumn: returnAddress,
      isOutermost: false,
      isSignalFrame: false,
      certainty: 'guessed',
    };
  }
}
