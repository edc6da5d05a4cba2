import test from 'ava';
import { loadBoard } from '../../lib/boards/load-board.js';
import { fitBoard } from '../../lib/firmware/board-memory.js';
import { loadFirmware } from '../../lib/firmware/load-firmware.js';
import { lispFirmware, symbolAddresses } from '../support/lisp-firmware.js';

const forMps2 = lispFirmware({ board: 'mps2-an385', opt: 'Og', variant: 'small' });
const forMicrobit = lispFirmware({ board: 'microbit', opt: 'Og', variant: 'small' });

test('a firmware that is larger than the memory of the board is refused, with the boards that it fits', async (t) => {
  // The mps2's heap alone is larger than the RAM of a micro:bit, 16 KiB.
  const board = await loadBoard('qemu-microbit');
  const error = await t.throwsAsync(fitBoard(board, await loadFirmware(forMps2), { elf: 'fw.elf' }), {
    code: 'HH1537',
  });
  t.regex(error?.message ?? '', /fw\.elf: does not fit board qemu-microbit: found .* beyond the end at 0x20004000/);
  t.regex((error as { remedy?: string }).remedy ?? '', /qemu-mps2-an385/);
});

test('a firmware at addresses where the board has nothing is refused', async (t) => {
  const board = await loadBoard('stm32f4_discovery');
  const error = await t.throwsAsync(fitBoard(board, await loadFirmware(forMicrobit), { elf: 'fw.elf' }), {
    code: 'HH1537',
  });
  t.regex(error?.message ?? '', /at 0x00000000, expected them within flash 0x08000000 \+ 1\.0 MiB/);
});

test('what fits is taken as it is, also where an emulator got more memory by its arguments', async (t) => {
  const board = await loadBoard('qemu-microbit');
  t.deepEqual(await fitBoard(board, await loadFirmware(forMicrobit), { elf: 'fw.elf' }), { board, notes: [] });
  const larger = await fitBoard(board, await loadFirmware(forMps2), { elf: 'fw.elf', memoryMayDiffer: true });
  t.is(larger.board, board);
  t.regex(larger.notes.join(), /beyond the end at 0x20004000/);
});

test('generic takes its memory from the segments and the initial stack pointer', async (t) => {
  const image = await loadFirmware(forMicrobit);
  const { board } = await fitBoard(await loadBoard('generic'), image, { elf: 'fw.elf' });
  const ram = board.memory.filter(({ kind }) => kind === 'ram');
  // 16 KiB of RAM from 0x20000000 on; the stack ends at its end.
  t.is(ram.length, 1);
  const end = (ram[0]?.baseAddress ?? 0) + (ram[0]?.sizeBytes ?? 0);
  t.is(end, 0x20004000);
  const heap = symbolAddresses(forMicrobit)('heap');
  t.true((ram[0]?.baseAddress ?? 0) <= heap && heap < end);
  t.is(board.memory.find(({ kind }) => kind === 'flash')?.baseAddress, 0);
});
