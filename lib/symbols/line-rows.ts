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

/** The function at address 0: where it ends, and the line where it is declared (0: not known). */
export interface CodeAtZero {
  readonly end: Address;
  readonly line: number;
}

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
  /** Those that start at 0, where those of discarded functions do, too. */
  private readonly atZero: Sequence[] = [];
  private current = emptySequence();
  private lastFile = -1;
  private lastLine = -1;
  private lastAddress = -1;
  private stmtAtAddress = false;

  constructor(
    private readonly isLive: IsLive,
    private readonly zero?: CodeAtZero,
  ) {}

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
    if (start === undefined || address <= start || (start > 0 && !this.isLive(start))) return;
    while ((sequence.addresses.at(-1) ?? 0) >= address) {
      for (const column of Object.values(sequence)) column.pop();
    }
    sequence.addresses.push(address);
    sequence.files.push(0);
    sequence.lines.push(0);
    sequence.isStmt.push(0);
    (start === 0 ? this.atZero : this.sequences).push(sequence);
  }

  /** All sequences in order of address; one that starts inside the one before is left out. */
  finish(): LineRows {
    const { sequences } = this;
    const first = this.zero && sequenceAtZero(this.atZero, this.zero);
    if (first) sequences.push(first);
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

/**
 * The sequence of the function at 0 among those of functions that the linker discarded: it holds the whole function, begins with the
 * line where that is declared, and is the shortest such. Undefined when two are alike: no line rather than a wrong one.
 */
function sequenceAtZero(sequences: readonly Sequence[], { end, line }: CodeAtZero): Sequence | undefined {
  const endOf = (sequence: Sequence) => sequence.addresses.at(-1) ?? 0;
  const holding = sequences.filter((sequence) => endOf(sequence) >= end);
  const declared = holding.filter((sequence) => sequence.lines[0] === line);
  const candidates = declared.length > 0 ? declared : holding;
  const shortest = Math.min(...candidates.map(endOf));
  const [first, ...others] = candidates.filter((sequence) => endOf(sequence) === shortest);
  const text = JSON.stringify(first);
  return others.every((other) => JSON.stringify(other) === text) ? first : undefined;
}
