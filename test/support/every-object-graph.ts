import { growingContainers } from '../../lib/analysis/objects/containers.js';
import { provenLeaks } from '../../lib/analysis/objects/proven-leaks.js';
import { firmwareOnBoard } from '../../lib/capture/firmware-on-board.js';
import { openMiLink } from '../../lib/capture/gdb/gdb-engine.js';
import { harvestEvents } from '../../lib/capture/harvest-events.js';
import type { EngineName } from '../../lib/capture/select-engine.js';
import { errorMessage } from '../../lib/errors/errors.js';
import { architectureOf } from '../../lib/firmware/capturable.js';
import { readGcBlocks } from '../../lib/interpreters/micropython/objects/gc-blocks.js';
import { micropythonObjects } from '../../lib/interpreters/micropython/objects/micropython-objects.js';
import { objectLayout } from '../../lib/interpreters/micropython/objects/object-layout.js';
import type { DebugLink } from '../../lib/link/debug-link.js';
import { findGdb } from '../../lib/link/mi/find-gdb.js';
import { connect } from '../../lib/link/server/connect.js';
import type { Symbolizer } from '../../lib/symbols/symbolizer.js';
import { collectTrace } from '../../lib/trace/collect-trace.js';
import { reachable } from '../../lib/trace/reachable.js';
import { cFirmware } from './c-firmware.js';
import { captureTasks } from './leaky-tasks.js';
import { liveProblems } from './live-objects.js';
import {
  boardOf,
  buildName,
  MICROPYTHON_BUILDS,
  type MicropythonBuild,
  micropythonFirmware,
  runMicropython,
} from './micropython.js';

/*
 * What we find reachable in the heap of a real MicroPython, against what its own collector has marked, at every collection of a script: the
 * target stands where the mark phase has ended (`collector`). Then the containers that grow in scripts that leak on purpose, and blocks that a firmware
 * in C loses. The firmware is built from Debian's source package, which takes minutes, so this is no part of `npm test`.
 *
 *   node dist/test/support/every-object-graph.js [collector|leaks|clean|live|tasks|sqlite] [BOARD|BOARD-VARIANT] [direct|gdb]
 */

/** The collector saves these before it reads the stack: what callers rely on (r4 to r11; s0 to s11). */
const SAVED: Readonly<Record<string, readonly number[]>> = {
  arm: [4, 5, 6, 7, 8, 9, 10, 11],
  riscv: [8, 9, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27],
};

/** A guard against hanging, no expectation. */
const HANGS_MS = 3_600_000;

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

async function checkCollector(build: MicropythonBuild): Promise<boolean> {
  const name = buildName(build);
  const elf = micropythonFirmware(build, 'leaks');
  const { board: fitted, firmware } = await firmwareOnBoard(elf, { board: boardOf(build) });
  const marked = firmware.symbol('gc_collect_end')?.address ?? 0;
  const end = firmware.symbol('pyexec_friendly_repl')?.address ?? 0;
  const program = await findGdb(undefined, firmware.architecture);
  await using target = await connect(fitted, { elf, signal: AbortSignal.timeout(HANGS_MS) });
  target.lost.catch(() => undefined);
  await using link = await openMiLink(program, target);
  for (const address of [marked, end]) await link.setBreakpoint(address);
  let [collections, good] = [0, 0];
  for (;;) {
    const stop = await link.resume(AbortSignal.timeout(HANGS_MS));
    if (stop.pc !== marked) break;
    const found = await compare(link, firmware);
    collections++;
    // What only the main thread's stack holds while another runs is not found, and it is said so.
    const isUnsure = build.variant === 'threads' && found.unsure.includes('the stacks of other threads are not read');
    const same = (found.onlyCollector === 0 || isUnsure) && found.onlyOurs === 0;
    if (same) good++;
    process.stdout.write(
      `${same ? 'same' : 'DIFFERS'} ${name}: the collector marked ${found.marked}, only it ${found.onlyCollector}, only ours ${found.onlyOurs} (${found.unsure})\n`,
    );
  }
  process.stdout.write(`${name}: ${good} of ${collections} collections\n`);
  return collections > 0 && good === collections;
}

/** The containers that leaks.py makes grow, each in a way of its own. */
const GROWING = [
  "__main__.__dict__['count'] -> closure.closed[0] -> cell.obj",
  "__main__.__dict__['dogs'] -> dict['rex'] -> Dog.tricks",
  "__main__.__dict__['newest']",
  "leaks_kit.__dict__['cache']",
  'mp_state_ctx.vm.listeners',
];

