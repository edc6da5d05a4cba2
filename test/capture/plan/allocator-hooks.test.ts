import test from 'ava';
import { loadAllocator } from '../../../lib/allocators/load-allocator.js';
import { findHooks } from '../../../lib/capture/plan/allocator-hooks.js';
import { loadFirmware } from '../../../lib/firmware/load-firmware.js';
import { buildArm } from '../../support/arm-build.js';

const hooksOf = async (flags: readonly string[]) => {
  const elf = buildArm({
    sources: ['test/capture/plan/programs/partial-free.c'],
    flags: [
      '-mcpu=cortex-m3',
      '-O2',
      '-g',
      '-ffreestanding',
      '-nostdlib',
      '-Wl,-emain',
      '-Wl,--unresolved-symbols=ignore-all',
      ...flags,
    ],
  });
  const { hooks } = await loadAllocator('micropython-gc');
  const found = findHooks(await loadFirmware(elf), hooks);
  return { names: found.hooks.map(({ name }) => name), notes: found.notes };
};

test('a free that was inlined into a hooked function only is not missed', async (t) => {
  const { names, notes } = await hooksOf([]);
  t.deepEqual(names, ['gc_alloc', 'gc_free', 'gc_realloc', 'gc_collect_end']);
  t.deepEqual(notes, []);
});

test('a free whose first test was inlined elsewhere is hooked where its body begins', async (t) => {
  const { names, notes } = await hooksOf(['-DUSER']);
  t.deepEqual(names, ['gc_alloc', 'gc_free.part.0', 'gc_realloc', 'gc_collect_end']);
  t.deepEqual(notes, ['gc_free was inlined 1 times up to its body gc_free.part.0, which is hooked']);
});

test('a free that was inlined whole is said with the number of places', async (t) => {
  const { names, notes } = await hooksOf(['-DUSER', '-DWHOLE']);
  t.true(names.includes('gc_free'), 'the copy that others may call');
  t.deepEqual(notes, ['gc_free was inlined 1 times: those calls are not seen']);
});
