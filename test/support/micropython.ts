import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { harvestEvents } from '../../lib/capture/harvest-events.js';
import type { EngineName } from '../../lib/capture/select-engine.js';
import { collectTrace } from '../../lib/trace/collect-trace.js';
import type { Frame } from '../../lib/trace/heap-event.js';
import { backtraceOf, type Trace } from '../../lib/trace/trace.js';
import { projectRoot } from './fixture.js';

/** The boards of MicroPython's ports/qemu that are built, and the board files that describe them. */
export const MICROPYTHON_BOARDS = {
  MPS2_AN385: 'micropython-qemu-mps2',
  MICROBIT: 'micropython-qemu-microbit',
  VIRT_RV32: 'qemu-virt-rv32',
} as const;
export type MicropythonBoard = keyof typeof MICROPYTHON_BOARDS;

/** Scripts that the firmware can be made to run. */
export type MicropythonScript = 'demo' | 'probes' | 'leaks' | 'clean';

/** Builds MicroPython where it is not yet, and returns the path of its ELF file. @throws Error where it cannot be had, saying why */
export function micropythonFirmware(board: MicropythonBoard, script: MicropythonScript): string {
  const folder = join(projectRoot, 'examples', 'firmware', 'micropython');
  execFileSync('make', ['-C', folder, `BOARD=${board}`, `RUN=${script}`], {
    timeout: 900_000,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return join(folder, 'build', board, `${script}.elf`);
}

export interface MicropythonRun {
  readonly trace: Trace;
  readonly console: readonly string[];
}

/** Captures a build from reset to its REPL, with what its scripts print. */
export async function runMicropython(
  elf: string,
  options: { readonly board: string; readonly engine: EngineName },
): Promise<MicropythonRun> {
  const console: string[] = [];
  const records = harvestEvents({
    ...options,
    elf,
    allocator: 'auto',
    until: 'pyexec_friendly_repl',
    timeoutMs: 300_000,
    onConsoleLine: ({ text }) => console.push(text),
  });
  return { trace: await collectTrace(records), console };
}

/** One traceback that the firmware printed, as `function file:line`, the innermost first; by the size of its probe. */
export function tracebacks(lines: readonly string[]): Map<number, string[]> {
  const found = new Map<number, string[]>();
  let current: string[] | undefined;
  for (const line of lines) {
    const probe = /^PROBE (\d+)/.exec(line);
    const frame = /^ {2}File "([^"]*)", line (\d+), in (.*?)\s*$/.exec(line);
    if (probe) {
      current = [];
      found.set(Number(probe[1]), current);
    } else if (frame) current?.unshift(`${frame[3]} ${frame[1]}:${frame[2]}`);
    else if (/^END/.test(line)) current = undefined;
  }
  return found;
}

/** The frames of scripts at the allocation of a size, the innermost first; undefined without such an allocation. */
export function framesAt(trace: Trace, requestedBytes: number): string[] | undefined {
  const seq = trace.events.requestedBytes?.indexOf(requestedBytes) ?? -1;
  if (seq < 0) return undefined;
  return backtraceOf(trace, trace.events.stack[seq] ?? -1)
    .filter(isScript)
    .map(({ functionName, file, line }) => `${functionName} ${file}:${line}`);
}

/** Events whose backtrace has not one frame of a script for each of the interpreter's loop. */
export function unequalEvents(trace: Trace): number[] {
  const unequal: number[] = [];
  for (let seq = 0; seq < trace.eventCount; seq++) {
    const frames = backtraceOf(trace, trace.events.stack[seq] ?? -1);
    const loops = frames.filter(({ functionName }) => functionName === 'mp_execute_bytecode').length;
    if (frames.filter(isScript).length !== loops) unequal.push(seq);
  }
  return unequal;
}

function isScript({ kind }: Frame): boolean {
  return kind === 'script';
}
