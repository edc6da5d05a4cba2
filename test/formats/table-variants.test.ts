import test from 'ava';
import { TraceFormatError } from '../../lib/errors/errors.js';
import { detectFormat, formatById } from '../../lib/formats/registry.js';
import { backtraceOf, type Trace } from '../../lib/trace/trace.js';
import { framesOf, liveBlocks, readCase } from '../support/case-trace.js';
import { decodeIn, utf8 } from '../support/decode-ways.js';

const innermost = (trace: Trace, seq: number) => backtraceOf(trace, trace.events.stack[seq] ?? -1)[0];

test('callers by name, by line, and with an address', (t) => {
  const trace = readCase(
    t,
    'csv',
    '| Address | Size | Caller |\n|---|---|---|\n| 0x20001000 | 64 | feed |\n| 0x20001050 | 32 | main+0x12 |\n| 0x20001080 | 8 | main.c:31 |\n| 0x20001090 | 4 | 0x08001235 <init+4> |\n| 0x200010a0 | 2 | 0x08001301 |\n',
  );
  t.deepEqual(
    [0, 1, 2, 3, 4].map((seq) => {
      const { address = 0, functionName, file, line } = innermost(trace, seq) ?? {};
      return [address, functionName, file, line];
    }),
    [
      [0, 'feed', '', 0],
      [0, 'main', '', 0],
      [0, '', 'main.c', 31],
      [0x08001235, 'init', '', 0],
      [0x08001301, '', '', 0],
    ],
  );
});

test('sizes in KB may have fractions', (t) => {
  const trace = readCase(t, 'csv', 'op,addr,size_kb\nmalloc,0x20001000,1.5\nmalloc,0x20002000,2\nfree,0x20001000,\n');
  t.deepEqual(liveBlocks(trace), { '0x20002000': 2048 });
  t.is(trace.events.sizeBytes[0], 1536);
});

for (const [language, names] of [
  ['German', 'Zeit;Ereignis;Adresse;Größe'],
  ['French', 'temps;opération;adresse;taille'],
  ['Spanish', 'tiempo;evento;dirección;tamaño'],
  ['Chinese', '时间;事件;地址;大小'],
] as const) {
  test(`names of columns in ${language}`, (t) => {
    const trace = readCase(
      t,
      'csv',
      `${names}\n0,5;malloc;0x20001000;64\n1,0;malloc;0x20001050;32\n1,5;free;0x20001000;\n`,
    );
    t.deepEqual(liveBlocks(trace), { '0x20001050': 32 });
    t.is(trace.events.atUs?.[2], 1.5e6);
  });
}

/** The pattern that the error for an unknown input gives. */
function suggestion(text: string): string {
  try {
    detectFormat(utf8(text), true, 'log.txt');
  } catch (error) {
    if (error instanceof TraceFormatError) return /--pattern '([^']+)'/.exec(error.remedy ?? '')?.[1] ?? '';
  }
  return '';
}

for (const text of [
  '[heap] alloc ptr=0x20001000 size=64 file=main.c line=12\n[heap] alloc ptr=0x20001050 size=32 file=net.c line=150\n',
  '0,5;malloc;0x20001000;64\n1,25;malloc;0x20001050;32\n',
  'got 64 bytes at 0x20001000 from pool 3\ngot 32 bytes at 0x20001050 from pool 4\n',
  'alloc: size=64 ptr=0x20001000 caps=0x1000\nalloc: size=32 ptr=0x20001050 caps=0x1800\n',
]) {
  test(`the command that an error gives reads all such lines: ${text.split('\n')[0]}`, (t) => {
    const patterns = [suggestion(text)];
    const { trace } = decodeIn(formatById('pattern'), utf8(text), { patterns });
    t.deepEqual(liveBlocks(trace), { '0x20001000': 64, '0x20001050': 32 });
  });
}

for (const [name, text] of [
  ['function', 'time_ms,function,address,size\n1,malloc,0x20001000,64\n2,malloc,0x20001080,32\n3,free,0x20001000,64\n'],
  [
    'any other name',
    'what,address,size\npvPortMalloc,0x20001000,64\npvPortMalloc,0x20001080,32\nvPortFree,0x20001000,64\n',
  ],
  [
    'a member',
    '{"func":"malloc","ptr":"0x20001000","size":64}\n{"func":"malloc","ptr":"0x20001080","size":32}\n{"func":"free","ptr":"0x20001000","size":64}\n',
  ],
  ['words of the past', 'event,ptr,size\nAllocated,0x20001000,64\nallocated,0x20001080,32\nFreed,0x20001000,64\n'],
] as const)
  test(`a row that says free frees, whatever its column is called: ${name}`, (t) => {
    const trace = readCase(t, text.startsWith('{') ? 'ndjson' : 'csv', text);
    t.deepEqual([...trace.events.kind], [0, 0, 1]);
    t.deepEqual(liveBlocks(trace), { '0x20001080': 32 });
    t.true(trace.info.complete);
    t.is(
      trace.notes.some(({ text: note }) => note.includes('the kinds of the events')),
      name !== 'words of the past',
    );
  });

test('kinds that are seen in a later row only make what came before doubtful', (t) => {
  const trace = readCase(t, 'csv', 'note,address,size\nboot,0x20001000,64\nfree,0x20001000,64\n');
  t.false(trace.info.complete);
  t.deepEqual([...trace.events.kind], [0, 1]);
});

test('the function of a table of live blocks is no kind', (t) => {
  const trace = readCase(t, 'csv', 'address,size,function\n0x20001000,64,malloc\n0x20001080,32,setup\n');
  t.deepEqual(framesOf(trace, 1), ['setup@:0']);
  t.deepEqual(trace.notes, []);
});
