import type { DataRegisters } from './tap.js';

/** Memory as the access port sees it. */
export interface BusMemory {
  read(address: number): Promise<number>;
  /** Writes 1, 2 or 4 bytes; they stand in `value` where they belong in their word. */
  write(address: number, value: number, sizeBytes: number): Promise<void>;
}

const Instruction = { abort: 8, dpacc: 0xa, apacc: 0xb, idcode: 0xe } as const;
const JTAG_DP_ID = 0x4ba00477;
/** An AHB access port. */
const AP_ID = 0x24770011;
const ROM_TABLE = 0xe00ff003;
const ACK_OK = 2;
const ACCESS_BITS = 35;
const POWER_REQUESTS = 0x50000000;

/** A JTAG debug port with one memory access port (Arm Debug Interface v5, chapters 2 and 7). */
export class DebugPort implements DataRegisters {
  private result = 0;
  private select = 0;
  private control = 0;
  private csw = 0x03000042;
  private tar = 0;

  constructor(private readonly memory: BusMemory) {}

  capture(instruction: number): { value: number; bits: number } {
    if (instruction === Instruction.idcode) return { value: JTAG_DP_ID, bits: 32 };
    const isAccess =
      instruction === Instruction.dpacc || instruction === Instruction.apacc || instruction === Instruction.abort;
    return isAccess ? { value: this.result * 8 + ACK_OK, bits: ACCESS_BITS } : { value: 0, bits: 1 };
  }

  update(instruction: number, value: number): Promise<void> | undefined {
    const isRead = value % 2 === 1;
    const register = (Math.floor(value / 2) % 4) << 2;
    const data = Math.floor(value / 8) >>> 0;
    if (instruction === Instruction.dpacc) this.debugPort(register, isRead, data);
    if (instruction === Instruction.apacc) return this.accessPort(register, isRead, data);
    return undefined;
  }

  private debugPort(register: number, isRead: boolean, data: number): void {
    if (!isRead) {
      if (register === 4) this.control = data;
      if (register === 8) this.select = data;
      return;
    }
    const powered = this.control & POWER_REQUESTS;
    // Every power request is granted at once: the acknowledge bit is the next higher one.
    if (register === 4) this.result = (powered | (powered << 1) | (this.control & 0xf00)) >>> 0;
    else if (register === 8) this.result = this.select;
    else if (register === 0) this.result = 0;
    // RDBUFF (12): the result of the read before.
  }

  private async accessPort(low: number, isRead: boolean, data: number): Promise<void> {
    if (this.select >>> 24 !== 0) {
      this.result = 0;
      return;
    }
    const register = (this.select & 0xf0) | low;
    if (isRead) this.result = (await this.readAp(register)) >>> 0;
    else await this.writeAp(register, data);
  }

  private async readAp(register: number): Promise<number> {
    if (register === 0x00) return this.csw | 0x40;
    if (register === 0x04) return this.tar;
    if (register === 0x0c) {
      const value = await this.memory.read((this.tar & ~3) >>> 0);
      this.advance();
      return value;
    }
    if (isBanked(register)) return await this.memory.read(this.banked(register));
    if (register === 0xf8) return ROM_TABLE;
    return register === 0xfc ? AP_ID : 0;
  }

  private async writeAp(register: number, data: number): Promise<void> {
    if (register === 0x00) this.csw = data;
    else if (register === 0x04) this.tar = data;
    else if (register === 0x0c) {
      await this.memory.write(this.tar, data, this.sizeBytes);
      this.advance();
    } else if (isBanked(register)) await this.memory.write(this.banked(register), data, 4);
  }

  private get sizeBytes(): number {
    return 1 << (this.csw & 7);
  }

  private advance(): void {
    if (this.csw & 0x30) this.tar = (this.tar + this.sizeBytes) >>> 0;
  }

  private banked(register: number): number {
    return (((this.tar & ~15) >>> 0) + register - 0x10) >>> 0;
  }
}

/** BD0 to BD3: four words from TAR on. */
function isBanked(register: number): boolean {
  return register >= 0x10 && register <= 0x1c;
}
