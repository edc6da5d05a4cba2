import { patternReader } from '../pattern/pattern-format.js';

/** What NuttX's memory manager says of every call with CONFIG_DEBUG_MM_INFO; sizes hold the block's overhead. */
export const nuttxMmDebugFormat = patternReader({
  id: 'nuttx-mm',
  title: 'NuttX memory manager debug output (CONFIG_DEBUG_MM_INFO)',
  source: 'NuttX mm debug output',
  info: { sizeKind: 'block', unitBytes: 8 },
  patterns: [
    'region: Region {name}: base={address} size={size}',
    'region: Region {name}: base={address}, size={size}',
    'alloc: Allocated {address}, size {size}',
    'free: Freeing {address}',
    'failed: Allocation failed, size {size}',
  ],
  damaged: /\b(?:Allocated|Freeing) 0x/,
  confidence: 0.7,
  remedy: 'build with CONFIG_DEBUG_MM and CONFIG_DEBUG_MM_INFO, and keep the log (dmesg) from the boot on',
});

/** The heap events of sched_note, as `trace dump` and Perfetto's text form print them. */
export const nuttxNoteFormat = patternReader({
  id: 'nuttx-note',
  title: 'NuttX trace dump with heap notes (sched_note)',
  source: 'NuttX sched_note',
  info: { sizeKind: 'block', unitBytes: 8 },
  patterns: [
    'alloc: [{any}] {time:s}: tracing_mark_write: C|{task}|Heap Usage|{any}|malloc: heap: {any} size:{size}, address: {address}',
    'free: [{any}] {time:s}: tracing_mark_write: C|{task}|Heap Usage|{any}|free: heap: {any} size:{size}, address: {address}',
  ],
  damaged: /\|Heap Usage\|/,
  confidence: 0.84,
  remedy: 'build with CONFIG_SCHED_INSTRUMENTATION_HEAP and run `trace start` and `trace dump`',
});
