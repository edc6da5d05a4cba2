import test from 'ava';
import { tableChanges } from '../../../lib/capture/malloc/table-changes.js';

const blockBytes = 16;
const live = new Map([
  [0x100, 32],
  [0x200, 16],
]);

test('what is gone, resized and unknown is told by address', (t) => {
  const table = new Map([
    [0x200, 3],
    [0x300, 1],
  ]);
  t.deepEqual(tableChanges(live, table, { blockBytes }), {
    gone: [0x100],
    resized: [{ address: 0x200, sizeBytes: 48 }],
    unknown: [{ address: 0x300, sizeBytes: 16 }],
    restarted: false,
  });
});

test('a call that returns the place of a live block: the collection inside of it has swept that', (t) => {
  const table = new Map([
    [0x100, 2],
    [0x200, 1],
  ]);
  t.deepEqual(tableChanges(live, table, { blockBytes, made: 0x100 }).gone, [0x100]);
  t.deepEqual(tableChanges(live, new Map([[0x300, 4]]), { blockBytes, kept: 0x100, made: 0x300 }), {
    gone: [0x200],
    resized: [],
    unknown: [],
    restarted: false,
  });
});

test('a heap of which nothing is left was restarted; a few blocks may all have been freed', (t) => {
  const eight = new Map(Array.from({ length: 8 }, (_, i) => [0x1000 + i * 16, 16] as const));
  t.true(tableChanges(eight, new Map(), { blockBytes }).restarted);
  t.false(tableChanges(live, new Map(), { blockBytes }).restarted);
});
