import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { HeldEvent } from '../../lib/capture/gdb/held-event.js';
import type { TraceRecord } from '../../lib/trace/heap-event.js';

const alloc = (address: number): TraceRecord => ({ kind: 'alloc', address, sizeBytes: 16 });

function addresses(records: readonly TraceRecord[]): unknown[] {
  return records.map((record) => ('address' in record ? record.address : record.kind));
}

test('an event waits for the next record, which proves that the link was alive after it', (t) => {
  const out: TraceRecord[] = [];
  const last = new HeldEvent((record) => out.push(record));
  last.push(alloc(1));
  last.push(alloc(2));
  t.deepEqual(addresses(out), [1]);
  last.push({ kind: 'epoch', reason: 'gc_init' });
  t.deepEqual(addresses(out), [1, 2, 'epoch']);
  last.push(alloc(3));
  last.drop();
  t.deepEqual(addresses(out), [1, 2, 'epoch'], 'the event that the link died in is left out');
});

test('an event that nothing follows comes after a moment, and at once at a sound end', async (t) => {
  const out: TraceRecord[] = [];
  const last = new HeldEvent((record) => out.push(record));
  last.push(alloc(1));
  for (let i = 0; i < 100 && out.length === 0; i++) await sleep(50);
  t.deepEqual(addresses(out), [1]);
  last.push(alloc(2));
  last.release();
  t.deepEqual(addresses(out), [1, 2]);
  last.drop();
});
