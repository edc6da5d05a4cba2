import type { Address } from '../base/units.js';

/**
 * The rows of a line program, one per address, in columns; every sequence ends with a row of line 0 at its end.
 * Sequences are in order of address and do not overlap.
 */
export interface LineRows {
  readonly addresses: Float64Array;
  readonly files: Uint32Array;
  readonly lines: Uint32Array;
  readonly isStmt: Uint8Array;
}

/** Whether code that starts at an address was kept by the linker. */
export type IsLive = (address: Address) => boolean;

interface Sequence {
  readonly addresses: number[];
  readonly files: number[];
  readonly lines: number[];
  readonly isStmt: number[];
}

function emptySequence(): Sequence {
  return { addresses: [], files: [], lines: [], isStmt: [] };
}

/**
 * Collects rows, one per address, choosing as gdb does (lnp_state_machine::record_line, buildsym_compunit::record_line and
 * find_pc_sect_line), so that both engines show one line:
 * - a row with line 0 ("no source line") is left out: the row before it goes on;
 * - a row of the file and line of the row before is left out when that line has discriminators;
 * - of several rows at one address the last wins, but an is_stmt row is kept against one that is not.
 */
export class RowCollector {
  private readonly sequences: Sequence[] = [];
  private current = emptySequence();
  private lastFile = -1;
  private lastLine = -1;
  private lastAddress = -1;
  private stmtAtAddress = false;

  constructor(private readonly isLive: IsLive) {}

  add(address: Address, file: number, line: number, isStmt: boolean, hasDiscriminator: boolean): void {
    const sameAddress = address === this.lastAddress;
    const fileChanged = file !== this.lastFile;
    const ignored = line === 0 || (fileChanged && sameAddress && !isStmt && this.stmtAtAddress);
    if (!ignored && (fileChanged || line !== this.lastLine || !hasDiscriminator)) {
      this.record(address, file, line, isStmt);
      this.lastFile = file;
      this.lastLine = line;
    }
    if (!sameAddress) this.stmtAtAddress = false;
    this.lastAddress = address;
    if (isStmt) this.stmtAtAddress = true;
  }

  private record(address: Address, file: number, line: number, isStmt: boolean): void {
    const { addresses, files, lines, isStmt: stmts } = this.current;
    const last = addresses.length - 1;
    const lastAddress = addresses[last] ?? -1;
    // Addresses only grow within a sequence (DWARF 5, 6.2.5): a row that goes back is damage.
    if (address < lastAddress) return;
    if (address > lastAddress) {
      addresses.push(address);
      files.push(file);
      lines.push(line);
      stmts.push(isStmt ? 1 : 0);
    } else if (isStmt || stmts[last] === 0 || files[last] !== file) {
      files[last] = file;
      lines[last] = line;
      stmts[last] = isStmt ? 1 : 0;
    }
  }

  /** Ends a sequence at an address. One that is empty or that the linker discarded is left out. */
  end(address: Address): void {
    const sequence = this.current;
    this.current = emptySequence();
    this.lastFile = -1;
    this.lastLine = -1;
    this.lastAddress = -1;
    this.stmtAtAddress = false;
    const start = sequence.addresses[0];
    if (start === undefined || address <= start || !this.isLive(start)) return;
    while ((sequence.addresses.at(-1) ?? 0) >= address) {
      for (const column of Object.values(sequence)) column.pop();
    }
    sequence.addresses.push(address);
    sequence.files.push(0);
    sequence.lines.push(0);
    sequence.isStmt.push(0);
    this.sequences.push(sequence);
  }

  /** All sequences in order of address; one that starts inside the one before is left out. */
  finish(): LineRows {
    const { sequences } = this;
    sequences.sort((a, b) => (a.addresses[0] ?? 0) - (b.addresses[0] ?? 0));
    const kept: Sequence[] = [];
    let end = -1;
    let count = 0;
    for (const sequence of sequences) {
      if ((sequence.addresses[0] ?? 0) < end) continue;
      end = sequence.addresses.at(-1) ?? end;
      count += sequence.addresses.length;
      kept.push(sequence);
    }
    const rows = {
      addresses: new Float64Array(count),
      files: new Uint32Array(count),
      lines: new Uint32Array(count),
      isStmt: new Uint8Array(count),
    };
    let at = 0;
    for (const sequence of kept) {
      rows.addresses.set(sequence.addresses, at);
      rows.files.set(sequence.files, at);
      rows.lines.set(sequence.lines, at);
      rows.isStmt.set(sequence.isStmt, at);
      at += sequence.addresses.length;
    }
    return rows;
  }
}
