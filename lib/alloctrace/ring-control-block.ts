import type { Address, Bytes, Microseconds } from '../base/units.js';
import { TargetError } from '../errors/errors.js';
import type { RingState } from '../ring/heap-ring.js';
import type { RingSettings } from '../ring/ring-settings.js';
import type { Backtrace, HeapEvent } from '../trace/heap-event.js';

/**
 * The control block of the board-side tracer, words in the order of `struct alloctrace_ring`
 * (examples/firmware/alloctrace/alloctrace.h, version 1).
 */
export interface RingControlBlock {
  readonly entryWords: number;
  readonly capacity: number;
  readonly maxDepth: number;
  readonly clockHz: number;
  readonly entriesAddress: Address;
  readonly settingsAddress: Address;
  readonly heapBase: Address;
  readonly heapBytes: Bytes;
  /** The target was halted while the tracer was changing what follows. */
  readonly busy: boolean;
  readonly state: RingState;
  /** Entries [drained, written) are in the ring; both wrap at 2^32. */
  readonly written: number;
  readonly drained: number;
  readonly captured: number;
  readonly overwritten: number;
  readonly collapsed: number;
  readonly missed: number;
}

const Word = {
  magic: 0,
  version: 1,
  entryWords: 2,
  capacity: 3,
  maxDepth: 4,
  clockHz: 5,
  entries: 6,
  settings: 7,
  heapBase: 8,
  heapBytes: 9,
  busy: 10,
  state: 11,
  written: 12,
  drained: 13,
  captured: 14,
  overwritten: 15,
  collapsed: 16,
  missed: 17,
} as const;

export const CONTROL_BLOCK_BYTES = 18 * 4;
/** Byte offset of `state, written, drained`, which a host writes together. */
export const STATE_OFFSET = Word.state * 4;
export const RING_RECORDING = 1;
const MAGIC = 0x52544c41;
const VERSION = 1;
const STATES = ['idle', 'recording', 'frozen', 'full'] as const;
const ENTRY_HEAD_WORDS = 8;
const MAX_CAPACITY = 65536;

/** Whether the tracer has started: before that the memory may hold anything. */
export function isRingStarted(block: Uint8Array): boolean {
  return wordsOf(block)(Word.magic) === MAGIC;
}

/** @throws TargetError HH1641 when it is not a control block that we know. */
export function parseControlBlock(block: Uint8Array, where: string): RingControlBlock {
  const word = wordsOf(block);
  const check = (name: keyof typeof Word, fine: (value: number) => boolean, expected: string) => {
    const value = word(Word[name]);
    if (!fine(value)) throw damaged(`${where}: ${name}`, value, expected);
    return value;
  };
  check('magic', (value) => value === MAGIC, `0x${MAGIC.toString(16)} (is this the address of alloctrace_ring?)`);
  check('version', (value) => value === VERSION, String(VERSION));
  const maxDepth = check('maxDepth', (value) => value >= 1 && value <= 6, '1 to 6');
  const entryWords = check('entryWords', (value) => value === ENTRY_HEAD_WORDS + maxDepth, `8 + ${maxDepth}`);
  const powerOfTwo = (value: number) => value > 0 && value <= MAX_CAPACITY && (value & (value - 1)) === 0;
  const capacity = check('capacity', powerOfTwo, `a power of two up to ${MAX_CAPACITY}`);
  const state = STATES[check('state', (value) => value < STATES.length, '0 to 3')] ?? 'idle';
  const written = word(Word.written);
  const drained = check(
    'drained',
    (value) => (written - value) >>> 0 <= capacity,
    `up to ${capacity} below ${written}`,
  );
  return {
    entryWords,
    capacity,
    maxDepth,
    clockHz: word(Word.clockHz),
    entriesAddress: word(Word.entries),
    settingsAddress: word(Word.settings),
    heapBase: word(Word.heapBase),
    heapBytes: word(Word.heapBytes),
    busy: word(Word.busy) !== 0,
    state,
    written,
    drained,
    captured: word(Word.captured),
    overwritten: word(Word.overwritten),
    collapsed: word(Word.collapsed),
    missed: word(Word.missed),
  };
}