/** A captured script: the containers that are said to grow, against those that do. */
async function checkContainers(
  build: MicropythonBuild,
  script: 'leaks' | 'clean',
  engine: EngineName,
): Promise<boolean> {
  const elf = micropythonFirmware(build, script);
  const { trace } = await runMicropython(elf, { board: boardOf(build), engine });
  const found = growingContainers(trace)
    .map(({ path }) => path)
    .sort();
  const expected = script === 'leaks' ? GROWING : [];
  const good = found.join('\n') === expected.join('\n');
  process.stdout.write(
    `${good ? 'same' : 'DIFFERS'} ${buildName(build)} ${engine} ${script}.py: ${found.length} of ${expected.length} containers grow: ${found.join(', ') || 'none'}\n`,
  );
  return good;
}

/** Blocks that were lost on purpose in a firmware in C, against those that are proven to be. */
async function checkLost(engine: EngineName, allocator: 'heap4' | 'libc', leaks: number): Promise<boolean> {
  const found = provenLeaks(await captureTasks({ leaks, engine, allocator }));
  // An old value on a stack may hold one of them: that is told as possible, or not at all, and never the other way round.
  const [proven = 0, possible = 0] = [found?.provenCount, found?.possibleCount];
  const good = allocator === 'heap4' ? proven === leaks && possible === 0 : proven + possible === leaks;
  process.stdout.write(
    `${good ? 'same' : 'DIFFERS'} tasks ${allocator} ${engine}: ${proven} of ${leaks} lost blocks are proven, ${possible} possible\n`,
  );
  return good;
}

/**
 * A firmware with SQLite that loses headlines on purpose. SQLite's other blocks count for none: whoever has one points behind the size that SQLite writes at
 * its beginning, so all of them are possible leaks at most.
 */
async function checkSqlite(engine: EngineName, libc: string, leaks: number): Promise<boolean> {
  const elf = cFirmware('sqlite', { LIBC: libc, OPT: 'Og', LEAKS: leaks });
  const target = { elf, board: 'qemu-mps2-an385', allocator: 'auto', until: 'sqlite_repl', engine };
  const found = provenLeaks(await collectTrace(harvestEvents({ ...target, timeoutMs: HANGS_MS })));
  const lost = found?.proven.filter(({ frames }) =>
    frames.some(({ functionName }) => functionName === 'publish_headline'),
  );
  const right = lost?.reduce((sum, { count }) => sum + count, 0) ?? 0;
  const good = found?.provenCount === leaks && right === leaks && found.unsure === undefined;
  process.stdout.write(
    `${good ? 'same' : 'DIFFERS'} sqlite ${libc} ${engine}: ${found?.provenCount} blocks are proven, ${right} of them of the ${leaks} lost ones (${found?.unsure ?? 'all was read'}), of ${found?.liveCount} alive\n`,
  );
  return good;
}

/** A session at the REPL: what is told at its marks. */
async function checkLive(build: MicropythonBuild, engine: EngineName): Promise<boolean> {
  const elf = micropythonFirmware(build, 'empty');
  const problems = await liveProblems(elf, boardOf(build), engine);
  process.stdout.write(
    `${problems.length === 0 ? 'same' : 'DIFFERS'} ${buildName(build)} session ${engine}: what holds which block at marks ${problems.join('; ')}\n`,
  );
  return problems.length === 0;
}

interface Check {
  readonly tags: readonly string[];
  readonly run: () => Promise<boolean>;
}

const ENGINES = ['direct', 'gdb'] as const;
const CHECKS: readonly Check[] = [
  ...MICROPYTHON_BUILDS.map((build) => ({ tags: ['collector', buildName(build)], run: () => checkCollector(build) })),
  ...ENGINES.flatMap((engine) => [
    ...MICROPYTHON_BUILDS.flatMap((build) =>
      (['leaks', 'clean'] as const).map((script) => ({
        tags: [script, buildName(build), engine],
        run: () => checkContainers(build, script, engine),
      })),
    ),
    ...MICROPYTHON_BUILDS.filter(({ variant }) => variant === undefined).map((build) => ({
      tags: ['live', buildName(build), engine],
      run: () => checkLive(build, engine),
    })),
    ...(['heap4', 'libc'] as const).flatMap((allocator) =>
      [20, 0].map((leaks) => ({ tags: ['tasks', engine], run: () => checkLost(engine, allocator, leaks) })),
    ),
    ...['newlib', 'nano'].flatMap((libc) =>
      [20, 0].map((leaks) => ({ tags: ['sqlite', engine], run: () => checkSqlite(engine, libc, leaks) })),
    ),
  ]),
];

const wanted = process.argv.slice(2);
let failed = 0;
for (const { tags, run } of CHECKS) {
  if (!wanted.every((tag) => tags.includes(tag))) continue;
  try {
    if (!(await run())) failed++;
  } catch (error) {
    failed++;
    process.stdout.write(`NOT RUN ${tags.join(' ')}: ${errorMessage(error).slice(-500)}\n`);
  }
}
process.exitCode = failed === 0 ? 0 : 1;
