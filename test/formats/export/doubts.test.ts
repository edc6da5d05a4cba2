import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { alloctraceJson } from '../../../lib/formats/alloctrace-json.js';
import { TRACE_WRITERS, writerById } from '../../../lib/formats/export/trace-writers.js';
import { decodeAll, type TraceFormat } from '../../../lib/formats/format.js';
import { allocationHistoryFormat } from '../../../lib/formats/read-allocation-history.js';
import { writeAlloctraceJson } from '../../../lib/formats/write-alloctrace-json.js';
import { CUT_FRAME, type TraceInfo } from '../../../lib/trace/heap-event.js';
import type { Trace } from '../../../lib/trace/trace.js';
import { TraceBuilder } from '../../../lib/trace/trace-builder.js';
import { traceDoubts } from '../../../lib/trace/trace-doubts.js';
import { frameNamed } from '../../support/frame-named.js';
import { temporaryFolder, toolOutput, toolPath } from '../../support/real-tool.js';
import { traceFromText } from '../../support/trace-from-text.js';
import { written } from '../../support/written.js';

/** Everything that can be wrong with a trace at once; the note tries to end a line and to act on a terminal. */
function doubtful(info: Partial<TraceInfo> = {}): Trace {
  const builder = new TraceBuilder();
  const clock = { kind: 'host', name: 'gdb' } as const;
  builder.add({ kind: 'info', info: { source: 'gdb engine', doubtful: 'frees before their blocks', clock, ...info } });
  const cut = [frameNamed('leaf'), CUT_FRAME];
  const guessed = [frameNamed('leaf'), frameNamed('by_hand', { certainty: 'guessed' })];
  builder.add({ kind: 'alloc', address: 0x1000, sizeBytes: 64, atUs: 5, backtrace: cut });
  builder.add({ kind: 'gap', reason: 'the ring was full', lostEvents: 3 });
  builder.add({ kind: 'alloc', address: 0x1100, sizeBytes: 16, atUs: 9, backtrace: guessed });
  builder.add({ kind: 'note', code: 'odd', text: 'assumed: seconds\n+ 0\u001b[2J' });
  return builder.build();
}

const SENTENCES = [
  'the capture is incomplete: the ring was full (3 events lost before event 1)',
  'the capture is doubtful: frees before their blocks',
  'backtraces: 1 of 2 do not reach the outermost call: [...] stands for the rest',
  'backtraces: 1 of 2 are guessed in part (1 frames; no unwind information, or no call before the return address), from by_hand on outwards',
  'times are host clock microseconds (gdb): the halts of the target are in them',
  'assumed: seconds + 0 [2J',
];

test('the doubts of a trace are one sentence each, the most serious first', (t) => {
  t.deepEqual(traceDoubts(traceFromText('alloc 0x10 8 a@x.c:1')), []);
  t.deepEqual(
    traceDoubts(doubtful()).map(({ kind }) => kind),
    ['incomplete', 'doubtful', 'backtraces', 'backtraces', 'clock', 'note'],
  );
  t.deepEqual(
    traceDoubts(doubtful())
      .slice(0, 5)
      .map(({ text }) => text),
    SENTENCES.slice(0, 5),
  );
  const moment = traceDoubts(doubtful({ contents: 'snapshot' }));
  t.true(moment.some(({ kind, text }) => kind === 'contents' && text.startsWith('a snapshot of the blocks')));
});

// Folded stacks have no place for it: their readers take every line for a stack.
const CARRIES = TRACE_WRITERS.filter(({ id }) => !id.startsWith('folded'));

for (const { id } of CARRIES) {
  if (id === 'allocation-history') continue;
  test(`${id}: every doubt stands in the file, and an exact trace has none`, (t) => {
    const bytes = written(id, doubtful());
    const text = id === 'pprof' ? bytes.toString() : bytes.toString().replaceAll('\\"', '"');
    for (const sentence of SENTENCES) t.true(text.includes(sentence), sentence);
    // The note's own ESC; in a binary file a length may be the same byte.
    t.false(text.includes('\u001b['));
    const exact = written(id, traceFromText('alloc 0x10 8 a@x.c:1')).toString();
    t.false(/doubtful|incomplete|assumed/.test(exact.replace('"doubts":[]', '')), exact);
  });
}