/** One entry as an event; undefined when its sequence number is not the expected one (it was being written). */
export function parseEntry(entry: Uint8Array, seq: number, maxDepth: number, atUs?: (ticks: number) => Microseconds) {
  const word = wordsOf(entry);
  const kind = word(1) & 0xff;
  const depth = Math.min((word(1) >>> 8) & 0xff, maxDepth);
  if (word(0) !== seq || kind > 3) return undefined;
  const [address, sizeBytes, from, largestBeforeBytes, largestAfterBytes] = [
    word(2),
    word(3),
    word(4),
    word(6),
    word(7),
  ];
  const backtrace = Array.from({ length: depth }, (_, index) => frameOf(word(ENTRY_HEAD_WORDS + index), index));
  const common = {
    ...(atUs ? { atUs: atUs(word(5)) } : {}),
    ...(depth > 0 ? { backtrace: backtrace as Backtrace } : {}),
    // The tracer writes 0 where it was not told to look; a heap without a free byte reads the same.
    ...(largestBeforeBytes > 0 ? { largestBeforeBytes } : {}),
    ...(largestAfterBytes > 0 ? { largestAfterBytes } : {}),
  };
  const events: readonly HeapEvent[] = [
    { kind: 'alloc', address, sizeBytes, ...common },
    { kind: 'free', address, ...common },
    { kind: 'realloc', address, sizeBytes, fromAddress: from, ...common },
    { kind: 'failed', sizeBytes, ...(from > 0 ? { fromAddress: from } : {}), ...common },
  ];
  return events[kind];
}

/** The first address is the hook's own return address; the others were found by scanning the stack. */
function frameOf(address: Address, index: number) {
  const frame = { address, functionName: '', file: '', line: 0 };
  return index === 0 ? frame : { ...frame, certainty: 'guessed' as const };
}

export const STORED_SETTINGS_BYTES = 5 * 4;

/** The stored settings with their checksum, as the tracer checks them at its next start (`struct alloctrace_stored`). */
export function encodeSettings(settings: RingSettings): Uint8Array {
  const flags =
    Number(settings.stopOnFull) |
    (Number(settings.collapsePairs) << 1) |
    (Number(settings.captureLargest) << 2) |
    (Number(settings.backtrace.skipFrees) << 3);
  const words = [MAGIC, flags, settings.backtrace.depth, settings.backtrace.minSizeBytes];
  // FNV-1a, a word at a time.
  const checksum = words.reduce((hash, word) => Math.imul(hash ^ word, 16777619), 0x811c9dc5);
  return encodeWords([...words, checksum]);
}

/** @throws TargetError HH1641 when the tracer has stored none (it does at its start). */
export function decodeSettings(stored: Uint8Array, where: string): RingSettings {
  const word = wordsOf(stored);
  const flags = word(1);
  const settings = {
    stopOnFull: (flags & 1) !== 0,
    collapsePairs: (flags & 2) !== 0,
    captureLargest: (flags & 4) !== 0,
    backtrace: { depth: word(2), minSizeBytes: word(3), skipFrees: (flags & 8) !== 0 },
  };
  const again = encodeSettings(settings);
  if (word(0) !== MAGIC || !again.every((byte, index) => byte === stored[index]))
    throw damaged(`${where}: stored settings`, word(0), 'settings with a valid checksum');
  return settings;
}

export function encodeWords(words: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(words.length * 4);
  const view = new DataView(bytes.buffer);
  for (const [index, word] of words.entries()) view.setUint32(index * 4, word >>> 0, true);
  return bytes;
}

function wordsOf(bytes: Uint8Array): (index: number) => number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return (index) => view.getUint32(index * 4, true);
}

function damaged(where: string, found: number, expected: string): TargetError {
  return new TargetError('HH1641', `${where}: found 0x${found.toString(16)}, expected ${expected}`, {
    remedy: 'check that the ELF file is the one that runs, and that it contains the alloctrace tracer',
  });
}
