/** How the caller's registers are found from a frame's: one row of call frame information (DWARF 5, 6.4.1). */
export interface FrameRow {
  /** The canonical frame address is this register plus `cfaOffset`; -1 when `cfaExpression` computes it. */
  readonly cfaRegister: number;
  readonly cfaOffset: number;
  readonly cfaExpression: Uint8Array | undefined;
  /** Registers without a rule keep their value, except the stack pointer, which becomes the CFA. */
  readonly rules: readonly RegisterRule[];
  /** The register that holds the return address in the caller's view. */
  readonly returnColumn: number;
  /** The return address is undefined: there is no caller. */
  readonly isOutermost: boolean;
  /** A signal trampoline (augmentation `S`): its caller was interrupted, not calling. */
  readonly isSignalFrame: boolean;
  /** Whether this comes from call frame information, or from unwind tables or prologue instructions. */
  readonly certainty: 'exact' | 'guessed';
}

export const RuleKind = {
  undefined: 0,
  same: 1,
  /** Stored at CFA + value. */
  offset: 2,
  /** Is CFA + value. */
  valueOffset: 3,
  /** Is in another register. */
  register: 4,
  /** Stored at the address that the expression computes. */
  expression: 5,
  /** Is what the expression computes. */
  valueExpression: 6,
} as const;

export interface RegisterRule {
  readonly register: number;
  readonly kind: (typeof RuleKind)[keyof typeof RuleKind];
  readonly value: number;
  readonly expression?: Uint8Array;
}
