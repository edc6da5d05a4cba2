/**
 * Stack unwinding tables of the Arm EABI (Exception Handling ABI for the Arm Architecture, sections 6, 7 and 10): what is left to
 * unwind with when a library was built without debug information.
 */

import { type FrameRow, type RegisterRule, RuleKind } from '../arch/frame-row.js';
import { lastAtOrBefore } from '../base/sorted.js';
import type { Address } from '../base/units.js';
import { ByteReader } from './byte-reader.js';
import type { DebugInfo } from './debug-info.js';

const SP = 13;
const LR = 14;
const PC = 15;
const CANNOT_UNWIND = 1;
const MAX_OPCODES = 1024;

/** The index table of a file, by function. */
export class ExidxTable {
  private loaded: { readonly starts: Float64Array; readonly offsets: readonly number[] } | undefined;

  constructor(private readonly info: DebugInfo) {}

  /** Where the code starts that the entry for an address describes; undefined when there is none. It goes on up to the next entry. */
  startAt(pc: Address): Address | undefined {
    return this.info.attempt(() => {
      this.loaded ??= this.load();
      return this.loaded.starts[lastAtOrBefore(this.loaded.starts, pc)];
    });
  }

  /** How to unwind the code at an address; undefined when there is no entry, or one that refuses. */
  rowAt(pc: Address): FrameRow | undefined {
    return this.info.attempt(() => {
      this.loaded ??= this.load();
      const offset = this.loaded.offsets[lastAtOrBefore(this.loaded.starts, pc)];
      const opcodes = offset === undefined ? undefined : this.opcodesAt(offset);
      return opcodes && exidxRow(opcodes);
    });
  }

  /** .ARM.exidx: pairs of a place-relative function address (31 bits) and a word: 1, opcodes, or the place of an .ARM.extab entry. */
  private load() {
    const section = this.info.elfFile.section('.ARM.exidx');
    const starts: number[] = [];
    const offsets: number[] = [];
    if (section) {
      const reader = this.info.sections.reader('.ARM.exidx');
      for (let offset = 0; offset + 8 <= reader.limit; offset += 8) {
        starts.push(placeRelative(reader.seek(offset).u32(), section.address + offset));
        offsets.push(offset);
      }
    }
    const order = starts.map((_, index) => index).sort((a, b) => (starts[a] ?? 0) - (starts[b] ?? 0));
    return {
      starts: Float64Array.from(order, (index) => starts[index] ?? 0),
      offsets: order.map((index) => offsets[index] ?? 0),
    };
  }

  private opcodesAt(offset: number): Uint8Array | undefined {
    const address = (this.info.elfFile.section('.ARM.exidx')?.address ?? 0) + offset + 4;
    const word = this.info.sections.reader('.ARM.exidx', offset + 4).u32();
    if (word === CANNOT_UNWIND) return undefined;
    if (word >= 0x80000000) return compactOpcodes(word);
    const table = placeRelative(word, address);
    const first = this.word(table);
    if (first === undefined) return undefined;
    // Generic model: a personality routine of the compiler; GNU ones continue with a count of words and opcodes.
    if (first < 0x80000000) {
      const second = this.word(table + 4);
      return second === undefined ? undefined : this.collect(table + 4, second, 3, second >>> 24);
    }
    const routine = (first >>> 24) & 0x0f;
    if (routine === 0) return compactOpcodes(first);
    return routine <= 2 ? this.collect(table, first, 2, (first >>> 16) & 0xff) : undefined;
  }

  /** The opcodes in the low `inFirst` bytes of a word, then in `words` more. */
  private collect(address: Address, first: number, inFirst: number, words: number): Uint8Array | undefined {
    const bytes = wordBytes(first).slice(4 - inFirst);
    for (let index = 1; index <= words; index++) {
      const word = this.word(address + index * 4);
      if (word === undefined) return undefined;
      bytes.push(...wordBytes(word));
    }
    return Uint8Array.from(bytes);
  }

  private word(address: Address): number | undefined {
    const bytes = this.info.elfFile.readMemory(address, 4);
    return bytes && new ByteReader(bytes, this.info.elfFile.littleEndian, '.ARM.extab').u32();
  }
}

/** A 31-bit signed offset from the place where it is stored. */
function placeRelative(word: number, place: Address): Address {
  return (((word << 1) >> 1) + place) >>> 0;
}

function wordBytes(word: number): number[] {
  return [word >>> 24, (word >>> 16) & 0xff, (word >>> 8) & 0xff, word & 0xff];
}

function compactOpcodes(word: number): Uint8Array {
  return Uint8Array.from(wordBytes(word).slice(1));
}

