import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { loadBoard } from '../../../lib/boards/load-board.js';
import { withScripts } from '../../../lib/capture/gdb/script-link.js';
import type { DebugLink } from '../../../lib/link/debug-link.js';
import { createSymbolizer, type Symbolizer } from '../../../lib/symbols/symbolizer.js';
import { buildArm, missingTools } from '../../support/arm-build.js';
import { notRun } from '../../support/not-run.js';
import { tempFolder } from '../../support/temp-folder.js';

const SOURCE = 'test/interpreters/micropython/script/interpreter.c';
const missing = missingTools(['arm-none-eabi-gcc', 'riscv64-unknown-elf-gcc']);

const arm = () =>
  createSymbolizer(
    readFileSync(
      buildArm({
        sources: [SOURCE],
        script: 'test/symbols/programs/program.ld',
        flags: ['-mcpu=cortex-m3', '-g', '-O0'],
      }),
    ),
  );

function riscv(t: ExecutionContext): Symbolizer {
  const elf = join(tempFolder(t), 'interpreter.elf');
  const target = ['-march=rv32imac', '-mabi=ilp32', '-misa-spec=2.2', '-ffreestanding', '-nostdlib'];
  const link = ['-Wl,--defsym=stack_top=0x80010000', '-Wl,-Ttext=0x80000000', '-Wl,-e,main'];
  execFileSync('riscv64-unknown-elf-gcc', [...target, '-g', '-O0', ...link, SOURCE, '-o', elf]);
  return createSymbolizer(readFileSync(elf));
}

/** Where the memory is read for the backtrace of a target that stands in the interpreter's loop with these registers. */
async function readsOf(
  firmware: Symbolizer,
  {
    boardName,
    registers,
    lengths = [],
  }: { readonly boardName: string; readonly registers: Record<number, number>; readonly lengths?: number[] },
): Promise<number[]> {
  const reads: number[] = [];
  const loop = firmware.symbol('mp_execute_bytecode')?.address ?? 0;
  const frame = { address: loop + 2, functionName: 'mp_execute_bytecode', file: 'interpreter.c', line: 1 };
  const link: Partial<DebugLink> = {
    backtrace: async () => [frame],
    registers: async () => Uint32Array.from({ length: 33 }, (_, index) => registers[index] ?? 0),
    readMemory: async (address, length) => {
      reads.push(address);
      lengths.push(length);
      return new Uint8Array(length);
    },
  };
  await withScripts(link as DebugLink, firmware, await loadBoard(boardName)).backtrace(20);
  return reads;
}

test("a stack pointer into a device: its stack is not read for a script's frames", async (t) => {
  if (missing.length > 0) return notRun(t, `${missing.join(', ')} not installed`);
  const firmware = arm();
  const pc = firmware.symbol('mp_execute_bytecode')?.address ?? 0;
  const boardName = 'qemu-mps2-an385';
  t.deepEqual(await readsOf(firmware, { boardName, registers: { 13: 0x4000_0000, 15: pc } }), []);
  const [first] = await readsOf(firmware, { boardName, registers: { 13: 0x2000_1000, 15: pc } });
  t.is(first, 0x2000_1000);
});

test('a stack at the end of the memory is read up to there', async (t) => {
  if (missing.length > 0) return notRun(t, `${missing.join(', ')} not installed`);
  const firmware = arm();
  const pc = firmware.symbol('mp_execute_bytecode')?.address ?? 0;
  const lengths: number[] = [];
  // 16 KiB from 0x20000000 on.
  await readsOf(firmware, { boardName: 'qemu-microbit', registers: { 13: 0x2000_3c08, 15: pc }, lengths });
  t.is(lengths[0], 0x3f8);
});

test('on RISC-V the stack is read where its own stack pointer points', async (t) => {
  if (missing.length > 0) return notRun(t, `${missing.join(', ')} not installed`);
  const firmware = riscv(t);
  const pc = firmware.symbol('mp_execute_bytecode')?.address ?? 0;
  // x13 is a3 there, and x2 the stack pointer.
  const registers = { 2: 0x8000_8000, 13: 0x8000_c000, 32: pc };
  const [first] = await readsOf(firmware, { boardName: 'qemu-virt-rv32', registers });
  t.is(first, 0x8000_8000);
});