async function file(t: ExecutionContext, id: string): Promise<string> {
  const path = join(await temporaryFolder(t), `out${writerById(id).extension}`);
  await writeFile(path, written(id, doubtful()));
  return path;
}

test('go tool pprof shows the doubts', async (t) => {
  t.true(SENTENCES.length > 0);
  if (!toolPath(t, 'go')) return;
  const comments = await toolOutput('go', ['tool', 'pprof', '-comments', await file(t, 'pprof')]);
  t.deepEqual(comments.trim().split('\n'), SENTENCES);
});

test('ms_print shows the doubts, and heaptrack_print passes over them', async (t) => {
  const [first = ''] = SENTENCES;
  t.not(first, '');
  if (toolPath(t, 'ms_print')) t.true((await toolOutput('ms_print', [await file(t, 'massif')])).includes(first));
  if (!toolPath(t, 'heaptrack_print')) return;
  const printed = await toolOutput('heaptrack_print', [await file(t, 'heaptrack')]);
  t.notRegex(printed, /failed to parse/);
  t.regex(printed, /total memory leaked: 80B/);
});

function readBack(format: TraceFormat, bytes: Uint8Array): Trace {
  const builder = new TraceBuilder();
  decodeAll(format, bytes, builder);
  return builder.build();
}

const WAYS: readonly [string, TraceFormat, (trace: Trace) => Uint8Array][] = [
  ['allocation_history.json', allocationHistoryFormat, (trace) => written('allocation-history', trace)],
  ['alloctrace', alloctraceJson, (trace) => Buffer.from([...writeAlloctraceJson(trace)].join(''))],
];

for (const [name, format, write] of WAYS) {
  test(`${name}: what was doubted comes back with the file, and an exact one stays exact`, (t) => {
    fc.assert(
      fc.property(
        fc.record({
          complete: fc.boolean(),
          doubtful: fc.option(fc.string({ minLength: 1 }), { nil: undefined }),
          gap: fc.option(fc.record({ reason: fc.string(), lost: fc.option(fc.nat(), { nil: undefined }) }), {
            nil: undefined,
          }),
          note: fc.option(fc.string(), { nil: undefined }),
          contents: fc.constantFrom('history', 'snapshot', 'leaks', 'totals'),
          clock: fc.constantFrom('host', 'target', undefined),
        }),
        ({ complete, doubtful: why, gap, note, contents, clock }) => {
          const builder = new TraceBuilder();
          const named = clock === undefined ? {} : { clock: { kind: clock as 'host', name: 'a clock' } };
          const info = {
            complete,
            contents: contents as 'history',
            ...(why === undefined ? {} : { doubtful: why }),
            ...named,
          };
          builder.add({ kind: 'info', info });
          builder.add({ kind: 'alloc', address: 0x1000, sizeBytes: 64, atUs: 1 });
          if (gap)
            builder.add({
              kind: 'gap',
              reason: gap.reason,
              ...(gap.lost === undefined ? {} : { lostEvents: gap.lost }),
            });
          if (note !== undefined) builder.add({ kind: 'note', code: 'n', text: note });
          const before = builder.build();
          const after = readBack(format, write(before));
          const facts = (trace: Trace) => [
            trace.info.complete,
            trace.info.doubtful,
            trace.info.contents ?? 'history',
            trace.info.clock,
            trace.gaps.map(({ reason, lostEvents }) => [reason, lostEvents]),
            trace.notes.map(({ code, text }) => [code, text]),
          ];
          t.deepEqual(facts(after), facts(before));
        },
      ),
      { numRuns: 200 },
    );
  });
}

test('allocation_history.json: how many backtraces were guessed is a note when it is read back, cut ones are marked', (t) => {
  const after = readBack(allocationHistoryFormat, written('allocation-history', doubtful()));
  const texts = traceDoubts(after).map(({ text }) => text);
  t.true(texts.includes(SENTENCES[2] ?? ''));
  t.true(texts.includes(SENTENCES[3] ?? ''));
});
