import type { RspClient } from '../../../lib/link/rsp/rsp-client.js';

/** The flash controller of a SAM D21 (data sheet, chapter 22): offsets in NVMCTRL. */
const Offset = {
  controlA: 0x00,
  controlB: 0x04,
  parameters: 0x08,
  interruptFlag: 0x14,
  status: 0x18,
  address: 0x1c,
} as const;
const Command = { eraseRow: 0x02, writePage: 0x04, clearPageBuffer: 0x44 } as const;
const COMMAND_KEY = 0xa5;
const MANUAL_WRITE = 0x80;
const READY = 1;
const PROGRAMMING_ERROR = 2;
const NVMCTRL = 0x41004000;
const FLASH_BYTES = 256 * 1024;
const PAGE_BYTES = 64;
const ROW_BYTES = 4 * PAGE_BYTES;

/** Flash that is erased by rows and written by pages, over the emulator's memory. What is written without an erase stays as it was. */
export class SamdFlash {
  private controlB = MANUAL_WRITE;
  private address = 0;
  private status = 0;
  private pageAt = 0;
  private readonly page = new Uint8Array(PAGE_BYTES).fill(0xff);
  /** What was written since the start: the emulator puts the contents that it was started with back at each reset. */
  private readonly written = new Map<number, Uint8Array>();

  constructor(private readonly emulator: RspClient) {}

  owns(address: number): boolean {
    return address < FLASH_BYTES || (address >= NVMCTRL && address < NVMCTRL + 0x100);
  }

  /** A register; undefined where the memory itself is to be read. */
  register(address: number): number | undefined {
    switch (address - NVMCTRL) {
      case Offset.controlA:
        return 0;
      case Offset.controlB:
        return this.controlB;
      case Offset.interruptFlag:
        return READY | (this.status === 0 ? 0 : PROGRAMMING_ERROR);
      case Offset.status:
        return this.status;
      case Offset.address:
        return this.address;
      default:
        return undefined;
    }
  }

  async write(address: number, bytes: Uint8Array): Promise<void> {
    if (address < FLASH_BYTES) {
      this.pageAt = address - (address % PAGE_BYTES);
      this.page.set(bytes, address % PAGE_BYTES);
      const isLast = (address + bytes.length) % PAGE_BYTES === 0;
      if (isLast && (this.controlB & MANUAL_WRITE) === 0) await this.writePage();
      return;
    }
    const value = bytes.reduce((sum, byte, index) => sum + byte * 2 ** (8 * index), 0);
    if (address === NVMCTRL + Offset.controlA) await this.command(value);
    if (address === NVMCTRL + Offset.controlB) this.controlB = value;
    if (address === NVMCTRL + Offset.address) this.address = value;
    if (address === NVMCTRL + Offset.status) this.status &= ~value;
  }

  /** The emulator was reset. */
  async restore(): Promise<void> {
    for (const [address, bytes] of this.written) await this.emulator.memory.write(address, bytes);
    if (this.written.size === 0) return;
    const vectors = Buffer.from(await this.emulator.readMemory(0, 8));
    await this.emulator.writeRegister(13, vectors.readUInt32LE(0));
    await this.emulator.writeRegister(15, vectors.readUInt32LE(4) & ~1);
  }

  private async store(address: number, bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += PAGE_BYTES)
      this.written.set(address + at, bytes.slice(at, at + PAGE_BYTES));
    await this.emulator.memory.write(address, bytes);
  }

  private async command(value: number): Promise<void> {
    if ((value >>> 8) % 256 !== COMMAND_KEY) {
      this.status |= PROGRAMMING_ERROR;
      return;
    }
    const command = value & 0x7f;
    // ADDR counts half-words.
    const row = this.address * 2 - ((this.address * 2) % ROW_BYTES);
    if (command === Command.eraseRow) await this.store(row, new Uint8Array(ROW_BYTES).fill(0xff));
    if (command === Command.writePage) await this.writePage();
    if (command === Command.clearPageBuffer) this.page.fill(0xff);
  }

  /** Writing only clears bits. */
  private async writePage(): Promise<void> {
    const before = await this.emulator.readMemory(this.pageAt, PAGE_BYTES);
    await this.store(
      this.pageAt,
      this.page.map((byte, index) => byte & (before[index] ?? 0)),
    );
    this.page.fill(0xff);
  }
}
