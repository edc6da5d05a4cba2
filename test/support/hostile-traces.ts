import type { Frame, TraceInfo } from '../../lib/trace/heap-event.js';
import { journalBytes } from '../../lib/trace/journal-bytes.js';
import { ObjectGraphBuilder } from '../../lib/trace/object-graph.js';
import { TraceBuilder } from '../../lib/trace/trace-builder.js';
import { utf8 } from './decode-ways.js';
import { buildElf, symbolBytes } from './elf-builder.js';
import { PAYLOADS } from './hostile-texts.js';
import { traceSamples } from './trace-samples.js';

const HEAP = 0x10000;
const PITCH = 512;

/** A payload that says in which field it stood. */
export const inField = (payload: string, field: string) => `${payload}~${field}`;

/** The texts of which a trace has any number: what it names. */
export const NAME_FIELDS = [
  'mark',
  'task',
  'function',
  'file',
  'caller',
  'caller-file',
  'type',
  'edge',
  'root',
] as const;

/** One trace with all of some payloads in each of its names. Each has three blocks, the second of which is freed. */
export function hostileNames(payloads: readonly string[]): Uint8Array {
  const builder = new TraceBuilder({
    taskNames: Object.fromEntries(payloads.map((text, i) => [String(i), inField(text, 'task')])),
  });
  const graph = new ObjectGraphBuilder();
  builder.add({
    kind: 'region',
    region: { name: 'heap', baseAddress: HEAP, sizeBytes: PITCH * payloads.length, unitBytes: 8 },
  });
  payloads.forEach((text, i) => {
    const named = (field: string) => inField(text, field);
    const frame = (name: string, file: string, address: number): Frame => ({
      ...{ functionName: named(name), file: named(file), address: address + i, line: i + 1 },
    });
    const backtrace = [frame('function', 'file', 0x8000), frame('caller', 'caller-file', 0x9000)];
    const baseAddress = HEAP + i * PITCH;
    builder.add({ kind: 'mark', name: named('mark') });
    for (const place of [0, 128, 256]) {
      builder.add({ kind: 'alloc', address: baseAddress + place, sizeBytes: 32 + i, backtrace, atUs: i * 10, task: i });
    }
    builder.add({ kind: 'free', address: baseAddress + 128, backtrace, task: i });
    builder.add({ kind: 'failed', sizeBytes: 8, backtrace });
    for (const place of [0, 256]) graph.addBlock(baseAddress + place, 32 + i);
    graph.setType(2 * i, named('type'));
    graph.addRoot('named', { to: 2 * i, label: named('root') });
  });
  payloads.forEach((text, i) => {
    graph.addEdge({ to: 2 * i + 1, label: inField(text, 'edge') });
    graph.endBlock();
    graph.endBlock();
  });
  builder.add({ kind: 'graph', graph: graph.build({ heap: 'objects', beforeSeq: builder.eventCount }) });
  return Buffer.concat(journalBytes(builder.build()));
}

/** The texts of which a trace has one or a few: what it says of itself and of what it lost. */
export const ABOUT_FIELDS = [
  ...['source', 'board', 'allocator', 'engine', 'end', 'doubtful', 'version', 'elf', 'build', 'clock', 'oracle'],
  ...['difference', 'report-key', 'report-value', 'region', 'gap', 'epoch', 'note', 'note-code', 'memory', 'unsure'],
] as const;

