import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { allocationHistoryBytes, allocationHistorySize } from '../../lib/formats/allocation-history.js';
import { decodeStream } from '../../lib/formats/load-trace.js';
import { OUTPUT_FILES, writeOutputs } from '../../lib/output/write-outputs.js';
import { tempFolder } from '../support/temp-folder.js';
import { traceFromText } from '../support/trace-from-text.js';
import { written } from '../support/written.js';

const trace = traceFromText(
  Array.from(
    { length: 200 },
    (_, i) => `alloc 0x${(0x1000 + i * 16).toString(16)} 16 main@m.c:1 > f@a.c:${i + 1}`,
  ).join('\n'),
);

test('a history above the limit is not written, what an earlier capture left goes, and the summary says how to get it', async (t) => {
  const folder = tempFolder(t);
  const path = join(folder, OUTPUT_FILES.history);
  writeFileSync(path, '[]');
  const { summary } = await writeOutputs(trace, folder, { maxHistoryBytes: 10_000 });
  t.false(existsSync(path));
  const note = summary.notes.find(({ code }) => code === 'history-not-written');
  t.regex(note?.text ?? '', /harvest export capture\.harvest --format allocation-history/);
  t.regex(readFileSync(join(folder, OUTPUT_FILES.summary), 'utf8'), /history-not-written/);
  const bytes = written('allocation-history', trace);
  const source = (async function* () {
    yield bytes;
  })();
  t.is((await decodeStream(source, {})).builder.eventCount, trace.eventCount);
});

test('a history below the limit is written, of about the size that was told', async (t) => {
  const folder = tempFolder(t);
  await writeOutputs(trace, folder);
  const size = statSync(join(folder, OUTPUT_FILES.history)).size;
  const told = allocationHistorySize(trace, 2 ** 30);
  t.true(Math.abs(told - size) < size / 5, `${told} told, ${size} written`);
  t.is(size, Buffer.concat([...allocationHistoryBytes(trace)]).length);
});
