import test from 'ava';
import { decodeStream } from '../../lib/formats/load-trace.js';
import { TraceBuilder } from '../../lib/trace/trace-builder.js';
import { traceFromText } from '../support/trace-from-text.js';
import { written } from '../support/written.js';

const MIB = 1 << 20;

/** An endless input that tells how much of it was taken. */
function endless(piece: Uint8Array) {
  const taken = { bytes: 0 };
  const source = (async function* () {
    for (;;) {
      taken.bytes += piece.length;
      yield piece;
    }
  })();
  return { source, taken };
}

test('an endless input of one byte ends in an error, also where the format finds records in it', async (t) => {
  t.timeout(120_000);
  for (const id of ['swo', 'drone-g2']) {
    const { source, taken } = endless(Buffer.alloc(4 * MIB));
    await t.throwsAsync(decodeStream(source, { format: id }), { code: 'HH1646' }, id);
    t.true(taken.bytes <= 72 * MIB, `${id} took ${taken.bytes} bytes`);
  }
});

test('a format that finds nothing of its own in 64 MiB stops and says so', async (t) => {
  const { source } = endless(Buffer.from('nothing of the kind\n'.repeat(200_000)));
  await t.throwsAsync(decodeStream(source, { format: 'gdb-log', subject: 'x.log' }), {
    code: 'HH1645',
    message: /^x\.log: found nothing of a .* in 6[4-9]\.\d MiB, expected records$/,
  });
});

test('brackets within brackets are refused before they are parsed', async (t) => {
  for (const open of ['[', '{"a":']) {
    const document = Buffer.from(`[{"start_block":${open.repeat(100_000)}`);
    const source = (async function* () {
      yield document;
    })();
    await t.throwsAsync(decodeStream(source, { format: 'allocation-history' }), {
      code: 'HH1925',
      message: /more than 64 levels of brackets/,
    });
  }
});

test('a table of allocations of any size is read: its rows are events only at the end', async (t) => {
  const text = written('allocations-csv', traceFromText('alloc 0x1000 64 main@m.c:1')).toString();
  const [names, info, row = '', ...rest] = text.trimEnd().split('\n');
  // Long rows, so that there are few of them.
  const long = row.replace('main (m.c:1)', `${'main (m.c:1) <- '.repeat(3_000)}main (m.c:1)`);
  t.is(rest.length, 1);
  const count = Math.ceil((66 * MIB) / long.length);
  const source = (async function* () {
    yield Buffer.from(`${names}\n${info}\n`);
    // Its number, then that of its event.
    for (let i = 0; i < count; i++)
      yield Buffer.from(`${long.replace('0,', `${i},`).replace(',,,,0,', `,,,,${i},`)}\n`);
    yield Buffer.from(`${rest[0]?.replace(',0,', `,${count},`).replace(/(allocations"":)1/, `$1${count}`)}\n`);
  })();
  const builder = new TraceBuilder();
  await decodeStream(source, { builder });
  t.is(builder.eventCount, count);
  t.deepEqual(builder.gaps, []);
});

test('an allocation history of any size is read record by record', async (t) => {
  const record = (i: number) =>
    JSON.stringify({
      start_block: i % 1000,
      size: 1,
      start_trace: [['0x00000100', 'main.c:1', 'main']],
      start_time: i,
      end_trace: '',
      end_time: 100_000,
    });
  const text = `[${Array.from({ length: 5_000 }, (_, i) => record(i)).join(',\n')}]\n`;
  const bytes = Buffer.from(text);
  const builder = new TraceBuilder();
  const source = (async function* () {
    for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
  })();
  await decodeStream(source, { builder });
  t.is(builder.eventCount, 5_000);
  t.is(builder.tables.trie.parent.length, 1);
});
