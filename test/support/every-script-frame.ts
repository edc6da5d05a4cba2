import type { EngineName } from '../../lib/capture/select-engine.js';
import { errorMessage } from '../../lib/errors/errors.js';
import { backtraceOf, type Trace } from '../../lib/trace/trace.js';
import {
  boardOf,
  buildName,
  framesAt,
  MICROPYTHON_BUILDS,
  type MicropythonBuild,
  micropythonFirmware,
  OLD_MICROPYTHON,
  runMicropython,
  tracebacks,
  unequalEvents,
} from './micropython.js';

/*
 * The frames of scripts in captures of a real MicroPython, against the tracebacks that it prints at the same places, and the engines against
 * each other. The firmware is built from
 * Debian's source package, which takes minutes, so this is no part of `npm test`.
 *
 *   node dist/test/support/every-script-frame.js [BOARD|BOARD-VARIANT] [ENGINE]
 */

/** Of probes.py and, in another thread meanwhile, of beside.py: so many are written down there. */
const PROBES = 50;
const PROBES_BESIDE = 20;
/** Of microbit/probes.py. */
const PROBES_OLD = 9;
const FIRST_BESIDE = 2000;
const ENGINES: readonly EngineName[] = ['direct', 'auto', 'gdb'];

/** By build: what the engine that came first tells, which all others must tell too. */
const firsts = new Map<string, { readonly engine: EngineName; readonly lines: readonly string[] }>();

/** Each event with its scripts' frames. (Frames of C functions, of which gdb tells no tail calls, are compared elsewhere.) */
function eventLines(trace: Trace): string[] {
  const { events, eventCount } = trace;
  return Array.from({ length: eventCount }, (_, seq) => {
    const scripts = backtraceOf(trace, events.stack[seq] ?? -1).filter(({ kind }) => kind === 'script');
    const text = scripts.map(({ functionName, file, line }) => `${functionName} ${file}:${line}`).join(' < ');
    return `${events.kind[seq]} ${events.address[seq]} ${events.sizeBytes[seq]} ${text}`;
  });
}

/** The first event that differs from what the engine that came first has; undefined where there is none. */
function disagreement(name: string, engine: EngineName, trace: Trace): string | undefined {
  const lines = eventLines(trace);
  const first = firsts.get(name) ?? { engine, lines };
  firsts.set(name, first);
  const at = Array.from({ length: Math.max(lines.length, first.lines.length) }).findIndex(
    (_, seq) => lines[seq] !== first.lines[seq],
  );
  return at < 0 ? undefined : `  event ${at}:\n    ${first.engine} ${first.lines[at]}\n    ${engine} ${lines[at]}\n`;
}

/** How often the other thread came next. */
function turnsOf(sizes: readonly number[]): number {
  return sizes.filter((size, index) => size < FIRST_BESIDE !== (sizes[index - 1] ?? size) < FIRST_BESIDE).length;
}

/** One line about a build and an engine; whether all was as it should be. */
async function check(build: MicropythonBuild, engine: EngineName): Promise<boolean> {
  const name = buildName(build);
  let elf: string;
  try {
    elf = micropythonFirmware(build, 'probes');
  } catch (error) {
    process.stdout.write(`NOT RUN ${name}: MicroPython cannot be built here: ${errorMessage(error).slice(-500)}\n`);
    return false;
  }
  const { trace, console } = await runMicropython(elf, { board: boardOf(build), engine });
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
  const outcome = trace.info.oracle?.outcome ?? 'not asked';
  const right = expected.size - differing.length;
  const isThreaded = build.variant === 'threads';
  const probes = build === OLD_MICROPYTHON ? PROBES_OLD : PROBES + (isThreaded ? PROBES_BESIDE : 0);
  const turns = turnsOf([...expected.keys()]);
  if (isThreaded && turns < 5) differing.push(`  the threads took ${turns} turns: one ran after the other\n`);
  const apart = disagreement(name, engine, trace);
  if (apart !== undefined) differing.push(apart);
  const good = expected.size === probes && differing.length === 0 && unequal.length === 0 && outcome === 'matched';
  const { scriptFrames } = trace.info.engineReport ?? {};
  process.stdout.write(
    `${good ? 'same' : 'DIFFERS'} ${name} ${engine}: ${right} of ${probes} tracebacks (${frames} frames${isThreaded ? `, in ${turns + 1} turns of two threads` : ''}), ${trace.eventCount} events, ${unequal.length} without the script's frames (first: ${unequal[0] ?? 'none'}), ${scriptFrames ?? ''}, oracle ${outcome}\n${differing.join('')}`,
  );
  return good;
}

const [, , only, onlyEngine] = process.argv;
let failed = 0;
for (const build of [...MICROPYTHON_BUILDS, OLD_MICROPYTHON]) {
  for (const engine of ENGINES) {
    if ((only ?? buildName(build)) !== buildName(build) || (onlyEngine ?? engine) !== engine) continue;
    if (!(await check(build, engine))) failed++;
  }
}
process.exitCode = failed === 0 ? 0 : 1;
