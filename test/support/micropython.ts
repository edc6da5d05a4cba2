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

/**
 * Builds of another kind: the interpreter calls functions without a C call (MICROPY_STACKLESS); a heap of two areas; the script in a thread beside the main
 * one; and MicroPython 1.9 as it was made for the board (MICROBIT), which runs probes of its own.
 */
export type MicropythonVariant = 'stackless' | 'split' | 'threads' | '1.9';

export interface MicropythonBuild {
  readonly board: MicropythonBoard;
  readonly variant?: MicropythonVariant;
}

/** All that is built, the boards first. */
export const MICROPYTHON_BUILDS: readonly MicropythonBuild[] = [
  { board: 'MPS2_AN385' },
  { board: 'MICROBIT' },
  { board: 'VIRT_RV32' },
  { board: 'MPS2_AN385', variant: 'stackless' },
  { board: 'MPS2_AN385', variant: 'split' },
  { board: 'MPS2_AN385', variant: 'threads' },
];

/** Its bytecode is of the first era. */
export const OLD_MICROPYTHON: MicropythonBuild = { board: 'MICROBIT', variant: '1.9' };

/** The board file that describes it. */
export const boardOf = ({ board, variant }: MicropythonBuild) =>
  variant === '1.9' ? 'qemu-microbit' : MICROPYTHON_BOARDS[board];

/** As its folder is called. */
export const buildName = ({ board, variant }: MicropythonBuild) => (variant ? `${board}-${variant}` : board);

/** Scripts that the firmware can be made to run. */
export type MicropythonScript = 'demo' | 'probes' | 'leaks' | 'clean' | 'empty';

/** Builds MicroPython where it is not yet, and returns the path of its ELF file. @throws Error where it cannot be had, saying why */
export function micropythonFirmware(build: MicropythonBuild, script: MicropythonScript): string {
  const folder = join(projectRoot, 'examples', 'firmware', 'micropython');
  const { board, variant = '' } = build;
  const makefile = variant === '1.9' ? join(folder, 'microbit') : folder;
  execFileSync('make', ['-C', makefile, `BOARD=${board}`, `VARIANT=${variant}`, `RUN=${script}`], {
    timeout: 1_800_000,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return join(folder, 'build', buildName(build), `${script}.elf`);
}

export interface MicropythonRun {
  readonly trace: Trace;
  readonly console: readonly string[];
}

/** A guard against hanging, no expectation: the gdb engine needs minutes for it on a machine that is full of other work. */
const HANGS_MS = 3_600_000;

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
    timeoutMs: HANGS_MS,
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

/** Events in whose backtrace a frame of the interpreter's loop has no frame of a script before it. */
export function unequalEvents(trace: Trace): number[] {
  const unequal: number[] = [];
  for (let seq = 0; seq < trace.eventCount; seq++) {
    const frames = backtraceOf(trace, trace.events.stack[seq] ?? -1);
    const lacks = frames.some(({ functionName, address }, index) => {
      // Functions inlined into the loop have its address.
      const before = frames.slice(0, index).findLast((frame) => frame.address !== address);
      return functionName === 'mp_execute_bytecode' && (before === undefined || !isScript(before));
    });
    if (lacks) unequal.push(seq);
  }
  return unequal;
}

function isScript({ kind }: Frame): boolean {
  return kind === 'script';
}
