import test, { type ExecutionContext } from 'ava';
import { csvFormat } from '../../lib/formats/csv.js';
import type { ImportOptions } from '../../lib/formats/format.js';
import { ndjsonFormat } from '../../lib/formats/ndjson.js';
import { detectFormat } from '../../lib/formats/registry.js';
import { EndCause, lifespans } from '../../lib/trace/lifespans.js';
import type { Trace } from '../../lib/trace/trace.js';
import { decodeIn, survivesEveryCut, utf8 } from '../support/decode-ways.js';

interface Expected {
  /** `size@address` of the blocks that live. */
  readonly live: readonly string[];
  readonly atUs?: readonly number[];
  /** What the note of assumptions must say; absent where nothing may be assumed. */
  readonly assumed?: RegExp;
  readonly gap?: RegExp;
  readonly options?: ImportOptions;
}

function live(trace: Trace): string[] {
  const spans = lifespans(trace);
  const alive = Array.from({ length: spans.count }, (_, i) => i).filter((i) => spans.endCause[i] === EndCause.alive);
  return alive.map((i) => `${spans.sizeBytes[i]}@${spans.address[i]?.toString(16)}`);
}

function rows(t: ExecutionContext, text: string, { live: expected, atUs, assumed, gap, options }: Expected): void {
  const bytes = utf8(text);
  const { trace, error } = decodeIn(csvFormat, bytes, options);
  t.is(error, undefined);
  t.deepEqual(live(trace), expected);
  if (atUs)
    t.deepEqual(
      [...(trace.events.atUs ?? [])].map((time) => Math.round(time * 1e3) / 1e3),
      atUs,
    );
  const note = trace.notes.find(({ code }) => code === 'columns-assumed')?.text;
  if (assumed) t.regex(note ?? '', assumed);
  else t.is(note, undefined);
  if (gap) t.regex(trace.gaps.map(({ reason }) => reason).join(), gap);
  t.is(trace.info.complete, gap === undefined);
  if (!options) t.is(detectFormat(bytes, true).id, 'csv');
  survivesEveryCut(t, csvFormat, bytes, options);
}

test(
  'seconds with fractions and no unit are read as seconds, and that is said',
  rows,
  'time,event,address,size\n0.002244575,alloc,0x3ffaff6c,8\n0.002307300,alloc,0x3ffb580c,2500\n0.502800000,free,0x3ffaff6c,\n',
  { live: ['2500@3ffb580c'], atUs: [2244.575, 2307.3, 502_800], assumed: /column time: seconds/ },
);

test(
  'units in the names are told, not assumed',
  rows,
  'Time (ms),Event,Address,Size (bytes),Caller\n1.5,alloc,0x20001000,64,0x08001235\n2.5,alloc,0x20001050,32,0x08001301\n9.5,free,0x20001000,,0x08001400\n',
  { live: ['32@20001050'], atUs: [1500, 2500, 9500] },
);

test('ts_us, size_kb and brackets', rows, 'ts_us;op;ptr;size_kb\n5;malloc;0x20001000;2\n', {
  live: ['2048@20001000'],
  atUs: [5],
});
test('seconds in brackets', rows, 'Time [s],op,ptr,size\n2,malloc,0x20001000,2\n', {
  live: ['2@20001000'],
  atUs: [2e6],
});

test('the user’s unit goes before every other', rows, 'time (ms),op,ptr,size\n5,malloc,0x20001000,2\n', {
  live: ['2@20001000'],
  atUs: [5e6],
  options: { columns: { time: 'time (ms):s' } },
});

test('decimal commas', rows, 'time;op;ptr;size\n1,5;malloc;0x20001040;64\n2,5;free;0x20001040;\n', {
  live: [],
  atUs: [1.5e6, 2.5e6],
  assumed: /decimal commas; column time: seconds/,
});

