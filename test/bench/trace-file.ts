import type { Trace } from '../../lib/trace/trace.js';

/**
 * A trace as one file that Python's `array` reads as well as typed arrays do:
 * u32 length of a JSON header, the header, zeros up to a multiple of 8, then the columns one after another, each padded to 8.
 */
interface Header {
  readonly rest: Omit<Trace, 'events' | 'frames' | 'stacks'>;
  readonly stacks: number;
  readonly frames: number;
}

export function writeTraceFile(trace: Trace): Uint8Array[] {
  const { events, frames, stacks, ...rest } = trace;
  const header: Header = { rest, stacks: stacks.count, frames: frames.count };
  const json = new TextEncoder().encode(JSON.stringify(header));
  const head = new Uint8Array(padded(4 + json.length));
  new DataView(head.buffer).setUint32(0, json.length, true);
  head.set(json, 4);
  const columns = [
    ...[Float64Array.from(events.address), Float64Array.from(events.sizeBytes), events.stack, events.kind],
    ...[stacks.parent, stacks.frame],
    ...[frames.address, frames.functionName, frames.file, frames.line, frames.flags],
  ];
  return [head, ...columns.flatMap(columnBytes)];
}

function columnBytes(column: Float64Array | Int32Array | Uint8Array): Uint8Array[] {
  const bytes = new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
  return [bytes, new Uint8Array(padded(bytes.length) - bytes.length)];
}

function padded(length: number): number {
  return Math.ceil(length / 8) * 8;
}

export function readTraceFile(file: Uint8Array): Trace {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const length = view.getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(file.subarray(4, 4 + length))) as Header;
  const { eventCount } = header.rest;
  let at = padded(4 + length);
  const take = (bytes: number): ArrayBuffer => {
    const copy = new Uint8Array(file.subarray(at, at + bytes)).buffer;
    at += padded(bytes);
    return copy;
  };
  const floats = (count: number) => new Float64Array(take(count * 8));
  // As a reader keeps them.
  const numbers = (count: number) => Uint32Array.from(floats(count));
  const ints = (count: number) => new Int32Array(take(count * 4));
  const bytes = (count: number) => new Uint8Array(take(count));
  const none = undefined;
  const events = {
    ...{
      address: numbers(eventCount),
      sizeBytes: numbers(eventCount),
      stack: ints(eventCount),
      kind: bytes(eventCount),
    },
    ...{ fromAddress: none, fromSizeBytes: none, requestedBytes: none, atUs: none, task: none },
    ...{ largestBeforeBytes: none, largestAfterBytes: none },
  };
  const stacks = { count: header.stacks, parent: ints(header.stacks), frame: ints(header.stacks) };
  const n = header.frames;
  const frames = {
    ...{ count: n, address: floats(n), functionName: ints(n), file: ints(n), line: ints(n), flags: bytes(n) },
  };
  return { ...header.rest, events, stacks, frames };
}
