import type { Address, Bytes } from '../base/units.js';

/** What one line of an ESP-IDF heap_trace_dump says. */
export type EspLine =
  | { readonly kind: 'header'; readonly style: 'v3' | 'v5.1'; readonly records: number; readonly capacity: number }
  | EspRecordLine
  | { readonly kind: 'freed-by'; readonly chain: string }
  | { readonly kind: 'decoded'; readonly address: Address; readonly place: EspPlace }
  | { readonly kind: 'inlined-by'; readonly place: EspPlace }
  | { readonly kind: 'summary' }
  | { readonly kind: 'mode'; readonly mode: 'all' | 'leaks' }
  | { readonly kind: 'alive'; readonly aliveBytes: Bytes; readonly aliveRecords: number; readonly leaked: boolean }
  | { readonly kind: 'hashmap' }
  | { readonly kind: 'overflow' }
  | { readonly kind: 'while-dumping' }
  | { readonly kind: 'totals' }
  | { readonly kind: 'end' };

export interface EspRecordLine {
  readonly kind: 'record';
  readonly sizeBytes: Bytes;
  readonly address: Address;
  /** `Internal` or `PSRAM`; empty before v5.1 and where the dump does not say. */
  readonly memory: string;
  readonly cpu: number;
  readonly ccount: number;
  /** `0xA:0xB`, innermost first (see parseChain); empty when there are no callers. */
  readonly chain: string;
  /** Whether the line has the word `caller`. */
  readonly saysCaller: boolean;
  /** v5.5+: the line itself ends with `freed`. */
  readonly freed: boolean;
  /** Printed by the program itself, not by heap_trace_dump. */
  readonly isOwnRow: boolean;
}

export interface EspPlace {
  readonly functionName: string;
  readonly file: string;
  readonly line: number;
}

const RECORD =
  /(\d{1,10}) bytes \(@ (0x[0-9a-f]{1,16})(?:,\s*(\w+))?\s*\) allocated CPU (\d{1,3}) ccount (0x[0-9a-f]{1,8})( caller(?: ([0-9a-fx:]*))?)?\s*(freed)?\W*$/i;
/** A record as programs of their own print it: size, address, memory, CPU, ccount, callers. */
const OWN_ROW =
  /^\s*(\d{1,10}), *(0x[0-9a-f]{1,16}), *(Internal|PSRAM|SPIRAM|External), *(\d{1,3}), *(\d{1,10}), *(0x[0-9a-f]{1,16}(?:, *0x[0-9a-f]{1,16})*),?\s*$/i;
// Lines are known wherever in them their text stands: what a monitor puts before it is not always known.
const FREED_BY = /(?:^|[\s:|>\])])freed by ([0-9a-fx:]+)\W*$/i;
const OLD_HEADER = /(\d{1,9}) allocations trace \((\d{1,9}) entry buffer\)/;
const NEW_HEADER = /=+ Heap Trace: (\d{1,9}) records \((\d{1,9}) capacity\) =+/;
const ALIVE =
  /(\d{1,12}) bytes (?:'leaked' in trace \((\d{1,9}) allocations\)|alive in trace \((\d{1,9})\/\d{1,9} allocations\))/;
const DECODED = /(?:^|---|[\s:|>\]])\s*(0x[0-9a-f]{1,16}): (.+)$/i;
const INLINED = /\(inlined by\) (.+)$/;

/** Reads one line (without its end); undefined for anything that is no part of a dump: console output, blank lines. */
export function parseEspLine(text: string): EspLine | undefined {
  if (text.includes(' bytes (@ ')) return recordLine(text);
  if (text.includes('freed by ')) return freedByLine(text);
  if (text.includes(', 0x')) {
    const row = ownRow(text);
    if (row) return row;
  }
  if (text.includes(' at ') || text.includes(IN_ROM)) {
    const decoded = decodedLine(text);
    if (decoded) return decoded;
  }
  return footerLine(text);
}

function recordLine(text: string): EspRecordLine | undefined {
  const match = RECORD.exec(text);
  if (!match) return undefined;
  return {
    kind: 'record',
    sizeBytes: Number(match[1]),
    address: Number(match[2]),
    memory: match[3] ?? '',
    cpu: Number(match[4]),
    ccount: Number(match[5]),
    chain: match[7] ?? '',
    saysCaller: match[6] !== undefined,
    freed: match[8] !== undefined,
    isOwnRow: false,
  };
}

function ownRow(text: string): EspLine | undefined {
  const match = OWN_ROW.exec(text);
  if (!match) return undefined;
  const [, size, address, memory = '', cpu, ccount, callers = ''] = match;
  const chain = callers.replace(/, */g, ':');
  return {
    kind: 'record',
    sizeBytes: Number(size),
    address: Number(address),
    memory,
    cpu: Number(cpu),
    ccount: Number(ccount),
    chain,
    saysCaller: true,
    freed: false,
    isOwnRow: true,
  };
}

