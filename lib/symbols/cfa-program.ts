/**
 * Runs call frame instructions up to an address (DWARF 5, 6.4.2). Long because the instruction set is one table.
 */

import { type FrameRow, type RegisterRule, RuleKind } from '../arch/frame-row.js';
import type { Address } from '../base/units.js';
import { SymbolError } from '../errors/errors.js';
import type { ByteReader } from './byte-reader.js';
import type { FrameEntry } from './call-frame-table.js';
import type { DwarfSections } from './dwarf-sections.js';

const MAX_REMEMBERED = 64;

class RowState {
  cfaRegister = -1;
  cfaOffset = 0;
  cfaExpression: Uint8Array | undefined;
  rules = new Map<number, RegisterRule>();

  copy(): RowState {
    const copy = new RowState();
    copy.cfaRegister = this.cfaRegister;
    copy.cfaOffset = this.cfaOffset;
    copy.cfaExpression = this.cfaExpression;
    copy.rules = new Map(this.rules);
    return copy;
  }
}

/** The row of a frame entry that holds at `pc`. @throws SymbolError HH1302 or HH1308 when the instructions are damaged. */
export function frameRowAt(sections: DwarfSections, entry: FrameEntry, pc: Address): FrameRow {
  const { common } = entry;
  const run = new CfaRun(sections, entry, pc);
  run.execute(common.programStart, common.programEnd);
  run.endInitial();
  run.execute(entry.programStart, entry.programEnd);
  const { state } = run;
  const rules = [...state.rules.values()];
  return {
    cfaRegister: state.cfaRegister,
    cfaOffset: state.cfaOffset,
    cfaExpression: state.cfaExpression,
    rules,
    returnColumn: common.returnColumn,
    isOutermost: rules.some((rule) => rule.register === common.returnColumn && rule.kind === RuleKind.undefined),
    isSignalFrame: common.isSignalFrame,
    certainty: 'exact',
  };
}

class CfaRun {
  state = new RowState();
  private initial = new RowState();
  private readonly remembered: RowState[] = [];
  private location: Address;

  constructor(
    private readonly sections: DwarfSections,
    private readonly entry: FrameEntry,
    private readonly pc: Address,
  ) {
    this.location = entry.start;
  }

  endInitial(): void {
    this.initial = this.state.copy();
  }

  /** Stops at the end, or where the location passes the address asked for. */
  execute(start: number, end: number): void {
    const { common } = this.entry;
    const reader = this.sections.reader(common.section, start);
    reader.limit = Math.min(reader.limit, end);
    while (reader.offset < reader.limit) {
      const byte = reader.u8();
      const operand = byte & 0x3f;
      let advanced = false;
      switch (byte >> 6) {
        case 1: // advance_loc
          this.location += operand * common.codeFactor;
          advanced = true;
          break;
        case 2: // offset
          this.rule(operand, RuleKind.offset, reader.uleb() * common.dataFactor);
          break;
        case 3: // restore
          this.restore(operand);
          break;
        default:
          advanced = this.advance(reader, byte) || this.extended(reader, byte);
      }
      if (advanced && this.location > this.pc) return;
    }
  }

  private advance(reader: ByteReader, opcode: number): boolean {
    const { common } = this.entry;
    switch (opcode) {
      case 0x01: // set_loc
        this.location = reader.unsigned(common.addressBytes);
        return true;
      case 0x02: // advance_loc1
        this.location += reader.u8() * common.codeFactor;
        return true;
      case 0x03: // advance_loc2
        this.location += reader.u16() * common.codeFactor;
        return true;
      case 0x04: // advance_loc4
        this.location += reader.u32() * common.codeFactor;
        return true;
      default:
        return false;
    }
  }

