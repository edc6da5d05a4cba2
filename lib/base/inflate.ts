/**
 * DEFLATE (RFC 1951) inside zlib (RFC 1950), for compressed debug sections. Synchronous and free of platform calls, so that it
 * runs in Node and in a browser; the output is never longer than the size that the section header promises.
 */
import { SymbolError } from '../errors/errors.js';

/** Base values and extra bits of the length and distance codes: RFC 1951, 3.2.5. */
const LENGTH_BASE = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
];
const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BASE = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
  8193, 12289, 16385, 24577,
];
const DISTANCE_BITS = [
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
];
/** The order in which the code length code lengths are stored: RFC 1951, 3.2.7. */
const CODE_LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const MAX_BITS = 15;

function corrupt(what: string): never {
  throw new SymbolError('HH1304', `compressed section: ${what}`, {
    remedy: 'Build or copy the ELF file again: it is damaged.',
  });
}

/** A canonical Huffman code as a full lookup table: entry = symbol * 16 + length, 0 = no such code. */
interface Huffman {
  readonly table: Uint16Array;
  readonly bits: number;
}

function buildHuffman(lengths: Uint8Array): Huffman {
  let bits = 1;
  const counts = new Uint16Array(MAX_BITS + 1);
  for (const length of lengths) {
    counts[length] = (counts[length] ?? 0) + 1;
    if (length > bits) bits = length;
  }
  counts[0] = 0;
  const next = new Uint16Array(MAX_BITS + 2);
  for (let length = 1; length <= MAX_BITS; length++) {
    const code = ((next[length] ?? 0) + (counts[length] ?? 0)) << 1;
    if (code > 2 << length) corrupt('found an over-subscribed Huffman code');
    next[length + 1] = code;
  }
  const table = new Uint16Array(1 << bits);
  lengths.forEach((length, symbol) => {
    if (length === 0) return;
    let code = next[length] ?? 0;
    next[length] = code + 1;
    let reversed = 0;
    for (let bit = 0; bit < length; bit++, code >>= 1) reversed = (reversed << 1) | (code & 1);
    for (let index = reversed; index < table.length; index += 1 << length) table[index] = (symbol << 4) | length;
  });
  return { table, bits };
}

class BitReader {
  private hold = 0;
  private count = 0;

  constructor(
    private readonly input: Uint8Array,
    private offset: number,
  ) {}

  bits(wanted: number): number {
    while (this.count < wanted) {
      if (this.offset >= this.input.length) corrupt('found the end of the stream inside a block');
      this.hold |= (this.input[this.offset++] ?? 0) << this.count;
      this.count += 8;
    }
    const value = this.hold & ((1 << wanted) - 1);
    this.hold >>>= wanted;
    this.count -= wanted;
    return value;
  }

  symbol(code: Huffman): number {
    while (this.count < code.bits && this.offset < this.input.length) {
      this.hold |= (this.input[this.offset++] ?? 0) << this.count;
      this.count += 8;
    }
    const entry = code.table[this.hold & ((1 << code.bits) - 1)] ?? 0;
    const length = entry & 15;
    if (length === 0 || length > this.count) corrupt('found a bit pattern that is no Huffman code');
    this.hold >>>= length;
    this.count -= length;
    return entry >> 4;
  }

  /** The stored block that starts at the next whole byte. */
  stored(): Uint8Array {
    this.offset -= this.count >> 3;
    this.hold = 0;
    this.count = 0;
    const length = this.bits(16);
    if (this.bits(16) !== (~length & 0xffff)) corrupt('found a stored block whose length check is wrong');
    const start = this.offset;
    if (start + length > this.input.length) corrupt('found a stored block longer than the stream');
    this.offset += length;
    return this.input.subarray(start, start + length);
  }
}

function fixedCodes(): readonly [Huffman, Huffman] {
  const lengths = new Uint8Array(288).fill(8, 0, 144).fill(9, 144, 256).fill(7, 256, 280).fill(8, 280);
  return [buildHuffman(lengths), buildHuffman(new Uint8Array(30).fill(5))];
}

