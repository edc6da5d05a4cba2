/** States of a JTAG test access port (IEEE 1149.1, figure 6-1): the next one for tms 0 and for tms 1. */
const NEXT = {
  reset: ['idle', 'reset'],
  idle: ['idle', 'selectDr'],
  selectDr: ['captureDr', 'selectIr'],
  captureDr: ['shiftDr', 'exit1Dr'],
  shiftDr: ['shiftDr', 'exit1Dr'],
  exit1Dr: ['pauseDr', 'updateDr'],
  pauseDr: ['pauseDr', 'exit2Dr'],
  exit2Dr: ['shiftDr', 'updateDr'],
  updateDr: ['idle', 'selectDr'],
  selectIr: ['captureIr', 'reset'],
  captureIr: ['shiftIr', 'exit1Ir'],
  shiftIr: ['shiftIr', 'exit1Ir'],
  exit1Ir: ['pauseIr', 'updateIr'],
  pauseIr: ['pauseIr', 'exit2Ir'],
  exit2Ir: ['shiftIr', 'updateIr'],
  updateIr: ['idle', 'selectDr'],
} as const;
type TapState = keyof typeof NEXT;

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
  private state: TapState = 'reset';
  private instruction = IDCODE;
  private shift = 0;
  private bits = IR_BITS;
  private clock = 0;

  constructor(private readonly registers: DataRegisters) {}

  get tdo(): number {
    return this.shift % 2;
  }

  /** One setting of the pins; the port moves on the rising edge of tck. */
  pins(tck: number, tms: number, tdi: number): Promise<void> | undefined {
    const rises = tck === 1 && this.clock === 0;
    this.clock = tck;
    if (!rises) return undefined;
    this.leave(tdi);
    this.state = NEXT[this.state][tms === 0 ? 0 : 1];
    return this.enter();
  }

  private leave(tdi: number): void {
    if (this.state === 'captureDr') {
      const { value, bits } = this.registers.capture(this.instruction);
      this.shift = value;
      this.bits = bits;
    } else if (this.state === 'captureIr') {
      this.shift = IR_CAPTURE;
      this.bits = IR_BITS;
    } else if (this.state === 'shiftDr' || this.state === 'shiftIr') {
      this.shift = Math.floor(this.shift / 2) + tdi * 2 ** (this.bits - 1);
    }
  }

  private enter(): Promise<void> | undefined {
    if (this.state === 'reset') this.instruction = IDCODE;
    else if (this.state === 'updateIr') this.instruction = this.shift;
    else if (this.state === 'updateDr') return this.registers.update(this.instruction, this.shift);
    return undefined;
  }
}
