import test from 'ava';
import { EndReason } from '../../lib/capture/end-reason.js';
import { LastWords } from '../../lib/capture/last-words.js';
import { createSymbolizer } from '../../lib/symbols/symbolizer.js';
import { buildElf } from '../support/elf-builder.js';

const RISCV = 243;
const PC = 32;

/** How a capture without an event of a RISC-V program ends that was begun at one place and stands at another. */
async function endOf(entry: number, [began, stands]: readonly [number, number]): Promise<string | undefined> {
  let pc = began;
  const target = {
    registers: async () => Uint32Array.from({ length: 33 }, (_, index) => (index === PC ? pc : 0)),
    readMemory: async (_: number, length: number) => new Uint8Array(length),
  };
  const firmware = createSymbolizer(buildElf({ machine: RISCV, entry }));
  const words = await LastWords.prepare(target, firmware);
  pc = stands;
  return (await words.of({ reason: new EndReason('interrupted', false), reached: false, events: 0 })).endReason;
}

const STANDS = 'interrupted; the target is at 0x80000200; no event came: the target';

test('a program whose entry lies from 0x80000000 on and that began there was reset', async (t) => {
  t.is(await endOf(0x8000_0000, [0x8000_0000, 0x8000_0200]), `${STANDS} began at 0x80000000`);
  t.is(
    await endOf(0x8000_0200, [0x8000_0200, 0x8000_0200]),
    `${STANDS} stood at 0x80000200 from the start: it did not run`,
  );
});

test('one that began elsewhere was not', async (t) => {
  t.is(await endOf(0x8000_0000, [0x8000_0100, 0x8000_0200]), `${STANDS} began at 0x80000100, so it was not reset`);
});
