import { inflateZlib } from '../base/inflate.js';
import type { Bytes, Seq } from '../base/units.js';
import { SymbolError } from '../errors/errors.js';
import { type ObjectGraph, ObjectGraphBuilder, ROOT_KINDS } from './object-graph.js';
import { VarintReader } from './varint-reader.js';

/** More than a graph of a million blocks takes. */
const MAX_UNPACKED_BYTES: Bytes = 64 * 1024 * 1024;

/**
 * Reads what `writeObjectGraph` wrote. `placeOf` says where among the events that were kept a number lies. A graph comes from a stranger: each
 * index is checked, and it takes no more memory than a fixed multiple of its bytes. @throws TraceFormatError for what is no graph
 */
export function readObjectGraph(chunk: VarintReader, subject: string, placeOf: (seq: Seq) => Seq): ObjectGraph {
  return graphFromBytes(unpacked(chunk), subject, placeOf);
}

/** The same of what `objectGraphBytes` made. @throws TraceFormatError */
export function graphFromBytes(bytes: Uint8Array, subject: string, placeOf: (seq: Seq) => Seq): ObjectGraph {
  const reader = new VarintReader(bytes, subject);
  const beforeSeq = placeOf(reader.varint());
  const heap = reader.byte() === 0 ? 'objects' : 'blocks';
  const unsure = reader.text();
  const texts = Array.from({ length: reader.count(1) }, () => reader.text());
  const builder = new ObjectGraphBuilder();
  const textOf = (index: number) => texts[below(reader, index, texts.length)] ?? '';
  readBlocks(reader, builder, textOf);
  return builder.build({ heap, beforeSeq, ...(unsure === '' ? {} : { unsure }) });
}

function readBlocks(reader: VarintReader, builder: ObjectGraphBuilder, textOf: (index: number) => string): void {
  const count = reader.count(4);
  let address = 0;
  for (let block = 0; block < count; block++) {
    const step = reader.varint();
    if (step === 0 && block > 0) throw reader.fail('two blocks at one address', 'blocks in order of address');
    address += step;
    builder.addBlock(address, reader.varint());
    builder.setType(block, textOf(reader.varint()));
    for (let left = reader.count(2); left > 0; left--) {
      const to = below(reader, block + reader.signedVarint(), count);
      const packed = reader.varint();
      builder.addEdge({ to, label: textOf(Math.floor(packed / 2)), inside: packed % 2 === 1 });
    }
    builder.endBlock();
  }
  for (let left = reader.count(3); left > 0; left--) {
    const packed = reader.varint();
    const to = below(reader, Math.floor(packed / 2), count);
    const label = textOf(reader.varint());
    const kind = ROOT_KINDS[below(reader, reader.byte(), ROOT_KINDS.length)] ?? 'static';
    builder.addRoot(kind, { to, label, inside: packed % 2 === 1 });
  }
}

function below(reader: VarintReader, index: number, end: number): number {
  if (index < 0 || index >= end) throw reader.fail(`index ${index}`, `one from 0 to ${end - 1}`);
  return index;
}

function unpacked(chunk: VarintReader): Uint8Array {
  const length = chunk.varint();
  if (length > MAX_UNPACKED_BYTES) throw chunk.fail(`${length} bytes of a graph`, `at most ${MAX_UNPACKED_BYTES}`);
  try {
    return inflateZlib(chunk.rest(), length);
  } catch (error) {
    if (error instanceof SymbolError) throw chunk.fail(error.message, 'a graph as it was packed');
    throw error;
  }
}
