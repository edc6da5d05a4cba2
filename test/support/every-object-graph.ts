import { reachable } from '../../lib/analysis/objects/reachable.js';
import { firmwareOnBoard } from '../../lib/capture/firmware-on-board.js';
import { openMiLink } from '../../lib/capture/gdb/gdb-engine.js';
import { errorMessage } from '../../lib/errors/errors.js';
import { architectureOf } from '../../lib/firmware/capturable.js';
import { readGcBlocks } from '../../lib/interpreters/micropython/objects/gc-blocks.js';
import { micropythonObjects } from '../../lib/interpreters/micropython/objects/micropython-objects.js';
import { objectLayout } from '../../lib/interpreters/micropython/objects/object-layout.js';
import type { DebugLink } from '../../lib/link/debug-link.js';
import { findGdb } from '../../lib/link/mi/find-gdb.js';
import { connect } from '../../lib/link/server/connect.js';
import type { Symbolizer } from '../../lib/symbols/symbolizer.js';
import { MICROPYTHON_BOARDS, type MicropythonBoard, micropythonFirmware } from './micropython.js';

/*
 * What we find reachable in the heap of a real MicroPython, against what its own collector has marked, at every collection of a script: the
 * target stands where the mark phase has ended. The firmware is built from Debian's source package, which takes minutes, so this is no part of
 * `npm test`.
 *
 *   node dist/test/support/every-object-graph.js [BOARD]
 */

/** The collector saves these before it reads the stack: what callers rely on (r4 to r11; s0 to s11). */
const SAVED: Readonly<Record<string, readonly number[]>> = {
  arm: [4, 5, 6, 7, 8, 9, 10, 11],
  riscv: [8, 9, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27],
};

interface Compared {
  readonly marked: number;
  readonly onlyCollector: number;
  readonly onlyOurs: number;
  readonly unsure: string;
}

async function compare(link: DebugLink, firmware: Symbolizer): Promise<Compared> {
  const { name, sp, registers: names } = architectureOf(firmware);
  const values = await link.registers();
  const registers = (SAVED[name] ?? []).map((index) => ({ name: names[index]?.[0] ?? '', value: values[index] ?? 0 }));
  const read = async (address: number, length: number) => await link.readMemory(address, length).catch(() => undefined);
  const layout = objectLayout(firmware);
  const blocks = layout && (await readGcBlocks(read, layout));
  const graph = await micropythonObjects(firmware, read, { registers, sp: values[sp] ?? 0 });
  if (!blocks || 'problem' in blocks || !graph || 'problem' in graph) throw new Error('no graph');
  const ours = reachable(graph);
  let [marked, onlyCollector, onlyOurs] = [0, 0, 0];
  for (const [block, isMarked] of blocks.marked.entries()) {
    if (isMarked) marked++;
    if (isMarked && ours.level[block] === 0) onlyCollector++;
    if (!isMarked && ours.level[block] !== 0) onlyOurs++;
  }
  return { marked, onlyCollector, onlyOurs, unsure: graph.unsure ?? '' };
}

async function check(board: MicropythonBoard): Promise<boolean> {
  let elf: string;
  try {
    elf = micropythonFirmware(board, 'leaks');
  } catch (error) {
    process.stdout.write(`NOT RUN ${board}: MicroPython cannot be built here: ${errorMessage(error).slice(-500)}\n`);
    return false;
  }
  const { board: fitted, firmware } = await firmwareOnBoard(elf, { board: MICROPYTHON_BOARDS[board] });
  const marked = firmware.symbol('gc_collect_end')?.address ?? 0;
  const end = firmware.symbol('pyexec_friendly_repl')?.address ?? 0;
  const program = await findGdb(undefined, firmware.architecture);
  await using target = await connect(fitted, { elf, signal: AbortSignal.timeout(120_000) });
  target.lost.catch(() => undefined);
  await using link = await openMiLink(program, target);
  for (const address of [marked, end]) await link.setBreakpoint(address);
  let [collections, good] = [0, 0];
  for (;;) {
    const stop = await link.resume(AbortSignal.timeout(60_000));
    if (stop.pc !== marked) break;
    const found = await compare(link, firmware);
    collections++;
    const same = found.onlyCollector === 0 && found.onlyOurs === 0;
    if (same) good++;
    process.stdout.write(
      `${same ? 'same' : 'DIFFERS'} ${board}: the collector marked ${found.marked}, only it ${found.onlyCollector}, only ours ${found.onlyOurs} (${found.unsure})\n`,
    );
  }
  process.stdout.write(`${board}: ${good} of ${collections} collections\n`);
  return collections > 0 && good === collections;
}

const [, , onlyBoard] = process.argv;
let failed = 0;
for (const board of Object.keys(MICROPYTHON_BOARDS) as MicropythonBoard[]) {
  if ((onlyBoard ?? board) === board && !(await check(board))) failed++;
}
process.exitCode = failed === 0 ? 0 : 1;
