import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { loadTrace, loadTraces } from '../../lib/formats/load-trace.js';
import { eventAt } from '../../lib/trace/trace.js';
import { tempFolder } from '../support/temp-folder.js';

test('files of several tasks are one trace, by time', async (t) => {
  const folder = tempFolder(t);
  const [a, b] = [join(folder, 'a.csv'), join(folder, 'b.csv')];
  await writeFile(a, 'time_us,op,ptr,size\n10,malloc,0x20001000,64\n30,malloc,0x20001000,16\n');
  await writeFile(b, 'time_us,op,ptr,size\n20,free,0x20001000,\n');
  const trace = (await loadTraces([a, b])).builder.build();
  t.deepEqual(
    [0, 1, 2].map((seq) => eventAt(trace, seq).kind),
    ['alloc', 'free', 'alloc'],
  );
  t.true(trace.info.complete);
});

test('events without times cannot be put in order', async (t) => {
  const folder = tempFolder(t);
  const [a, b] = [join(folder, 'a.csv'), join(folder, 'b.csv')];
  await writeFile(a, 'op,ptr,size\nmalloc,0x20001000,64\nfree,0x20001000,\n');
  await writeFile(b, 'op,ptr,size\nmalloc,0x20002000,64\nfree,0x20002000,\n');
  await t.throwsAsync(loadTraces([a, b]), { code: 'HH1414', message: /a\.csv/ });
});

test('tables of live blocks stand side by side', async (t) => {
  const folder = tempFolder(t);
  const [a, b] = [join(folder, 'a.csv'), join(folder, 'b.csv')];
  await writeFile(a, 'ptr,size\n0x20001000,64\n');
  await writeFile(b, 'ptr,size\n0x20002000,8\n');
  t.is((await loadTraces([a, b])).builder.eventCount, 2);
});

test('nothing read is no success', async (t) => {
  const folder = tempFolder(t);
  const file = join(folder, 'x');
  const inputs = ['op,ptr,size\n', ';\n; Version x\n;\n\0\0\0\0\0\0\0\0\0\0'];
  for (const input of inputs) {
    await writeFile(file, input);
    await t.throwsAsync(loadTrace(file), { code: 'HH1415' }, JSON.stringify(input));
  }
});

test('an input of no known format is quoted, with what came near and what to do', async (t) => {
  const folder = tempFolder(t);
  const file = join(folder, 'log.txt');
  await writeFile(file, '\u001b[31mgot 0x20001000 for 64 bytes\u001b[0m\u0007\nstart, stop, go\n');
  const error = await t.throwsAsync(loadTrace(file), { code: 'HH1402' });
  t.regex(
    error?.message ?? '',
    /line 1: found 'got 0x20001000 for 64 bytes\?', expected the start of a known trace format$/,
  );
  t.regex(String((error as { remedy?: string }).remedy), /--pattern 'alloc: got \{address\} for \{size\} bytes/);
  await writeFile(file, Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 1, 1, 1, 0, 0, 0));
  await t.throwsAsync(loadTrace(file), { code: 'HH1402', message: /byte 0: found 7f 45 4c 46/ });
});

test('a log of events that also tells how full the heap was says that this was not read', async (t) => {
  const log = join(tempFolder(t), 'log.txt');
  const lines = [
    'heap: free 5000 bytes',
    '#m:0x20001000;0x185b-512',
    'heap: free 4488 bytes',
    '#f:0x0;0x189d-0x20001000',
  ];
  await writeFile(log, `${lines.join('\n')}\n`);
  const { builder, format } = await loadTrace(log);
  t.is(format, 'mbed');
  t.is(builder.eventCount, 2);
  t.true(builder.notes.some(({ text }) => text.includes('options.format heap-levels reads that')));
  const levels = await loadTrace(log, { format: 'heap-levels' });
  t.deepEqual(
    levels.builder.levels.map(({ freeBytes }) => freeBytes),
    [5000, 4488],
  );
});
