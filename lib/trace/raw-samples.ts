import { inflateZlib } from '../base/inflate.js';
import type { Address, Bytes } from '../base/units.js';
import { SymbolError } from '../errors/errors.js';
import type { ByteWriter } from './byte-writer.js';
import type { RawSample } from './heap-event.js';
import { MAX_UNPACKED_BYTES } from './journal-format.js';
import type { VarintReader } from './varint-reader.js';

/*
 * A sample, as what differs from the one before it:
 *   seq - seq before (signed) | register count | a bit a register that changed, in bytes | each changed one xor its value before
 *   stack end - end before (signed) | stack length | runs: bytes equal to those before at the same address, other bytes, ...
 * Two events in a row share most of their stack, seen from its outer end: a sample takes about a tenth of its size.
 */

const MAX_REGISTERS = 256;
/** No engine reads so much; it bounds what a damaged journal can ask for. */
const MAX_STACK_BYTES = 256 * 1024;
/** A shorter run of equal bytes costs more to name than to repeat. */
const MIN_EQUAL_RUN = 4;
/** Of the objects of a sample. */
const SAMPLE_OVERHEAD: Bytes = 300;
const NOTHING: RawSample = { seq: 0, registers: new Uint32Array(0), stackAddress: 0, stack: new Uint8Array(0) };

/** Appends a sample. `previous` is the one written before it; undefined for the first, and wherever reading may begin. */
export function writeRawSample(writer: ByteWriter, sample: RawSample, previous: RawSample = NOTHING): void {
  writer.signedVarint(sample.seq - previous.seq);
  writeRegisters(writer, sample.registers, previous.registers);
  writer.signedVarint(endOf(sample) - endOf(previous));
  writer.varint(sample.stack.length);
  writeStack(writer, sample, previous);
}

/** Reads what {@link writeRawSample} wrote, given the same `previous`. @throws TraceFormatError HH1403 */
export function readRawSample(reader: VarintReader, previous: RawSample = NOTHING): RawSample {
  const seq = previous.seq + reader.signedVarint();
  if (seq < 0) throw reader.fail(`event ${seq}`, 'a number from 0 on');
  const registers = readRegisters(reader, previous.registers);
  const end = endOf(previous) + reader.signedVarint();
  const length = reader.varint();
  if (length > MAX_STACK_BYTES) throw reader.fail(`a stack of ${length} bytes`, `at most ${MAX_STACK_BYTES}`);
  const stackAddress = end - length;
  if (stackAddress < 0) throw reader.fail(`a stack from ${stackAddress} to ${end}`, 'addresses from 0 on');
  return { seq, registers, stackAddress, stack: readStack(reader, { stackAddress, length }, previous) };
}

/** What a chunk of packed samples holds. @throws TraceFormatError HH1403 */
export function unpackSamples(reader: VarintReader): Uint8Array {
  const length = reader.varint();
  if (length > MAX_UNPACKED_BYTES) throw reader.fail(`${length} bytes of samples`, `at most ${MAX_UNPACKED_BYTES}`);
  try {
    return inflateZlib(reader.rest(), length);
  } catch (error) {
    if (error instanceof SymbolError) throw reader.fail(error.message, 'samples as they were packed');
    throw error;
  }
}

/** About what a sample takes in memory. */
export function sampleBytes({ registers, stack }: RawSample): Bytes {
  return registers.byteLength + stack.length + SAMPLE_OVERHEAD;
}

function endOf(sample: RawSample): Address {
  return sample.stackAddress + sample.stack.length;
}

function writeRegisters(writer: ByteWriter, registers: Uint32Array, before: Uint32Array): void {
  writer.varint(registers.length);
  for (let first = 0; first < registers.length; first += 8) {
    let mask = 0;
    for (let bit = 0; bit < 8 && first + bit < registers.length; bit++) {
      if (registers[first + bit] !== (before[first + bit] ?? 0)) mask |= 1 << bit;
    }
    writer.byte(mask);
  }
  registers.forEach((value, index) => {
    const was = before[index] ?? 0;
    if (value !== was) writer.varint((value ^ was) >>> 0);
  });
}

function readRegisters(reader: VarintReader, before: Uint32Array): Uint32Array {
  const count = reader.varint();
  if (count > MAX_REGISTERS) throw reader.fail(`${count} registers`, `at most ${MAX_REGISTERS}`);
  const masks = reader.take(Math.ceil(count / 8));
  const registers = new Uint32Array(count);
  for (let index = 0; index < count; index++) {
    const changed = ((masks[index >> 3] ?? 0) >> (index & 7)) & 1;
    registers[index] = (before[index] ?? 0) ^ (changed ? reader.varint() : 0);
  }
  return registers;
}

function writeStack(writer: ByteWriter, { stackAddress, stack }: RawSample, before: RawSample): void {
  const shift = stackAddress - before.stackAddress;
  const old = before.stack;
  for (let at = 0; at < stack.length; ) {
    const equalEnd = runEnd(stack, old, shift, at);
    let otherEnd = equalEnd;
    while (otherEnd < stack.length) {
      const next = runEnd(stack, old, shift, otherEnd);
      if (next - otherEnd >= MIN_EQUAL_RUN || (next === stack.length && next > otherEnd)) break;
      otherEnd = Math.max(next, otherEnd + 1);
    }
    writer.varint(equalEnd - at);
    writer.varint(otherEnd - equalEnd);
    writer.bytes(stack.subarray(equalEnd, otherEnd));
    at = otherEnd;
  }
}

/** Where the bytes that are equal to those before at the same address end. */
function runEnd(stack: Uint8Array, old: Uint8Array, shift: number, from: number): number {
  let at = from;
  // Beyond the old copy `old[...]` is undefined, which equals no byte.
  while (at < stack.length && stack[at] === old[at + shift]) at++;
  return at;
}

function readStack(
  reader: VarintReader,
  { stackAddress, length }: { stackAddress: Address; length: number },
  before: RawSample,
): Uint8Array {
  const stack = new Uint8Array(length);
  const shift = stackAddress - before.stackAddress;
  for (let at = 0; at < length; ) {
    const equal = reader.varint();
    const other = reader.varint();
    if (equal + other === 0 || equal + other > length - at) {
      throw reader.fail(`runs of ${equal} and ${other} bytes`, `1 to ${length - at} bytes`);
    }
    const from = at + shift;
    if (equal > 0 && (from < 0 || from + equal > before.stack.length)) {
      throw reader.fail(`${equal} bytes repeated from ${from}`, `a place in the ${before.stack.length} bytes before`);
    }
    stack.set(before.stack.subarray(from, from + equal), at);
    stack.set(reader.take(other), at + equal);
    at += equal + other;
  }
  return stack;
}
