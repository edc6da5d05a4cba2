import { DirectEngine } from '../../lib/capture/direct/direct-engine.js';
import { GdbEngine } from '../../lib/capture/gdb/gdb-engine.js';
import { findGdb } from '../../lib/link/mi/find-gdb.js';
import type { Trace } from '../../lib/trace/trace.js';
import { cFirmware } from './c-firmware.js';
import { captureMalloc, firstDifference, referenceEvents, referenceForm } from './malloc-capture.js';

/*
 * Every variant of examples/firmware/sqlite and tasks against its reference build, and of sqlite in both engines: minutes, so no part of `npm test`.
 *
 *   node dist/test/support/every-malloc-variant.js [sqlite|tasks] [mps2-an385|virt-rv32|sim-lx106|sim-de212]
 */

interface Variant {
  readonly firmware: 'sqlite' | 'tasks';
  readonly variables: Readonly<Record<string, string | number>>;
}

function* variants(): Generator<Variant> {
  for (const LIBC of ['newlib', 'nano', 'picolibc']) {
    for (const OPT of ['Og', 'Os']) {
      yield { firmware: 'sqlite', variables: { LIBC, OPT } };
      yield { firmware: 'sqlite', variables: { LIBC, OPT, EXHAUST: 1 } };
    }
    for (const STRIP of ['libc', 'all']) yield { firmware: 'sqlite', variables: { LIBC, OPT: 'Os', STRIP } };
  }
  for (const LIBC of ['newlib', 'nano']) {
    for (const OPT of ['Og', 'Os']) {
      for (const ALLOC of ['libc', 'heap4', 'tlsf'])
        yield { firmware: 'tasks', variables: { LIBC, OPT, ALLOC, ROUNDS: 4 } };
    }
  }
  for (const OPT of ['Og', 'Os']) {
    for (const MARCH of ['rv32imac', 'rv32imc', 'rv32imafc'])
      yield { firmware: 'sqlite', variables: { ...RISCV, LIBC: 'picolibc', OPT, MARCH } };
    for (const STRIP of ['libc', 'all'])
      yield { firmware: 'sqlite', variables: { ...RISCV, LIBC: 'picolibc', OPT, STRIP } };
    for (const ALLOC of ['heap4', 'tlsf']) {
      yield { firmware: 'tasks', variables: { ...RISCV, OPT, ALLOC, ROUNDS: 4 } };
    }
    for (const MACHINE of XTENSA) {
      for (const ALLOC of ['heap4', 'tlsf', 'umm'])
        yield { firmware: 'tasks', variables: { MACHINE, OPT, ALLOC, ROUNDS: 4 } };
    }
  }
}

const RISCV = { MACHINE: 'virt-rv32' } as const;
const XTENSA = ['sim-lx106', 'sim-de212'] as const;

function boardOf({ MACHINE = 'mps2-an385' }: Variant['variables']): string {
  return `qemu-${MACHINE}`;
}

const ENDS = { sqlite: 'sqlite_repl', tasks: 'tasks_done' } as const;

/** One line about a variant; whether all was as it should be. */
async function check({ firmware, variables }: Variant): Promise<boolean> {
  const boardName = boardOf(variables);
  const expected = await referenceEvents(firmware, variables, boardName);
  const { trace, elapsedMs, error } = await captureMalloc(new DirectEngine(), {
    boardName,
    elf: cFirmware(firmware, variables),
    until: [ENDS[firmware]],
  });
  const found = referenceForm(trace);
  const first = expected.findIndex((line, seq) => line !== found[seq]);
  const same = first < 0 && expected.length === found.length && expected.length > 0 && error === undefined;
  const twoEngines = firmware === 'sqlite' ? await checkGdb(trace, firmware, variables) : undefined;
  const oracle = trace.info.oracle?.outcome ?? 'no oracle';
  const place = same ? '' : `: event ${first}: found ${found[first] ?? error}, expected ${expected[first]}`;
  const rate = Math.round(trace.eventCount / (elapsedMs / 1000));
  const engines = firmware === 'sqlite' ? `; gdb engine: ${twoEngines ?? 'same'}` : '';
  process.stdout.write(
    `${same ? 'same' : 'DIFFERS'} ${oracle} ${firmware} ${Object.values(variables).join(' ')}: ${found.length} of ${expected.length} events, ${rate}/s${place}${engines}\n`,
  );
  return same && oracle === 'matched' && twoEngines === undefined;
}

/** What the gdb engine makes of the same firmware, where that is another backtrace or event. */
async function checkGdb(ours: Trace, firmware: Variant['firmware'], variables: Variant['variables']) {
  const setup = { boardName: boardOf(variables), elf: cFirmware(firmware, variables), until: [ENDS[firmware]] };
  const { trace, error } = await captureMalloc(new GdbEngine(await findGdb()), setup);
  return error === undefined ? await firstDifference(ours, trace, setup.elf) : String(error);
}

const [only, machine] = process.argv.slice(2);
let wrong = 0;
for (const variant of variants()) {
  const isOfMachine = machine === undefined || boardOf(variant.variables) === `qemu-${machine}`;
  if ((only === undefined || variant.firmware === only) && isOfMachine) wrong += (await check(variant)) ? 0 : 1;
}
process.stdout.write(wrong === 0 ? 'all variants agree\n' : `${wrong} variants differ\n`);
process.exitCode = wrong === 0 ? 0 : 1;
