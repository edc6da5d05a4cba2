import type { EngineName } from '../../lib/capture/select-engine.js';
import { errorMessage } from '../../lib/errors/errors.js';
import {
  framesAt,
  MICROPYTHON_BOARDS,
  type MicropythonBoard,
  micropythonFirmware,
  runMicropython,
  tracebacks,
  unequalEvents,
} from './micropython.js';

/*
 * The frames of scripts in captures of a real MicroPython, against the tracebacks that it prints at the same places. The firmware is built from
 * Debian's source package, which takes minutes, so this is no part of `npm test`.
 *
 *   node dist/test/support/every-script-frame.js [BOARD] [ENGINE]
 */

const BOARDS: readonly MicropythonBoard[] = ['MPS2_AN385', 'MICROBIT'];
const ENGINES: readonly EngineName[] = ['direct', 'auto', 'gdb'];

/** One line about a build and an engine; whether all was as it should be. */
async function check(board: MicropythonBoard, engine: EngineName): Promise<boolean> {
  let elf: string;
  try {
    elf = micropythonFirmware(board, 'probes');
  } catch (error) {
    process.stdout.write(`NOT RUN ${board}: MicroPython cannot be built here: ${errorMessage(error).slice(-500)}\n`);
    return false;
  }
  const { trace, console } = await runMicropython(elf, { board: MICROPYTHON_BOARDS[board], engine });
  const expected = tracebacks(console);
  const differing: string[] = [];
  let frames = 0;
  for (const [size, lines] of expected) {
    const found = framesAt(trace, size) ?? [];
    frames += lines.length;
    // The traceback ends with the function that caught; what called that is in ours only.
    if (lines.some((line, index) => line !== found[index])) {
      differing.push(`  probe ${size}:\n    traceback ${lines.join(' < ')}\n    ours      ${found.join(' < ')}\n`);
    }
  }
  const unequal = unequalEvents(trace);
  const good = expected.size > 20 && differing.length === 0 && unequal.length === 0;
  const { scriptFrames } = trace.info.engineReport ?? {};
  process.stdout.write(
    `${good ? 'same' : 'DIFFERS'} ${board} ${engine}: ${expected.size - differing.length} of ${expected.size} tracebacks (${frames} frames), ${trace.eventCount} events, ${unequal.length} without the script's frames (first: ${unequal[0] ?? 'none'}), ${scriptFrames ?? ''}\n${differing.join('')}`,
  );
  return good;
}

const [, , onlyBoard, onlyEngine] = process.argv;
let failed = 0;
for (const board of BOARDS) {
  for (const engine of ENGINES) {
    if ((onlyBoard ?? board) !== board || (onlyEngine ?? engine) !== engine) continue;
    if (!(await check(board, engine))) failed++;
  }
}
process.exitCode = failed === 0 ? 0 : 1;