function freedByLine(text: string): EspLine | undefined {
  const match = FREED_BY.exec(text);
  return match ? { kind: 'freed-by', chain: match[1] ?? '' } : undefined;
}

/** What of a record a terminal, or a mail program, may have put on a line of its own. */
const REST_OF_RECORD =
  /^\s*(?:[0-9a-fx:]{1,400}|[^\n]{0,60}(?:ccount|caller|allocated|Internal|PSRAM)[^\n]{0,400})\s*(?:freed)?\s*$/i;

/** A line and the one below it as one. */
export interface JoinedRecord {
  readonly text: string;
  /** Undefined as long as more of it is to come. */
  readonly record?: EspRecordLine;
  /** The first line was a record by itself, with fewer callers. */
  readonly replaces: boolean;
}

/** A record that a terminal or a mail program broke into lines; undefined when the second has nothing of it. */
export function joinRecord(text: string, rest: string): JoinedRecord | undefined {
  if (!REST_OF_RECORD.test(rest) || text.length > 1000) return undefined;
  const now = recordLine(text);
  const callers = now?.chain.length ?? -1;
  // An address that is whole has no more digits.
  if (now && /0x[0-9a-f]{8}$/i.test(now.chain) && !rest.startsWith(':')) return undefined;
  const spaced = `${text.trimEnd()} ${rest.trimStart()}`;
  for (const joined of [text + rest, spaced]) {
    const record = recordLine(joined);
    if (record && record.chain.length > callers) return { text: joined, record, replaces: now !== undefined };
  }
  return now ? undefined : { text: spaced, replaces: false };
}

/** `0xA:0xB:`: a chain that is shorter than the depth ends with a colon, unused slots may be printed as zeros. */
export function parseChain(text: string): Address[] {
  const callers: Address[] = [];
  for (const part of text.split(':', 64)) {
    const address = Number(part);
    if (part !== '' && address > 0) callers.push(address);
  }
  return callers;
}

function decodedLine(text: string): EspLine | undefined {
  const inlined = INLINED.exec(text);
  if (inlined) {
    const place = parsePlace(inlined[1] ?? '');
    return place && { kind: 'inlined-by', place };
  }
  const decoded = DECODED.exec(text);
  const place = decoded && parsePlace(decoded[2] ?? '');
  return place ? { kind: 'decoded', address: Number(decoded[1]), place } : undefined;
}

const IN_ROM = ' in ROM';

/** `FUNCTION in ROM`, or `FUNCTION at FILE:LINE`, where LINE may be `?` and `(discriminator N)` may follow. */
function parsePlace(text: string): EspPlace | undefined {
  const plain = text.trimEnd().replace(/ \(discriminator \d{1,9}\)$/, '');
  if (plain.endsWith(IN_ROM)) return { functionName: plain.slice(0, -IN_ROM.length), file: '', line: 0 };
  const colon = plain.lastIndexOf(':');
  const at = plain.lastIndexOf(' at ', colon);
  const number = plain.slice(colon + 1);
  if (at < 1 || at > 500 || colon < at || !/^(?:\d{1,7}|\?)$/.test(number)) return undefined;
  const known = (word: string) => (word.startsWith('??') ? '' : word);
  return {
    functionName: known(plain.slice(0, at)),
    file: known(plain.slice(at + 4, colon)),
    line: number === '?' ? 0 : Number(number),
  };
}

function footerLine(text: string): EspLine | undefined {
  if (text.includes('======')) {
    const header = NEW_HEADER.exec(text);
    if (header) return { kind: 'header', style: 'v5.1', records: Number(header[1]), capacity: Number(header[2]) };
    if (text.includes('Heap Trace Summary')) return { kind: 'summary' };
    return /(?:^|[\s:|>\]])=+$/.test(text.trimEnd()) ? { kind: 'end' } : undefined;
  }
  if (text.includes(' in trace (')) {
    const alive = ALIVE.exec(text);
    if (alive) {
      const aliveRecords = Number(alive[2] ?? alive[3]);
      return { kind: 'alive', aliveBytes: Number(alive[1]), aliveRecords, leaked: alive[2] !== undefined };
    }
  }
  const header = text.includes(' allocations trace (') ? OLD_HEADER.exec(text) : null;
  if (header) return { kind: 'header', style: 'v3', records: Number(header[1]), capacity: Number(header[2]) };
  if (text.includes('Mode: Heap Trace ')) return { kind: 'mode', mode: text.includes('Trace All') ? 'all' : 'leaks' };
  if (text.includes('uffer has overflowed')) return { kind: 'overflow' };
  if (text.includes('traced while dumping')) return { kind: 'while-dumping' };
  if (text.includes('hashmap: ') && /(?:^|\s)hashmap: \d/.test(text)) return { kind: 'hashmap' };
  if (!text.includes('total allocations ')) return undefined;
  return /(?:^|[\s:|>\]])total allocations \d+ total frees \d+/.test(text) ? { kind: 'totals' } : undefined;
}
