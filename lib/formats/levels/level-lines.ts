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
  /** How the line words what is free, numbers left out. */
  readonly wording?: string;
  /** Another memory of which the line tells what is free, too: that is not read. */
  readonly otherMemory?: string;
}

/** What a table of levels says on the line at hand: levels that are whole, an area of memory, or nothing yet. */
export type TableLine =
  | { readonly kind: 'level'; readonly level: LevelValues }
  | { readonly kind: 'region'; readonly address: number; readonly sizeBytes: Bytes }
  | { readonly kind: 'more' };

type Figure = Exclude<keyof LevelValues, 'memory' | 'wording' | 'otherMemory'>;

// KEY, a sign or a few words, NUMBER, UNIT. Keys are words with what programmers write between them.
const UNIT = String.raw`(bytes\b|[kM]i?B\b|[KM]\b|B\b)`;
// Thousands are parted by commas, apostrophes or dots, or by blanks where what follows shows that the number is over.
const NUMBER = String.raw`(\d{1,3}(?:[,'\u2019_]\d{3}){1,4}(?!\d)|\d{1,3}(?:\.\d{3}){2,4}(?![.\d])|\d{1,3}(?:[ \u00a0\u202f]\d{3}){1,4}(?=\s?(?:bytes\b|[kM]i?B\b|B\b|[,;)\]]|$))|\d{1,12}(?:\.\d{1,6})?)`;
/** Not a size: a share, a time, a count, the number of something that the value follows (`after 10 s: 41232`, `loop 12: 41232`). */
const NO_SIZE = String.raw`(?!\w| ?%| ?(?:[mu]?s|sec(?:onds?)?|minutes?|times)\b|\s?[:=]\s?\d)`;
const PAIR = new RegExp(
  String.raw`([a-z][\w.()/ -]{0,47}?)([ )]{0,3}(?:[:=]|->| is | was )?\s{0,4})\b${NUMBER} ?${UNIT}?${NO_SIZE}`,
  'gi',
);
const COUNTED = '(?:blocks|chunks|slots|entries|pages|units|nodes|buffers|bufs|pbufs|handles|items)';
/** The other way round: `45.2 KB free`, `12,345 bytes available`. */
const NUMBER_FIRST = new RegExp(
  String.raw`\b${NUMBER} ?${UNIT}? ?(?:of )?(free|available|used)\b(?! ?${COUNTED}\b)`,
  'gi',
);
/** What a number without a sign before it stands behind: in `free list at index 12` it is no size. */
const LAST_WORD =
  /(?:^|[\W_]|[a-z])(?:free|heap|mem|memory|size|(?:d|i|ps|spi|s)?ram|left|remaining|available|avail|bytes|is|was|now|total|used|allocated|alloc|largest|biggest|block|min|minimum|ever|max|maximum|lowest|space|current|internal|external|watermark)[ )]{0,3}$/i;
/** `multi_heap_poisoning.c:259` is a place in a program. */
const FILE = /\.(?:c|cc|cpp|cxx|h|hpp|inc|inl|ino|py|lua|rs|go)\s*$/i;
const CHANGE = /(?:^|[\s=:(])[-+]$|\bby\s*$/;
/** ESPHome: `'Heap Free': Sending state 189344.00000 B with 0 decimals of accuracy`. */
const SENSOR = /^'([^']{1,60})'\s?: Sending state (\d{1,12}(?:\.\d{1,6})?) ?([kKM]?i?B)\b/;
/** Meshtastic: `Heap status: 123456/234567 bytes free (-123), running 9/10 threads`. */
const SHARE = /\b(\w+ )?(?:heap|memory|mem)\b[^\d]{0,24}(\d{1,12}) ?\/ ?(\d{1,12}) (?:bytes )?(free|used)?/i;
/** mbed and others say first how much is used. */
const USED_SHARE = /^\s*Heap size: (\d{1,12}) ?\/ ?(\d{1,12}) bytes/;
const CONTEXT =
  /heap|mem(?:ory|_|\b)|\bd?i?ram\b|psram|spiram|malloc|\b(?:largest|biggest|max)\b.{0,20}\bblock|xSizeOfLargestFreeBlock|xMinimumEverFreeBytes/i;
const UNITS: Readonly<Record<string, number>> = { k: 1024, m: 1024 * 1024 };

/** The levels that a line tells; undefined when it tells neither what is free nor the largest free block. */
export function parseLevelLine(line: string): LevelValues | undefined {
  if (line.length > 2000 || !CONTEXT.test(line)) return undefined;
  const text = line.includes('"') ? line.replaceAll('"', ' ') : line;
  const sensor = text.includes('Sending state') ? SENSOR.exec(text.trim()) : null;
  if (sensor) return valuesOfPairs([[sensor[1] ?? '', sizeOf(sensor[2] ?? '', sensor[3])]], text);
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
  const pairs = pairsOf(text);
  const told = valuesOfPairs(pairs, text);
  if (told?.free !== undefined || !/free|avail|used/i.test(text)) return told;
  const reversed = [...text.matchAll(NUMBER_FIRST)].map(
    ([, number = '', unit, word = '']): [string, number | undefined] => [word, sizeOf(number, unit)],
  );
  return reversed.length === 0 ? told : valuesOfPairs([...reversed, ...pairs], text);
}

