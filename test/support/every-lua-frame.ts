import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { harvestEvents } from '../../lib/capture/harvest-events.js';
import type { EngineName } from '../../lib/capture/select-engine.js';
import { errorMessage } from '../../lib/errors/errors.js';
import { collectTrace } from '../../lib/trace/collect-trace.js';
import { backtraceOf, type Trace } from '../../lib/trace/trace.js';
import { projectRoot } from './fixture.js';

/*
 * The frames of scripts in captures of a real Lua 5.1, against its own debug.traceback at the same places. It is built from Debian's source package,
 * so this is no part of `npm test`.
 *
 *   node dist/test/support/every-lua-frame.js [Og|Os] [ENGINE]
 */

/** Of scripts/probes.lua. */
const PROBES = 22;
const ENGINES: readonly EngineName[] = ['direct', 'auto', 'gdb'];

function firmware(optimisation: string): string {
  const folder = join(projectRoot, 'examples', 'firmware', 'lua');
  execFileSync('make', ['-s', '-C', folder, `OPT=${optimisation}`], {
    timeout: 900_000,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return join(folder, 'build', `newlib-${optimisation}`, 'firmware.elf');
}

/** The lines of the tracebacks that were printed, as `file:line`, by the size of the block; of C functions and of tail calls nothing is said. */
function tracebacks(lines: readonly string[]): Map<number, string[]> {
  const found = new Map<number, string[]>();
  let current: string[] | undefined;
  for (const line of lines) {
    const probe = /^PROBE (\d+)/.exec(line);
    const frame = /^\s+(\[string ".*"\]|[^[(:]+):(\d+): in /.exec(line);
    if (probe) {
      current = [];
      found.set(Number(probe[1]), current);
    } else if (frame) current?.push(`${frame[1]}:${frame[2]}`);
    else if (/^END/.test(line)) current = undefined;
  }
  return found;
}

/** The scripts' frames at the allocation of a size, as `file:line`, the innermost first. */
function framesAt(trace: Trace, size: number): string[] {
  const seq = trace.events.sizeBytes.indexOf(size);
  return seq < 0
    ? []
    : backtraceOf(trace, trace.events.stack[seq] ?? -1)
        .filter(({ kind }) => kind === 'script')
        .map(({ file, line }) => `${file}:${line}`);
}

async function check(optimisation: string, engine: EngineName): Promise<boolean> {
  let elf: string;
  try {
    elf = firmware(optimisation);
  } catch (error) {
    process.stdout.write(`NOT RUN Lua ${optimisation}: it cannot be built here: ${errorMessage(error).slice(-500)}\n`);
    return false;
  }
  const console: string[] = [];
  const target = { elf, board: 'qemu-mps2-an385', engine, allocator: 'auto', until: 'lua_done', timeoutMs: 300_000 };
  const trace = await collectTrace(harvestEvents({ ...target, onConsoleLine: ({ text }) => console.push(text) }));
  const expected = tracebacks(console);
  const differing: string[] = [];
  let frames = 0;
  for (const [size, lines] of expected) {
    const found = framesAt(trace, size);
    frames += lines.length;
    // A coroutine's traceback ends with it; what resumed it is in ours only.
    if (lines.length === 0 || lines.some((line, index) => line !== found[index])) {
      differing.push(`  ${size}:\n    traceback ${lines.join(' < ')}\n    ours      ${found.join(' < ')}\n`);
    }
  }
  const outcome = trace.info.oracle?.outcome ?? 'not asked';
  const good = expected.size === PROBES && differing.length === 0 && outcome === 'matched';
  process.stdout.write(
    `${good ? 'same' : 'DIFFERS'} Lua ${optimisation} ${engine}: ${expected.size - differing.length} of ${PROBES} tracebacks (${frames} frames), ${trace.eventCount} events, ${trace.info.engineReport?.scriptFrames ?? ''}, oracle ${outcome}\n${differing.join('')}`,
  );
  return good;
}

const [, , onlyOptimisation, onlyEngine] = process.argv;
let failed = 0;
for (const optimisation of ['Og', 'Os']) {
  for (const engine of ENGINES) {
    if ((onlyOptimisation ?? optimisation) !== optimisation || (onlyEngine ?? engine) !== engine) continue;
    if (!(await check(optimisation, engine))) failed++;
  }
}
process.exitCode = failed === 0 ? 0 : 1;
