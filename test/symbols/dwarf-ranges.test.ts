import test from 'ava';
import { createSymbolizer } from '../../lib/symbols/symbolizer.js';
import { buildElf, pack } from '../support/elf-builder.js';

const word = (value: number) => pack(false, [value, 4]);
const text = (value: string) => [...new TextEncoder().encode(value), 0];

/** Which of some addresses a function `f` covers whose ranges are a list; address 0x1000 is the unit's low_pc, .debug_addr has 0x3000, 0x4000. */
function covered(version: 4 | 5, list: readonly number[], addresses: readonly number[], indexed = false): number[] {
  const form = indexed ? 0x23 : 0x17;
  const unit = [0x11, 1, 0x11, 0x01, 0x55, form, ...(version === 5 ? [0x73, 0x17, 0x74, 0x17] : []), 0, 0];
  const abbrev = [1, ...unit, 2, 0x2e, 0, 0x03, 0x08, 0x55, form, 0, 0, 0];
  const reference = indexed ? [0] : word(0);
  const bases = version === 5 ? [...word(8), ...word(0)] : [];
  const entries = [1, ...word(0x1000), ...reference, ...bases, 2, ...text('f'), ...reference, 0];
  const header = version === 5 ? [5, 0, 1, 4, ...word(0)] : [4, 0, ...word(0), 4];
  const info = [...word(header.length + entries.length), ...header, ...entries];
  const lists = indexed ? [...word(4), ...list] : list;
  const file = buildElf({
    sections: [
      { name: '.text', flags: 6, address: 0x1000, bytes: Array(0x4000).fill(0) },
      { name: '.debug_abbrev', bytes: abbrev },
      { name: '.debug_info', bytes: info },
      { name: version === 5 ? '.debug_rnglists' : '.debug_ranges', bytes: lists },
      { name: '.debug_addr', bytes: [...Array(8).fill(0), ...word(0x3000), ...word(0x4000)] },
    ],
  });
  const symbolizer = createSymbolizer(file);
  const found = addresses.filter((address) => symbolizer.locate(address)[0]?.functionName === 'f');
  for (const problem of symbolizer.problems) throw problem;
  return found;
}

test('reads .debug_ranges: offsets from the base, and base selection', (t) => {
  const list = [
    ...word(0x10),
    ...word(0x20),
    ...word(0xffffffff),
    ...word(0x2000),
    ...word(0),
    ...word(4),
    ...word(0),
    ...word(0),
  ];
  t.deepEqual(
    covered(4, list, [0x100f, 0x1010, 0x101f, 0x1020, 0x1fff, 0x2000, 0x2003, 0x2004]),
    [0x1010, 0x101f, 0x2000, 0x2003],
  );
});

test('reads every kind of .debug_rnglists entry', (t) => {
  const probe = [
    0x1003, 0x1004, 0x1007, 0x1008, 0x2000, 0x2001, 0x2002, 0x3000, 0x3004, 0x3fff, 0x4000, 0x4003, 0x4004,
  ];
  const cases: [number[], number[]][] = [
    [
      [4, 4, 8],
      [0x1004, 0x1007],
    ], // offset_pair from low_pc
    [
      [5, ...word(0x2000), 4, 0, 2],
      [0x2000, 0x2001],
    ], // base_address
    [[1, 0, 4, 0, 4], [0x3000]], // base_addressx
    [
      [2, 0, 1],
      [0x3000, 0x3004, 0x3fff],
    ], // startx_endx
    [
      [3, 1, 4],
      [0x4000, 0x4003],
    ], // startx_length
    [[6, ...word(0x2001), ...word(0x2002)], [0x2001]], // start_end
    [[7, ...word(0x1007), 1], [0x1007]], // start_length
    [
      [4, 3, 4, 4, 7, 8, 7, ...word(0x4003), 1],
      [0x1003, 0x1007, 0x4003],
    ],
  ];
  for (const [list, expected] of cases) {
    t.deepEqual(covered(5, [...list, 0], probe), expected);
    t.deepEqual(covered(5, [...list, 0], probe, true), expected);
  }
});

test('ignores empty ranges and those of functions that the linker discarded', (t) => {
  t.deepEqual(covered(5, [4, 4, 4, 7, ...word(0x2000), 0, 4, 8, 9, 0], [0x1004, 0x1008, 0x2000]), [0x1008]);
  t.deepEqual(covered(5, [7, ...word(0), 16, 0], [0, 8]), []);
});

test('reports a damaged list and goes on without it', (t) => {
  t.throws(() => covered(5, [9], [0x1000]), { code: 'HH1306', message: /range list entry 9/ });
  t.throws(() => covered(5, [5, 1], [0x1000]), { code: 'HH1302' });
});
