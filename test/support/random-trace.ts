import fc from 'fast-check';
import type { Frame, TraceRecord } from '../../lib/trace/heap-event.js';

const frame: fc.Arbitrary<Frame> = fc.record({
  address: fc.integer({ min: 0, max: 0xffff }),
  functionName: fc.constantFrom('main', 'gc_alloc', 'eval', 'spalte\u00e4', ''),
  file: fc.constantFrom('main.c', '../py/gc.c', ''),
  line: fc.integer({ min: 0, max: 500 }),
});
const backtrace = fc.array(frame, { maxLength: 6 });
const address = fc.integer({ min: 0x2000_0000 / 16, max: 0x2000_2000 / 16 }).map((block) => block * 16);
const sizeBytes = fc.integer({ min: 0, max: 400 });

/** Any record at all: frees of unknown blocks, overlaps and zero sizes included. */
export const anyRecord: fc.Arbitrary<TraceRecord> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('alloc' as const), address, sizeBytes, backtrace }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('free' as const, 'sweep' as const), address, backtrace }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('realloc' as const),
      address,
      fromAddress: address,
      sizeBytes,
      atUs: fc.integer({ min: 0, max: 1e9 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('failed' as const), sizeBytes, task: fc.integer({ min: 0, max: 3 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('mark' as const), name: fc.string({ maxLength: 8 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('gap' as const), reason: fc.constant('overflow'), lostEvents: fc.nat(9) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('epoch' as const), reason: fc.constant('gc_init') }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('note' as const), code: fc.constant('c'), text: fc.string() }),
  },
);

export const anyRecords = fc.array(anyRecord, { maxLength: 60 });
