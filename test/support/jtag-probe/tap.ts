/** States of a JTAG test access port (IEEE 1149.1, figure 6-1), as numbers: a capture clocks them by the million. */
const State = {
  reset: 0,
  idle: 1,
  selectDr: 2,
  captureDr: 3,
  shiftDr: 4,
  exit1Dr: 5,
  pauseDr: 6,
  exit2Dr: 7,
  updateDr: 8,
  selectIr: 9,
  captureIr: 10,
  shiftIr: 11,
  exit1Ir: 12,
  pauseIr: 13,
  exit2Ir: 14,
  updateIr: 15,
} as const;
/** The next state: for tms 0 at twice the state, for tms 1 behind it. In the order of {@link State}. */
const NEXT = Uint8Array.of(
  ...[1, 0, 1, 2, 3, 9, 4, 5, 4, 5, 6, 8, 6, 7, 4, 8],
  ...[1, 2, 10, 0, 11, 12, 11, 12, 13, 15, 13, 14, 11, 15, 1, 2],
);

/** What lies behind the port: data registers by instruction. */
export interface DataRegisters {
  /** The value and the length in bits that shift out under an instruction. */
  capture(instruction: number): { readonly value: number; readonly bits: number };
  /** A value was shifted in. */
  update(instruction: number, value: number): Promise<void> | undefined;
}

const IR_BITS = 4;
/** After a reset the instruction is IDCODE (Arm debug interface, JTAG-DP). */
const IDCODE = 0xe;
/** The instruction register captures 01 in its lowest bits, so that a scan finds it. */
const IR_CAPTURE = 1;

/** A test access port with a 4-bit instruction register. Values of up to 35 bits are numbers, not bit fields. */
export class Tap {
  private state: number = State.reset;
  private instruction = IDCODE;
  private shift = 0;
  /** What a one that is shifted in counts. */
  private topBit = 2 ** (IR_BITS - 1);
  private tck = 0;

  constructor(private readonly registers: DataRegisters) {}

  get tdo(): number {
    return this.shift % 2;
  }

  /** One setting of the pins; the port moves on the rising edge of tck. */
  pins(tck: number, tms: number, tdi: number): Promise<void> | undefined {
    const rises = tck > this.tck;
    this.tck = tck;
    return rises ? this.clock(tms, tdi) : undefined;
  }

  /** A rising edge of tck. */
  clock(tms: number, tdi: number): Promise<void> | undefined {
    const { state } = this;
    if (state === State.shiftDr || state === State.shiftIr) {
      this.shift = (this.shift - (this.shift % 2)) / 2 + (tdi === 1 ? this.topBit : 0);
    } else if (state === State.captureDr || state === State.captureIr) {
      this.capture(state);
    }
    const next = NEXT[state * 2 + tms] ?? State.reset;
    this.state = next;
    if (next === State.updateDr) return this.registers.update(this.instruction, this.shift);
    if (next === State.updateIr) this.instruction = this.shift;
    else if (next === State.reset) this.instruction = IDCODE;
    return undefined;
  }

  private capture(state: number): void {
    if (state === State.captureIr) {
      this.shift = IR_CAPTURE;
      this.topBit = 2 ** (IR_BITS - 1);
      return;
    }
    const { value, bits } = this.registers.capture(this.instruction);
    this.shift = value;
    this.topBit = 2 ** (bits - 1);
  }
}
