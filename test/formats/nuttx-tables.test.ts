import test from 'ava';
import { nuttxMemdumpFormat } from '../../lib/formats/nuttx-memdump.js';
import { FORMATS } from '../../lib/formats/registry.js';
import { EndCause, lifespans } from '../../lib/trace/lifespans.js';
import { backtraceOf, type Trace } from '../../lib/trace/trace.js';
import { decodeIn, survivesEveryCut, utf8 } from '../support/decode-ways.js';

function read(text: string): Trace {
  const { trace, error } = decodeIn(nuttxMemdumpFormat, utf8(text));
  if (error) throw error;
  return trace;
}

/** Sizes of the live blocks by address. */
function live(trace: Trace): string[] {
  const spans = lifespans(trace);
  const alive = Array.from({ length: spans.count }, (_, i) => i).filter((i) => spans.endCause[i] === EndCause.alive);
  return alive.map((i) => `${spans.sizeBytes[i]}@${spans.address[i]?.toString(16)}`);
}

const USED = `nsh> memdump used
Dump all used memory node info:
   PID        Size    Sequence    Address Backtrace
     4        2064         120 0x20004ba8
     0         576           1 0x20003b58 0x08001234 0x08002345
  Total Blks  Total Size
           2        2640
`;
const FREE = `nsh> memdump free
Dump all free memory node info:
        Size    Address
        9312 0x200073d0
         160 0x20006a10
       31712 0x2000a0f8
  Total Blks  Total Size
           3       41184
`;

test('free blocks are regions, never allocations: 41,184 B in 3 pieces', (t) => {
  const trace = read(FREE);
  t.is(trace.eventCount, 0);
  t.deepEqual(trace.info.caps, { freeBytes: 41_184, largestFreeBytes: 31_712 });
  t.deepEqual(
    trace.regions.map(({ baseAddress, sizeBytes }) => [baseAddress, sizeBytes]),
    [
      [0x200073d0, 9312],
      [0x20006a10, 160],
      [0x2000a0f8, 31712],
    ],
  );
  t.true(trace.info.complete);
  t.regex(trace.notes[0]?.text ?? '', /41184 bytes free in 3 pieces, the largest 31712; what is in use is not/);
  survivesEveryCut(t, nuttxMemdumpFormat, utf8(FREE));
});

test('a dump of the free blocks does not end the blocks in use: 2,640 B in 2 of them, in either order', (t) => {
  for (const text of [USED + FREE, FREE + USED]) {
    const trace = read(text);
    t.deepEqual(live(trace), ['576@20003b58', '2064@20004ba8']);
    t.is(trace.info.caps?.freeBytes, 41_184);
    t.is(trace.epochs.length, 0);
    t.true(trace.info.complete);
    survivesEveryCut(t, nuttxMemdumpFormat, utf8(text));
  }
});

test('a second table of the blocks in use is another moment', (t) => {
  const trace = read(USED + USED.replace('2064', '1040').replace('2640', '1616'));
  t.deepEqual(live(trace), ['576@20003b58', '1040@20004ba8']);
  t.is(trace.epochs.length, 1);
});

const PREFIXES = [
  ['[ 5286.767232] [ 9] [  INFO] [ap] '],
  ['[01/30 02:18:32.741630] [ 7] [ap] '],
  ['12:34:56.789 > '],
  // Of its own making: no reader of prefixes knows them.
  ['[ap] ', 'memdump: ', 'ap 9 INFO: '],
].flat();

test('syslog prefixes, known or not, do not hide the table', (t) => {
  for (const prefix of PREFIXES) {
    const text = USED.split('\n')
      .map((line) => (line === '' || line.startsWith('nsh>') ? line : prefix + line))
      .join('\n');
    const trace = read(text);
    t.deepEqual(live(trace), ['576@20003b58', '2064@20004ba8'], prefix);
    t.deepEqual(
      backtraceOf(trace, trace.events.stack[0] ?? -1).map(({ address }) => address),
      [0x08001234, 0x08002345],
    );
    t.deepEqual([...(trace.events.task ?? [])], [0, 4]);
    t.true(trace.info.complete, prefix);
    t.true(nuttxMemdumpFormat.detect(utf8(text), true) > 0.9);
    survivesEveryCut(t, nuttxMemdumpFormat, utf8(text));
  }
});

test('a table with overhead, of one task: 136 B in 2 blocks', (t) => {
  const trace = read(`[01/30 02:18:32.741630] [ 7] [ap] PID Size Overhead Sequence Address Backtrace
[01/30 02:18:32.751630] [ 7] [ap]     12   56   24 1001 0x202d27a8 0x101382d6
[01/30 02:18:32.751730] [ 7] [ap]     12   80   24 1002 0x202d2808 0x101382d6 0x10138300
[01/30 02:18:32.751830] [ 7] [ap]   Total Blks  Total Size
[01/30 02:18:32.751930] [ 7] [ap]            2         136
`);
  t.deepEqual(live(trace), ['56@202d27a8', '80@202d2808']);
  t.deepEqual([...(trace.events.requestedBytes ?? [])], [32, 56]);
});

test('a table of addresses and sizes of anybody is not taken for NuttX’s', (t) => {
  for (const text of [
    'Live allocations:\nAddress    Size\n0x20001000 64\n0x20001050 32\n2 blocks\n',
    'Size Address\n64 0x20001000\n32 0x20001050\n',
    'free list: Size Address\n64 0x20001000\n',
  ]) {
    t.is(nuttxMemdumpFormat.detect(utf8(text), true), 0);
    t.is(decodeIn(nuttxMemdumpFormat, utf8(text)).error?.code, 'HH1451');
  }
  t.is(FORMATS.filter((format) => format.id === 'nuttx').length, 1);
});
