import { patternReader } from '../pattern/pattern-format.js';

/** heap_trace_dump of ESP8266_RTOS_SDK: a walk over the traced blocks, with the file and line or the function that asked for each. */
export const esp8266RtosFormat = patternReader({
  id: 'esp8266-rtos',
  title: 'ESP8266_RTOS_SDK heap_trace_dump',
  source: 'ESP8266_RTOS_SDK heap trace',
  info: { contents: 'snapshot', sizeKind: 'block', unitBytes: 4 },
  patterns: [
    'alloc: mem @{address} size {size} caller file {file} line {line}',
    'alloc: mem @{address} size {size} caller func {caller}',
    'alloc: mem @{address} size {size} is used caller file {file} line {line}',
    'alloc: mem @{address} size {size} is used caller func {caller}',
    'hole: mem @{address} size {size} is freed',
    'alloc: mem @{address} size {size} is used',
    'alloc: p {address}, prev {any} next {any} size {size} caller file {file} line {line}',
    'alloc: p {address}, prev {any} next {any} size {size} caller func {caller}',
  ],
  damaged: /\bmem ?@0x[0-9a-f]|\bp 0x[0-9a-f]{1,16}, prev\b/i,
  confidence: 0.84,
  remedy: 'call heap_trace_dump() on the device and keep all of its output',
});

/** OVMS's `module memory` and `module leaks`: per task, the blocks that are new since the command before. */
export const ovmsFormat = patternReader({
  id: 'ovms',
  title: 'OVMS module memory (ESP-IDF blocks by task)',
  source: 'OVMS module memory (blocks that are new since the dump before)',
  info: { contents: 'snapshot', unitBytes: 4 },
  patterns: [
    'level(8-bit): Free 8-bit {free}/{size},',
    'level(32-bit): 32-bit {free}/{size},',
    'level(SPIRAM): SPIRAM {free}/{size}',
    'snapshot(module memory): Free 8-bit',
    'gap(more blocks than the dump has room for): (limited)',
    'alloc: + t={task} s={size} a={address}',
  ],
  damaged: /^\s*\+ t=/,
  confidence: 0.84,
  remedy: 'run `module memory TASK` in the OVMS shell and keep its whole output',
});
