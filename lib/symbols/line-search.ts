import type { Address } from '../base/units.js';
import type { DebugInfo, LineTable } from './debug-info.js';

/** Where code of a source line starts. */
export interface LineMatch {
  readonly address: Address;
  readonly file: string;
  /** The line asked for, or the next one that has code. */
  readonly line: number;
}

/** Whether `path` is `wanted` or ends with it at a directory boundary: `gc.c` and `py/gc.c` find `../../py/gc.c`. */
function matchesPath(path: string, wanted: string): boolean {
  if (path === wanted) return true;
  const plain = path.replaceAll('\\', '/');
  return plain === wanted || plain.endsWith(`/${wanted}`);
}

/** The addresses where statements of a line start, ascending; of the next line with code when it has none. Reads all line tables. */
export function findLineAddresses(info: DebugInfo, file: string, line: number): readonly LineMatch[] {
  let best = Number.POSITIVE_INFINITY;
  let matches: LineMatch[] = [];
  for (const unit of info.units) {
    const table = info.linesOf(unit);
    const wanted = new Set<number>();
    table.fileNames.forEach((name, index) => {
      if (name !== undefined && matchesPath(name, file)) wanted.add(index);
    });
    if (wanted.size === 0) continue;
    const found = nearestLine(table, wanted, line);
    if (found > best || found === Number.POSITIVE_INFINITY) continue;
    if (found < best) matches = [];
    best = found;
    matches.push(...startsOf(info, table, wanted, found));
  }
  const unique = new Map(matches.map((match) => [match.address, match]));
  return [...unique.values()].sort((a, b) => a.address - b.address);
}

function nearestLine(table: LineTable, wanted: ReadonlySet<number>, line: number): number {
  let best = Number.POSITIVE_INFINITY;
  for (let row = 0; row < table.lines.length; row++) {
    const found = table.lines[row] ?? 0;
    if (found >= line && found < best && table.isStmt[row] === 1 && wanted.has(table.files[row] ?? 0)) best = found;
  }
  return best;
}

/** The first statement of the line in each block: rows that continue a run of the same line, or a block seen before, are left out. */
function startsOf(info: DebugInfo, table: LineTable, wanted: ReadonlySet<number>, line: number): LineMatch[] {
  const found: LineMatch[] = [];
  const blocks = new Set<string>();
  for (let row = 0; row < table.lines.length; row++) {
    const fileIndex = table.files[row] ?? 0;
    if (table.lines[row] !== line || table.isStmt[row] !== 1 || !wanted.has(fileIndex)) continue;
    const address = table.addresses[row] ?? 0;
    const unit = info.unitAt(address);
    const block = `${unit?.index}/${unit ? info.indexOf(unit).addresses.at(address) : -1}`;
    if (blocks.has(block)) continue;
    blocks.add(block);
    found.push({ address, file: table.fileNames[fileIndex] ?? '', line });
  }
  return found;
}