function ofShare(
  part: Bytes,
  total: Bytes,
  { what, text }: { what: string | undefined; text: string },
): LevelValues | undefined {
  if (part > total || what === undefined) return undefined;
  const isUsed = what.toLowerCase() === 'used';
  const others = valuesOfPairs(pairsOf(text), text);
  const figures: Mutable<LevelValues> = { memory: memoryOf(text), free: isUsed ? total - part : part, total };
  if (others?.largest !== undefined) figures.largest = others.largest;
  if (others?.minimum !== undefined) figures.minimum = others.minimum;
  return figures;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A key, where the number behind it begins, and how many bytes 1 of it is. */
export function levelPairs(text: string): { readonly key: string; readonly at: number; readonly scale: number }[] {
  return sizesIn(text).map((match) => {
    const [all, key = '', , number = '', unit] = match;
    return { key, at: match.index + all.lastIndexOf(number), scale: sizeOf('1', unit) ?? 1 };
  });
}

function pairsOf(text: string): [key: string, value: number | undefined][] {
  return sizesIn(text).map(([, key = '', , number = '', unit]) => [key, sizeOf(number, unit)]);
}

/** The numbers of a line that may be sizes, each with what stands before it. */
function sizesIn(text: string): RegExpExecArray[] {
  return [...text.matchAll(PAIR)].filter(([, key = '', sign = '']) => {
    if (FILE.test(key) || CHANGE.test(key + sign)) return false;
    return sign.trim().replaceAll(')', '') !== '' || LAST_WORD.test(key);
  });
}

/** What pairs of a key and a number tell together; the text names the memory where no key does. */
export function valuesOfPairs(
  pairs: readonly [key: string, value: number | undefined][],
  text: string,
): LevelValues | undefined {
  const values: Partial<Record<Figure, number>> = {};
  let memory = '';
  let firstKey: string | undefined;
  let wording: string | undefined;
  let other = '';
  for (const [key, value] of pairs) {
    const { figure, memory: named } = meaningOf(key);
    // The first figure of a kind is the whole's; a second one is about something else.
    if (figure === 'free' && values.free !== undefined && named !== '' && named !== memory) other ||= named;
    if (figure === undefined || value === undefined || values[figure] !== undefined) continue;
    // `min 5` counts minutes.
    if (figure === 'minimum' && value < LEAST_MINIMUM && /\bmin$/i.test(key)) continue;
    firstKey ??= key;
    if (figure === 'free') wording = key.trim().toLowerCase().replace(/\d+/g, '#');
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
  // What is named behind the figures is another figure's.
  const before = firstKey === undefined ? text : text.slice(0, text.indexOf(firstKey));
  const named = memory || (before === '' ? '' : memoryOf(before));
  return {
    memory: named,
    ...values,
    ...(wording === undefined ? {} : { wording }),
    ...(other === '' ? {} : { otherMemory: other }),
  };
}

const LEAST_MINIMUM = 256;
const LARGEST =
  /\b(?:largest|biggest|max(?:imum)?)\b.*\b(?:free|blo?ck|blk|alloc|heap|allocatable|chunk|contig\w*)\b|\bmax(?:free|alloc|block|blk)\w*|\b(?:largest|biggest|lfb)\s*$/;

const COUNTS = new RegExp(String.raw`\b${COUNTED}\b`);

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
  if (/\b(?:blocks|count|percent|delta|diff|change|frag\w*|stack|flash|disk|minutes|task|cpu)\s*$/.test(words.trim()))
    return undefined;
  if (/\b(?:stack|flash|disk|sketch|pbuf)\b/.test(words) || COUNTS.test(words)) return undefined;
  // The most that was ever used is no level of now.
  if (/\b(?:max(?:imum)?|peak|highest)\b/.test(words) && /\b(?:used|usage|allocated|in use)\b/.test(words))
    return undefined;
  if (LARGEST.test(words)) return 'largest';
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
  // A fraction of a byte is none: `23.456 bytes` are thousands.
  const isDotted = unit?.toLowerCase().startsWith('b') && /^\d{1,3}(?:\.\d{3})+$/.test(number);
  const digits = number.replace(
    isDotted || (number.match(/\./g)?.length ?? 0) > 1 ? /\./g : /[,'\u2019_ \u00a0\u202f]/g,
    '',
  );
  const value = Number(digits) * (unit?.toLowerCase().startsWith('b') ? 1 : scale);
  // A fraction of a byte is a share or a time.
  return scale === 1 && !Number.isInteger(value) ? undefined : Math.round(value);
}
