import type { Bytes } from '../../base/units.js';

/** What one line of a log says of how full a heap is. Absent means that the line does not say. */
export interface LevelValues {
  /** `PSRAM`, `internal`; empty for the whole heap. */
  readonly memory: string;
  readonly free?: Bytes;
  readonly largest?: Bytes;
  readonly minimum?: Bytes;
  readonly total?: Bytes;
  readonly used?: Bytes;
}

type Figure = Exclude<keyof LevelValues, 'memory'>;

// KEY, a sign or a few words, NUMBER, UNIT. Keys are words with what programmers write between them.
const PAIR =
  /([a-z][\w.()/ -]{0,47}?)[ )]{0,3}(?:[:=]|->| is | was )?\s{0,4}\b(\d{1,12}(?:\.\d{1,6})?) ?(bytes\b|[kM]i?B\b|[KM]\b|B\b)?(?!\w)/gi;
/** ESPHome: `'Heap Free': Sending state 189344.00000 B with 0 decimals of accuracy`. */
const SENSOR = /^'([^']{1,60})'\s?: Sending state (\d{1,12}(?:\.\d{1,6})?) ?([kKM]?i?B)\b/;
/** Meshtastic: `Heap status: 123456/234567 bytes free (-123), running 9/10 threads`. */
const SHARE = /\b(\w+ )?(?:heap|memory|mem)\b[^\d]{0,24}(\d{1,12}) ?\/ ?(\d{1,12}) (?:bytes )?(free|used)?/i;
/** mbed and others say first how much is used. */
const USED_SHARE = /^\s*Heap size: (\d{1,12}) ?\/ ?(\d{1,12}) bytes/;
const CONTEXT = /heap|mem(?:ory|_|\b)|\bd?i?ram\b|psram|spiram|malloc/i;
const UNITS: Readonly<Record<string, number>> = { k: 1024, m: 1024 * 1024 };

/** The levels that a line tells; undefined when it tells neither what is free nor the largest free block. */
export function parseLevelLine(line: string): LevelValues | undefined {
  if (line.length > 2000 || !CONTEXT.test(line)) return undefined;
  const text = line.includes('"') ? line.replaceAll('"', ' ') : line;
  const sensor = text.includes('Sending state') ? SENSOR.exec(text.trim()) : null;
  if (sensor) return ofPairs([[sensor[1] ?? '', sizeOf(sensor[2] ?? '', sensor[3])]], text);
  const hasShare = text.includes('/');
  const used = hasShare ? USED_SHARE.exec(text) : null;
  if (used)
    return {
      memory: '',
      total: Number(used[2]),
      used: Number(used[1]),
      free: Math.max(0, Number(used[2]) - Number(used[1])),
    };
  const share = hasShare ? SHARE.exec(text) : null;
  if (share) return ofShare(Number(share[2]), Number(share[3]), { what: share[4], text });
  const pairs: [string, number | undefined][] = [];
  for (const [, key = '', number = '', unit] of text.matchAll(PAIR)) pairs.push([key, sizeOf(number, unit)]);
  return ofPairs(pairs, text);
}

function ofShare(
  part: Bytes,
  total: Bytes,
  { what, text }: { what: string | undefined; text: string },
): LevelValues | undefined {
  if (part > total || what === undefined) return undefined;
  const isUsed = what.toLowerCase() === 'used';
  return { memory: memoryOf(text), free: isUsed ? total - part : part, total };
}

function ofPairs(pairs: readonly [key: string, value: number | undefined][], text: string): LevelValues | undefined {
  const values: Partial<Record<Figure, number>> = {};
  let memory = '';
  for (const [key, value] of pairs) {
    const { figure, memory: named } = meaningOf(key);
    // The first figure of a kind is the whole's; a second one is about something else.
    if (figure === undefined || value === undefined || values[figure] !== undefined) continue;
    values[figure] = value;
    memory ||= named;
  }
  if (
    values.free === undefined &&
    values.used !== undefined &&
    values.total !== undefined &&
    values.total >= values.used
  )
    values.free = values.total - values.used;
  if (values.free === undefined && values.largest === undefined && values.minimum === undefined) return undefined;
  return { memory: memory || memoryOf(text), ...values };
}

interface KeyMeaning {
  readonly figure: Figure | undefined;
  readonly memory: string;
}

/** A log says the same few things again and again. */
const meanings = new Map<string, KeyMeaning>();
const MAX_MEANINGS = 2000;

function meaningOf(key: string): KeyMeaning {
  const known = meanings.get(key);
  if (known) return known;
  const meaning = { figure: figureOf(key), memory: memoryOf(key) };
  if (meanings.size >= MAX_MEANINGS) meanings.clear();
  meanings.set(key, meaning);
  return meaning;
}

/** What a key is about: of `Free heap`, `heap_caps_get_largest_free_block`, `ESP.getMinFreeHeap()`, `Heap Max Block`, `min_free`. */
function figureOf(key: string): Figure | undefined {
  const words = key
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replace(/[_().-]+/g, ' ')
    .toLowerCase();
  // Counts, shares and changes are no sizes.
  if (
    /\b(?:blocks|count|percent|delta|diff|change|frag\w*|stack|flash|disk|min(?:utes)?|task|cpu)\s*$/.test(words.trim())
  )
    return undefined;
  if (/\b(?:stack|flash|disk|sketch)\b/.test(words)) return undefined;
  if (
    /\b(?:largest|biggest|max(?:imum)?)\b.*\b(?:free|block|alloc|heap|allocatable)\b|\bmax(?:free|alloc)\w*/.test(words)
  )
    return 'largest';
  if (/\b(?:min(?:imum)?|lowest|watermark|low water)\b/.test(words)) return 'minimum';
  if (/\b(?:free|available|avail|freeheap|remaining)\b/.test(words)) return 'free';
  if (/\b(?:used|allocated|in use)\b/.test(words)) return 'used';
  return /\b(?:total|heap size|size)\b/.test(words) ? 'total' : undefined;
}

function memoryOf(text: string): string {
  if (/psram|spiram|external/i.test(text)) return 'PSRAM';
  if (/internal|\biram\b/i.test(text)) return 'internal';
  return /\bdma\b/i.test(text) ? 'DMA' : '';
}

function sizeOf(number: string, unit: string | undefined): Bytes | undefined {
  const scale = UNITS[(unit ?? '').charAt(0).toLowerCase()] ?? 1;
  const value = Number(number) * (unit?.toLowerCase().startsWith('b') ? 1 : scale);
  // A fraction of a byte is a share or a time.
  return scale === 1 && !Number.isInteger(value) ? undefined : Math.round(value);
}
