import { patternReader } from '../pattern/pattern-format.js';

/** heap_trace_dump of Realtek's Ameba SDK; the word of its own is spelt both ways. */
export const realtekDumpFormat = patternReader({
  id: 'realtek-dump',
  title: 'Realtek Ameba heap trace dump',
  source: 'Realtek heap trace',
  info: { contents: 'snapshot', unitBytes: 4 },
  patterns: [
    'snapshot(dump): Heap Trace Log Count: {any} records',
    'alloc: {size} bytes (@ {address}) allocated, caller bakctrace: {backtrace}',
    'alloc: {size} bytes (@ {address}) allocated, caller backtrace: {backtrace}',
    'total: {size} bytes alive in trace ({count} allocations)',
    'total: {size} bytes leaked in trace ({count} allocations)',
    "total: {size} bytes 'leaked' in trace ({count} allocations)",
    'gap(the trace buffer was full): Buffer has overflowed',
  ],
  damaged: /\bbytes \(@ 0x/,
  confidence: 0.88,
  remedy: 'call heap_trace_dump() on the device and keep all of its output',
});

/** The calls that the same SDK prints as they happen. */
export const realtekEventsFormat = patternReader({
  id: 'realtek',
  title: 'Realtek Ameba [trace_malloc] and [trace_free] lines',
  source: 'Realtek heap trace events',
  info: { unitBytes: 4 },
  patterns: [
    'alloc: [trace_malloc] pvAddress:{address}, uiSize:{size}',
    'free: [trace_free] pvAddress:{address}, uiSize:{size}',
  ],
  damaged: /\[trace_(?:malloc|free)\]/,
  confidence: 0.84,
  remedy: 'enable the trace of malloc and free in the SDK and keep the log',
});