/** `whole`: it lost nothing, so that the reason for its end is told. */
export function hostileAbout(text: string, { whole }: { readonly whole: boolean }): Uint8Array {
  const named = (field: (typeof ABOUT_FIELDS)[number]) => inField(text, field);
  const info: Partial<TraceInfo> = {
    ...{ source: named('source'), board: named('board'), allocator: named('allocator'), engine: named('engine') },
    ...{ endReason: named('end'), doubtful: named('doubtful'), toolVersion: named('version'), complete: false },
    elf: { path: named('elf'), buildId: named('build') },
    clock: { kind: 'host', name: named('clock') },
    oracle: { outcome: 'differs', detail: named('oracle'), differences: [named('difference')] },
    engineReport: { [named('report-key')]: named('report-value') },
  };
  const builder = new TraceBuilder(info);
  builder.add({ kind: 'epoch', reason: named('epoch') });
  for (const [i, name] of [named('region'), 'other'].entries()) {
    const baseAddress = 0x1000 * (i + 1);
    builder.add({ kind: 'region', region: { name, baseAddress, sizeBytes: 512, unitBytes: 8 } });
    builder.add({ kind: 'alloc', address: baseAddress, sizeBytes: 32, atUs: 1 });
  }
  if (!whole) builder.add({ kind: 'gap', reason: named('gap') });
  builder.add({ kind: 'note', code: named('note-code'), text: named('note') });
  builder.add({ kind: 'level', memory: named('memory'), freeBytes: 1000, totalBytes: 4096 });
  const graph = new ObjectGraphBuilder();
  graph.addBlock(0x1000, 32);
  graph.endBlock();
  const unsure = named('unsure');
  builder.add({ kind: 'graph', graph: graph.build({ heap: 'objects', beforeSeq: builder.eventCount, unsure }) });
  return Buffer.concat(journalBytes(builder.build()));
}

/** Text formats with a payload for each of their words in turn, and JSON with one for each of its texts that says no kind or number. */
export function hostileSamples(): Uint8Array[] {
  return traceSamples().flatMap(({ format, bytes }) => {
    if (BINARY.includes(format) || bytes.length > 10_000) return [];
    const text = new TextDecoder().decode(bytes);
    if (/^[[{]/.test(text) && !text.trimEnd().includes('\n'))
      return [utf8(JSON.stringify(hostileJson(JSON.parse(text))))];
    const words = [...text.matchAll(WORD)].map(({ index, 0: word }) => ({ index, length: word.length }));
    const copies = PAYLOADS.map((payload, i) => {
      const { index = 0, length = 0 } = words[i % words.length] ?? {};
      return text.slice(0, index) + payload + text.slice(index + length);
    });
    return [utf8(text + copies.join(''))];
  });
}

const BINARY = ['drone', 'swo', 'svdat'];
const WORD = /[A-Za-z_][\w.]{2,}/g;
const KINDS = ['kind', 'op', 'event', 'type', 'version'];

function hostileJson(value: unknown, payload?: string): unknown {
  if (Array.isArray(value)) {
    if (payload !== undefined) return value.map((it) => hostileJson(it, payload));
    return [...value, ...PAYLOADS.flatMap((text) => value.map((it) => hostileJson(it, text)))];
  }
  if (typeof value === 'string') return payload === undefined || /^(0x)?[\da-f]*$/.test(value) ? value : payload;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, it]) => [name, KINDS.includes(name) ? it : hostileJson(it, payload)]),
  );
}

const CODE = 6;

/** A program whose functions are called like the payloads, from 0x1000 on, four bytes each. */
export function hostileElf(): Uint8Array {
  // A name ends at its first zero byte.
  const symbols = PAYLOADS.map((name, i) => ({
    name: name.replaceAll('\0', ''),
    value: 0x1001 + 4 * i,
    size: 4,
    info: 0x12,
  }));
  const { table, names } = symbolBytes({}, symbols);
  return buildElf({
    sections: [
      { name: '.text', flags: CODE, address: 0x1000, bytes: new Uint8Array(4 * PAYLOADS.length) },
      { name: '.symtab', type: 2, bytes: table, link: 3 },
      { name: '.strtab', type: 3, bytes: names },
    ],
  });
}

/** A trace of bare addresses in that program. */
export function unnamedTrace(): Uint8Array {
  const builder = new TraceBuilder();
  for (const i of PAYLOADS.keys()) {
    const backtrace = [{ address: 0x1002 + 4 * i, functionName: '', file: '', line: 0 }];
    builder.add({ kind: 'alloc', address: HEAP + 64 * i, sizeBytes: 16, backtrace });
  }
  return Buffer.concat(journalBytes(builder.build()));
}