  private extended(reader: ByteReader, opcode: number): boolean {
    const { dataFactor } = this.entry.common;
    switch (opcode) {
      case 0x00: // nop
        break;
      case 0x05: // offset_extended
        this.rule(reader.uleb(), RuleKind.offset, reader.uleb() * dataFactor);
        break;
      case 0x06: // restore_extended
        this.restore(reader.uleb());
        break;
      case 0x07: // undefined
        this.rule(reader.uleb(), RuleKind.undefined, 0);
        break;
      case 0x08: // same_value
        this.rule(reader.uleb(), RuleKind.same, 0);
        break;
      case 0x09: // register
        this.rule(reader.uleb(), RuleKind.register, reader.uleb());
        break;
      case 0x0a: // remember_state
        if (this.remembered.length >= MAX_REMEMBERED) throw this.bad(reader, 'more than 64 remembered states');
        this.remembered.push(this.state.copy());
        break;
      case 0x0b: {
        // restore_state: the CFA comes back too, as in gdb and binutils.
        const state = this.remembered.pop();
        if (!state) throw this.bad(reader, 'a restore without a remembered state');
        this.state = state;
        break;
      }
      case 0x10: // expression
      case 0x16: {
        const register = reader.uleb();
        const kind = opcode === 0x10 ? RuleKind.expression : RuleKind.valueExpression;
        this.state.rules.set(register, { register, kind, value: 0, expression: this.block(reader) });
        break;
      }
      case 0x11: // offset_extended_sf
        this.rule(reader.uleb(), RuleKind.offset, reader.sleb() * dataFactor);
        break;
      case 0x14: // val_offset
        this.rule(reader.uleb(), RuleKind.valueOffset, reader.uleb() * dataFactor);
        break;
      case 0x15: // val_offset_sf
        this.rule(reader.uleb(), RuleKind.valueOffset, reader.sleb() * dataFactor);
        break;
      case 0x2d: // GNU_window_save; on AArch64 the return address is signed from here: neither changes a rule here
        break;
      case 0x2e: // GNU_args_size
        reader.skipLeb();
        break;
      case 0x2f: // GNU_negative_offset_extended
        this.rule(reader.uleb(), RuleKind.offset, -reader.uleb() * dataFactor);
        break;
      default:
        this.defineCfa(reader, opcode);
    }
    return false;
  }

  private defineCfa(reader: ByteReader, opcode: number): void {
    const { state } = this;
    const { dataFactor } = this.entry.common;
    switch (opcode) {
      case 0x0c: // def_cfa
      case 0x12: // def_cfa_sf
        state.cfaRegister = reader.uleb();
        state.cfaOffset = opcode === 0x0c ? reader.uleb() : reader.sleb() * dataFactor;
        state.cfaExpression = undefined;
        return;
      case 0x0d: // def_cfa_register
        state.cfaRegister = reader.uleb();
        state.cfaExpression = undefined;
        return;
      case 0x0e: // def_cfa_offset
        state.cfaOffset = reader.uleb();
        return;
      case 0x13: // def_cfa_offset_sf
        state.cfaOffset = reader.sleb() * dataFactor;
        return;
      case 0x0f: // def_cfa_expression
        state.cfaRegister = -1;
        state.cfaExpression = this.block(reader);
        return;
      default:
        throw this.bad(reader, `instruction 0x${opcode.toString(16)}`);
    }
  }

  private rule(register: number, kind: RegisterRule['kind'], value: number): void {
    this.state.rules.set(register, { register, kind, value });
  }

  private restore(register: number): void {
    const rule = this.initial.rules.get(register);
    if (rule) this.state.rules.set(register, rule);
    else this.state.rules.delete(register);
  }

  private block(reader: ByteReader): Uint8Array {
    const length = reader.uleb();
    const start = reader.offset;
    reader.skip(length);
    return reader.bytes.subarray(start, start + length);
  }

  private bad(reader: ByteReader, found: string): SymbolError {
    return new SymbolError(
      'HH1308',
      `${reader.where()}: found ${found} in call frame instructions, expected one of DWARF 2 to 5`,
    );
  }
}
