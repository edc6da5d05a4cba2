import { formatBytes } from '../base/units.js';
import type { MpyCode, MpyFile } from '../interpreters/micropython/mpy/mpy-file.js';
import type { MpyHeapCost } from '../interpreters/micropython/mpy/mpy-heap-cost.js';
import { sanitize } from './sanitize.js';

const LONGEST_NAME = 48;

/** What a .mpy file holds and what importing it costs, a line a function in file order, totals and assumptions below. */
export function mpyText(file: MpyFile, cost: MpyHeapCost, name = '.mpy file'): string {
  const version = file.version === 6 ? `6.${file.subVersion}` : String(file.version);
  const native = file.architecture === 'none' ? '' : `, native code for ${file.architecture}`;
  const own = file.qstrs.filter((qstr) => !qstr.isStatic).length;
  const lines = [
    `${sanitize(name)}: .mpy version ${version} (${file.flavour}${native}), ${file.fileBytes} bytes, ${file.smallIntBits}-bit small integers`,
    `${file.qstrs.length} qstrs (${own} of its own), ${countObjects(file)} constant objects, ${cost.functions.length} functions`,
    '',
    ...functionTable(file, cost),
    '',
    `module object ${cost.module.objectBytes}, globals ${cost.module.globalsBytes}, tables ${cost.module.tableBytes}, shared constants ${cost.module.constantBytes} bytes`,
    `importing takes ${formatBytes(cost.totalBytes)} to ${formatBytes(cost.mostBytes)} of heap: the least where the firmware has all ${cost.newQstrs.count} strings of its own (${formatBytes(cost.newQstrs.bytes)}) already, the most where it has none and its tables grow for them`,
    'assuming that:',
    ...cost.assumptions.map((assumption) => `  - ${assumption}`),
  ];
  return lines.join('\n');
}

function functionTable(file: MpyFile, cost: MpyHeapCost): string[] {
  const codes = flatten(file.code);
  const rows = cost.functions.map((each, i) => {
    const code = codes[i];
    const path = shortened(sanitize(each.path));
    const instructions = String(code?.instructionBytes ?? 0);
    return [
      path,
      each.kind,
      instructions,
      ...[each.codeBytes, each.tableBytes, each.objectBytes, each.runtimeBytes, each.totalBytes].map(String),
    ];
  });
  const table = [['function', 'kind', 'instr', 'code', 'tables', 'consts', 'objects', 'heap'], ...rows];
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  return table.map((row) =>
    row
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

function shortened(path: string): string {
  return path.length > LONGEST_NAME ? `${path.slice(0, LONGEST_NAME - 3)}...` : path;
}

/** The codes of a file in the order of the file, which is that of the costs. */
function flatten(code: MpyCode): MpyCode[] {
  return [code, ...code.children.flatMap(flatten)];
}

function countObjects(file: MpyFile): number {
  return file.objects.length + flatten(file.code).reduce((sum, code) => sum + code.objects.length, 0);
}
