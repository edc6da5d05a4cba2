import type { TraceFormatError } from '../errors/errors.js';
import { alloctraceJson } from './alloctrace-json.js';
import { csvFormat } from './csv.js';
import { droneFormat, droneGenerationFormats } from './drone/drone.js';
import { esp8266RtosFormat, ovmsFormat } from './esp/esp8266-rtos.js';
import { idfAllocHookFormat } from './esp/idf-alloc-hook.js';
import { sysviewtraceJsonFormat } from './esp/sysviewtrace-json.js';
import { sysviewtraceTextFormat } from './esp/sysviewtrace-text.js';
import { espIdfHeapTraceFormat } from './esp-idf-heap-trace.js';
import type { TraceFormat } from './format.js';

import { gdbLog } from './gdb-log.js';
import { heapCapsDumpFormat, heapWalkFormat, rustAllocatorFormat } from './host/allocator-logs.js';
import { callLogFormat } from './host/call-log.js';
import { glibcMtraceFormat } from './host/glibc-mtrace.js';
import { swoFormat } from './itm/swo.js';
import { jsonTableFormat } from './json-table.js';
import { heapLevelsFormat } from './levels/heap-levels.js';
import { headLines } from './line-splitter.js';
import { mbedMemTraceFormat } from './mbed-mem-trace.js';
import { memInfoFormat } from './micropython/mem-info.js';
import { ndjsonFormat } from './ndjson.js';
import { nuttxMemdumpFormat } from './nuttx-memdump.js';
import { patternFormat } from './pattern/pattern-format.js';
import { allocationHistoryFormat } from './read-allocation-history.js';
import { nuttxGdbFormat } from './rtos/nuttx-gdb-memleak.js';
import { nuttxMmDebugFormat, nuttxNoteFormat } from './rtos/nuttx-logs.js';
import { px4MallocTableFormat } from './rtos/px4-malloc-table.js';
import { realtekDumpFormat, realtekEventsFormat } from './rtos/realtek.js';
import { rtThreadFormat } from './rtos/rt-thread.js';
import { tizenRtFormat } from './rtos/tizenrt.js';
import { systemViewFormat } from './systemview/systemview.js';
import { unknownInput } from './unknown-input.js';

/**
 * The formats that the viewer's page reads by itself, in the order in which ties are decided: all but those that only repeat what a journal says, as
 * a page has no room for them.
 */
export const PAGE_FORMATS: readonly TraceFormat[] = [
  gdbLog,
  allocationHistoryFormat,
  systemViewFormat,
  alloctraceJson,
  espIdfHeapTraceFormat,
  mbedMemTraceFormat,
  nuttxMemdumpFormat,
  memInfoFormat,
  nuttxGdbFormat,
  nuttxMmDebugFormat,
  nuttxNoteFormat,
  rtThreadFormat,
  tizenRtFormat,
  px4MallocTableFormat,
  realtekDumpFormat,
  realtekEventsFormat,
  esp8266RtosFormat,
  ovmsFormat,
  idfAllocHookFormat,
  sysviewtraceTextFormat,
  sysviewtraceJsonFormat,
  glibcMtraceFormat,
  heapCapsDumpFormat,
  heapWalkFormat,
  rustAllocatorFormat,
  callLogFormat,
  heapLevelsFormat,
  droneFormat,
  swoFormat,
  ndjsonFormat,
  jsonTableFormat,
  csvFormat,
  ...droneGenerationFormats,
  patternFormat,
];

const CERTAIN = 0.95;

/** What an input most likely is, and how sure that is. */
export interface Likely {
  readonly format: TraceFormat | undefined;
  readonly confidence: number;
}

/** The likeliest of some formats. */
export function likeliest(formats: readonly TraceFormat[], head: Uint8Array, whole: boolean): Likely {
  let best: Likely = { format: undefined, confidence: 0 };
  for (const format of formats) {
    const confidence = format.detect(head, whole);
    if (confidence > best.confidence) best = { format, confidence };
    // The binary detectors decode the head: not worth it when a text format has its own words in it.
    if (confidence >= CERTAIN) break;
  }
  return best;
}

/** The error for an input that none of these formats takes. */
export function noFormat(
  formats: readonly TraceFormat[],
  head: Uint8Array,
  { whole, subject = 'input' }: { readonly whole: boolean; readonly subject: string | undefined },
): TraceFormatError {
  const lines = headLines(head, whole);
  const near = formats.flatMap((format) => {
    const miss = format.nearMiss?.(lines);
    return miss ? [{ id: format.id, ...miss }] : [];
  });
  return unknownInput(head, { lines, near, subject });
}

/** The likeliest format that a page can read, by the first bytes. @throws TraceFormatError HH1402 when none fits. */
export function detectPageFormat(head: Uint8Array, whole: boolean, subject?: string): TraceFormat {
  const { format } = likeliest(PAGE_FORMATS, head, whole);
  if (format) return format;
  throw noFormat(PAGE_FORMATS, head, { whole, subject });
}