test(
  'a byte order mark and CRLF',
  rows,
  '\ufeffTime,Op,Addr,Size\r\n2.244,malloc,0x3ffaff6c,8\r\n2.307,malloc,0x3ffb580c,2500\r\n2.800,free,0x3ffaff6c,\r\n',
  {
    live: ['2500@3ffb580c'],
    atUs: [2_244_000, 2_307_000, 2_800_000],
    assumed: /seconds/,
  },
);

test('a clock in the first column is no log prefix', rows, 'time\top\tptr\tsize\n12:00:01.5\tmalloc\t0x20001000\t8\n', {
  live: ['8@20001000'],
  atUs: [43_201_500_000],
});

test(
  'rows behind the prefix of a monitor',
  rows,
  '12:34:56.789 > time_ms,op,ptr,size\n12:34:56.790 > 1,malloc,0x20001000,8\n',
  {
    live: ['8@20001000'],
    atUs: [1000],
  },
);

test(
  'bare hexadecimal addresses are read as such, and that is said',
  rows,
  'op,ptr,size\nmalloc,20001040,64\nmalloc,2000109c,32\nfree,20001040,\n',
  { live: ['32@2000109c'], assumed: /column ptr: hexadecimal/ },
);

test('bare decimal addresses as well', rows, 'op,ptr,size\nmalloc,536875072,64\n', {
  live: ['64@20001040'],
  assumed: /column ptr: decimal/,
});

test('the user’s radix is not assumed', rows, 'op,ptr,size\nmalloc,20001040,64\n', {
  live: ['64@1313110'],
  options: { columns: { address: 'ptr:dec' } },
});

test(
  'a free with a negative size is a free',
  rows,
  'time_us,op,ptr,size\n1,malloc,0x20001040,64\n2,free,0x20001040,-64\n',
  { live: [] },
);

test(
  'the old block of a realloc',
  rows,
  'op,ptr,old,size\nmalloc,0x20001040,,64\nrealloc,0x20001090,0x20001040,128\nfree,0x20001090,,\n',
  { live: [] },
);

test(
  'a realloc that does not say which block it took is a doubt',
  rows,
  'op,ptr,size\nmalloc,0x20001040,64\nrealloc,0x20001090,128\nfree,0x20001090,0\n',
  { live: ['64@20001040'], gap: /1 reallocs do not say/ },
);

test('allocations without sizes are not complete', rows, 'op,ptr\nmalloc,0x20001040\n', {
  live: ['0@20001040'],
  gap: /no allocation has a size/,
});
test('nor are some without', rows, 'op,ptr,size\nmalloc,0x20001040,\nmalloc,0x20001080,8\n', {
  live: ['0@20001040', '8@20001080'],
  gap: /1 allocations without a size/,
});

test(
  'columns between blanks, when each word is the name of one',
  rows,
  'Size Address\n64 0x20001000\n32 0x20001050\n',
  {
    live: ['64@20001000', '32@20001050'],
  },
);

test('tasks may have names', (t) => {
  const text =
    'ts_us,task,event,address,size\n1000,main,malloc,0x3ffaff6c,8\n1010,alloc0,malloc,0x3ffb580c,2500\n1020,main,free,0x3ffaff6c,\n';
  const { trace } = decodeIn(csvFormat, utf8(text));
  t.deepEqual([...(trace.events.task ?? [])], [1, 2, 1]);
  t.deepEqual(trace.info.taskNames, { 1: 'main', 2: 'alloc0' });
});

test('frees by size alone: 164 B live', (t) => {
  const { trace } = decodeIn(csvFormat, utf8('op,size\nalloc,7\nalloc,3\nalloc,164\nfree,3\nfree,7\n'));
  t.deepEqual(live(trace), ['164@0']);
});

test('JSON lines say what was assumed as well', (t) => {
  const { trace } = decodeIn(ndjsonFormat, utf8('{"ts":1.5,"op":"malloc","ptr":"20001040","size":4}\n'));
  t.deepEqual(live(trace), ['4@20001040']);
  t.regex(trace.notes[0]?.text ?? '', /column ptr: hexadecimal.*column ts: seconds/);
});
