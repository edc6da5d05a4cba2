import { readFileSync } from 'node:fs';
import test from 'ava';
import { correctedBacktrace } from '../../lib/firmware/gdb-backtrace.js';
import { createSymbolizer, type Symbolizer } from '../../lib/symbols/symbolizer.js';
import { buildArm, missingTools } from '../support/arm-build.js';
import { notRun } from '../support/not-run.js';

const missing = missingTools(['riscv64-unknown-elf-gcc']);
const RA = 1;
const SP = 2;
const PC = 32;

/** Where the calls of one function in another return to, in order. */
function returnsOf(firmware: Symbolizer, caller: string, callee: string): number[] {
  const from = firmware.symbol(caller);
  const to = firmware.symbol(callee)?.address;
  const found: number[] = [];
  for (let at = from?.address ?? 0; at < (from?.address ?? 0) + (from?.sizeBytes ?? 0); at += 2) {
    const branch = firmware.architecture?.branchBefore(firmware.elfFile, at);
    if (branch?.isCall && branch.target === to) found.push(at);
  }
  return found;
}

/** What is at the first instruction of `innermost`, called from `returnAddress`; each word of the stack is `onStack`. */
function namesAt(firmware: Symbolizer, returnAddress: number, onStack: number): readonly string[] {
  const registers = new Uint32Array(33);
  registers[RA] = returnAddress;
  registers[SP] = 0x80030000;
  registers[PC] = firmware.symbol('innermost')?.address ?? 0;
  const { frames, end } = firmware.unwind(registers, () => onStack);
  const names = frames.map((frame) => firmware.sourcesOf(frame)[0]?.functionName ?? '');
  return [...names, end];
}

for (const march of ['rv32imac', 'rv32imc'] as const) {
  test(`RISC-V (${march}): what the return address register held when an interrupt came is no caller of its handler`, (t) => {
    if (missing.length > 0) return notRun(t, `${missing.join(', ')} not installed`);
    const flags = [`-march=${march}`, '-mabi=ilp32', '-misa-spec=2.2', '-Os', '-g', '-Wl,-e,main'];
    const script = 'test/symbols/programs/program-rv32.ld';
    const elf = buildArm({ sources: ['test/symbols/programs/trap-handler.c'], target: 'riscv', flags, script });
    const firmware = createSymbolizer(readFileSync(elf));
    const [inHandler = 0] = returnsOf(firmware, 'handler', 'innermost');
    const [inWorker = 0] = returnsOf(firmware, 'worker', 'innermost');
    const [calledHandler = 0] = returnsOf(firmware, 'main', 'handler');
    t.true(inHandler > 0 && inWorker > 0 && calledHandler > 0);
    // The interrupt came in `worker` behind its call: ra says `worker`, which called `innermost` and no handler.
    t.deepEqual(namesAt(firmware, inHandler, inWorker), ['innermost', 'handler', 'outermost']);
    // Called by its name, it is a function like any other.
    t.deepEqual(namesAt(firmware, inHandler, calledHandler), ['innermost', 'handler', 'main', 'main']);

    const frame = (address: number, functionName: string) => ({ address, functionName, file: '', line: 0 });
    const ofGdb = [frame(inHandler, 'handler'), frame(inWorker, 'worker'), frame(0, 'main')];
    t.deepEqual(
      correctedBacktrace(ofGdb, firmware).map(({ functionName }) => functionName),
      ['handler'],
    );
  });
}