/** Turns unwind opcodes (section 10.3) into a row; undefined when they refuse to unwind or are reserved. */
export function exidxRow(opcodes: Uint8Array): FrameRow | undefined {
  const run = new OpcodeRun(opcodes);
  if (!run.execute()) return undefined;
  const rules: RegisterRule[] = [];
  for (const [register, place] of run.popped) {
    // An explicit pop of the pc wins over that of lr.
    if (register === LR && run.popped.has(PC)) continue;
    rules.push({ register: register === PC ? LR : register, kind: RuleKind.offset, value: place - run.vsp });
  }
  return {
    cfaRegister: run.base,
    cfaOffset: run.vsp,
    cfaExpression: undefined,
    rules,
    returnColumn: LR,
    isOutermost: false,
    isSignalFrame: false,
    certainty: 'guessed',
  };
}

class OpcodeRun {
  /** The virtual stack pointer as `base` register plus `vsp`. */
  base = SP;
  vsp = 0;
  /** Registers by their place, counted from the base register. */
  readonly popped = new Map<number, number>();
  private at = 0;

  constructor(private readonly opcodes: Uint8Array) {}

  execute(): boolean {
    for (let count = 0; this.at < this.opcodes.length && count < MAX_OPCODES; count++) {
      const opcode = this.next();
      if (opcode === 0xb0) return true;
      if (!this.step(opcode)) return false;
    }
    return true;
  }

  private next(): number {
    return this.opcodes[this.at++] ?? 0xb0;
  }

  private step(opcode: number): boolean {
    const low = opcode & 0x0f;
    if (opcode < 0x40) this.vsp += ((opcode & 0x3f) << 2) + 4;
    else if (opcode < 0x80) this.vsp -= ((opcode & 0x3f) << 2) + 4;
    else if (opcode < 0x90) {
      const mask = (low << 8) | this.next();
      // 0x80 0x00: refuse to unwind.
      if (mask === 0) return false;
      this.pop(mask, 4);
    } else if (opcode < 0xa0) return this.setBase(low);
    else if (opcode < 0xb0) {
      this.pop((1 << ((opcode & 7) + 1)) - 1, 4);
      if (opcode & 8) this.popRegister(LR);
    } else return this.special(opcode, low);
    return true;
  }

  private setBase(register: number): boolean {
    if (register === SP || register === PC || this.popped.size > 0) return false;
    this.base = register;
    this.vsp = 0;
    return true;
  }

  private special(opcode: number, low: number): boolean {
    if (opcode === 0xb1) {
      const mask = this.next();
      if (mask === 0 || mask > 15) return false;
      this.pop(mask, 0);
    } else if (opcode === 0xb2) this.vsp += 0x204 + this.uleb() * 4;
    else if (opcode === 0xb3)
      this.vsp += ((this.next() & 0x0f) + 1) * 8 + 4; // FSTMFDX
    else if (opcode === 0xb4)
      this.vsp += 4; // the authentication code of the return address (Armv8.1-M)
    else if (opcode >= 0xb8 && opcode < 0xc0)
      this.vsp += ((opcode & 7) + 1) * 8 + 4; // FSTMFDX from d8
    else if (opcode >= 0xc0 && opcode < 0xc6)
      this.vsp += ((low & 7) + 1) * 8; // WMMX wR10
    else if (opcode === 0xc6) this.vsp += ((this.next() & 0x0f) + 1) * 8;
    else if (opcode === 0xc7) this.vsp += bitCount(this.next() & 0x0f) * 4;
    else if (opcode === 0xc8 || opcode === 0xc9)
      this.vsp += ((this.next() & 0x0f) + 1) * 8; // VPUSH
    else if (opcode >= 0xd0 && opcode < 0xd8)
      this.vsp += ((opcode & 7) + 1) * 8; // VPUSH from d8
    else return false;
    return true;
  }

  private uleb(): number {
    let value = 0;
    for (let shift = 1; shift < 2 ** 28; shift *= 128) {
      const byte = this.next();
      value += (byte & 0x7f) * shift;
      if (byte < 0x80) break;
    }
    return value;
  }

  private pop(mask: number, first: number): void {
    for (let bit = 0; bit < 12; bit++) if (mask & (1 << bit)) this.popRegister(first + bit);
  }

  private popRegister(register: number): void {
    this.popped.set(register, this.vsp);
    this.vsp += 4;
  }
}

function bitCount(value: number): number {
  let count = 0;
  for (let bits = value; bits !== 0; bits >>= 1) count += bits & 1;
  return count;
}