function dynamicCodes(reader: BitReader): readonly [Huffman, Huffman] {
  const literals = reader.bits(5) + 257;
  const distances = reader.bits(5) + 1;
  const codeLengths = new Uint8Array(19);
  const stored = reader.bits(4) + 4;
  for (let index = 0; index < stored; index++) codeLengths[CODE_LENGTH_ORDER[index] ?? 0] = reader.bits(3);
  const code = buildHuffman(codeLengths);
  const lengths = new Uint8Array(literals + distances);
  for (let index = 0; index < lengths.length; ) {
    const symbol = reader.symbol(code);
    if (symbol < 16) {
      lengths[index++] = symbol;
      continue;
    }
    if (symbol === 16 && index === 0) corrupt('found a repeat without a code length before it');
    const value = symbol === 16 ? (lengths[index - 1] ?? 0) : 0;
    const repeat = symbol === 16 ? 3 + reader.bits(2) : symbol === 17 ? 3 + reader.bits(3) : 11 + reader.bits(7);
    if (index + repeat > lengths.length) corrupt('found more code lengths than the block has symbols');
    lengths.fill(value, index, index + repeat);
    index += repeat;
  }
  return [buildHuffman(lengths.slice(0, literals)), buildHuffman(lengths.slice(literals))];
}

function inflateBlock(
  reader: BitReader,
  codes: readonly [Huffman, Huffman],
  output: Uint8Array,
  start: number,
): number {
  let at = start;
  for (;;) {
    const symbol = reader.symbol(codes[0]);
    if (symbol === 256) return at;
    if (symbol < 256) {
      if (at >= output.length) corrupt(`found more than the ${output.length} bytes that its header promises`);
      output[at++] = symbol;
      continue;
    }
    const base = LENGTH_BASE[symbol - 257] ?? corrupt('found a length code that does not exist');
    const length = base + reader.bits(LENGTH_BITS[symbol - 257] ?? 0);
    const slot = reader.symbol(codes[1]);
    const distance =
      (DISTANCE_BASE[slot] ?? corrupt('found a distance code that does not exist')) +
      reader.bits(DISTANCE_BITS[slot] ?? 0);
    if (distance > at) corrupt('found a distance before the start of the data');
    if (at + length > output.length) corrupt(`found more than the ${output.length} bytes that its header promises`);
    for (const end = at + length; at < end; at++) output[at] = output[at - distance] ?? 0;
  }
}

/**
 * The contents of a zlib stream that holds exactly `sizeBytes` bytes. The Adler-32 check at the end is not verified.
 * @throws SymbolError HH1304 when the stream is damaged, or is longer or shorter than `sizeBytes`.
 */
export function inflateZlib(input: Uint8Array, sizeBytes: number): Uint8Array {
  const method = input[0] ?? 0;
  const flags = input[1] ?? 0;
  if ((method & 0x0f) !== 8 || ((method << 8) | flags) % 31 !== 0 || flags & 0x20) corrupt('found no zlib header');
  const output = new Uint8Array(sizeBytes);
  const reader = new BitReader(input, 2);
  let at = 0;
  for (let last = false; !last; ) {
    last = reader.bits(1) === 1;
    const kind = reader.bits(2);
    if (kind === 0) {
      const block = reader.stored();
      if (at + block.length > output.length) corrupt(`found more than the ${sizeBytes} bytes that its header promises`);
      output.set(block, at);
      at += block.length;
    } else if (kind === 1) at = inflateBlock(reader, fixedCodes(), output, at);
    else if (kind === 2) at = inflateBlock(reader, dynamicCodes(reader), output, at);
    else corrupt('found a block of kind 3, which does not exist');
  }
  if (at !== sizeBytes) corrupt(`found ${at} bytes, its header promises ${sizeBytes}`);
  return output;
}
