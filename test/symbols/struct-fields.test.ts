import { readFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { createSymbolizer, type Symbolizer } from '../../lib/symbols/symbolizer.js';
import { buildArm, missingTools } from '../support/arm-build.js';
import { notRun } from '../support/not-run.js';

const missing = missingTools(['arm-none-eabi-gcc']);
const PATHS = [
  'mem.area.gc_alloc_table_start',
  'mem.area.gc_alloc_table_byte_len',
  'mem.area',
  'mem.small',
  'mem.high',
  'mem.levels',
  'mem.levels[2]',
  'mem.levels[2][3]',
  'more[1].area.next',
  'more',
  'name',
];

function open(t: ExecutionContext, ...flags: string[]): Symbolizer | undefined {
  if (missing.length > 0) return notRun(t, `${missing.join(', ')} not installed`);
  const script = 'test/symbols/programs/program.ld';
  const sources = ['test/symbols/programs/globals.c'];
  const all = ['-mcpu=cortex-m3', '-fno-data-sections', '-Wl,--no-gc-sections', ...flags];
  return createSymbolizer(readFileSync(buildArm({ sources, script, flags: all })));
}

const finds = test.macro({
  exec(t, flags: readonly string[]) {
    const symbolizer = open(t, ...flags);
    if (!symbolizer) return;
    const table = symbolizer.symbol('expected');
    const bytes = table && symbolizer.readMemory(table.address, table.sizeBytes);
    t.is(bytes?.length, PATHS.length * 8);
    const view = bytes && new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    PATHS.forEach((path, index) => {
      const expected = { address: view?.getUint32(index * 8, true), sizeBytes: view?.getUint32(index * 8 + 4, true) };
      t.deepEqual<unknown, unknown>(symbolizer.structFieldOffset('mp_state_ctx', path), expected, path);
    });
    const whole = symbolizer.symbol('mp_state_ctx');
    t.deepEqual(symbolizer.structFieldOffset('mp_state_ctx', ''), {
      address: whole?.address ?? 0,
      sizeBytes: whole?.sizeBytes ?? 0,
    });
    t.is(symbolizer.structFieldOffset('counter', '').sizeBytes, 8);
  },
  title: (_, flags: readonly string[]) => `finds members where the compiler put them: ${flags.join(' ')}`,
});

test(finds, ['-Og', '-g']);
test(finds, ['-Os', '-g', '-gdwarf-4']);
test(finds, ['-O1', '-g', '-gdwarf-2', '-gstrict-dwarf']);
test(finds, ['-Os', '-g', '-flto']);

test('enters arrays at element 0 when the path does not say which', (t) => {
  const symbolizer = open(t, '-Og', '-g');
  if (!symbolizer) return;
  t.deepEqual(
    symbolizer.structFieldOffset('mp_state_ctx', 'more.flags'),
    symbolizer.structFieldOffset('mp_state_ctx', 'more[0].flags'),
  );
});

test('says which member is missing and which there are', (t) => {
  const symbolizer = open(t, '-Og', '-g');
  if (!symbolizer) return;
  const missingMember = t.throws(() => symbolizer.structFieldOffset('mp_state_ctx', 'mem.area.gc_pool'), {
    code: 'HH1311',
  });
  t.true(missingMember?.message.includes('mp_state_ctx.mem.area: path mem.area.gc_pool: found no member gc_pool'));
  t.true(missingMember?.message.includes('gc_alloc_table_start, gc_alloc_table_byte_len, gc_pool_start, next'));
  t.throws(() => symbolizer.structFieldOffset('mp_state_ctx', 'mem.area.next.next'), {
    code: 'HH1311',
    message: /found a pointer/,
  });
  t.throws(() => symbolizer.structFieldOffset('hidden_pointer', 'x'), { code: 'HH1311', message: /found a pointer/ });
  t.throws(() => symbolizer.structFieldOffset('ratio', 'x'), { code: 'HH1311', message: /found no structure/ });
  t.throws(() => symbolizer.structFieldOffset('no_such_variable', 'x'), { code: 'HH1310' });
});
