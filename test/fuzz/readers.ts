import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseConfig, parseStatus } from '../../lib/alloctrace/protocol.js';
import {
  decodeSettings,
  encodeSettings,
  encodeWords,
  parseControlBlock,
  parseEntry,
} from '../../lib/alloctrace/ring-control-block.js';
import { baselineOf, baselineText, parseBaseline } from '../../lib/analysis/baseline.js';
import { parseBudget } from '../../lib/analysis/budget-file.js';
import { chipsIn } from '../../lib/boards/import-board.js';
import { parseBoard } from '../../lib/boards/load-board.js';
import { detectFormat, formatById } from '../../lib/formats/registry.js';
import { gcGeometry, readGcDump } from '../../lib/interpreters/micropython/gc-dump.js';
import { mpyHeapCost } from '../../lib/interpreters/micropython/mpy/mpy-heap-cost.js';
import { readMpy } from '../../lib/interpreters/micropython/mpy/read-mpy.js';
import { decodeCString } from '../../lib/link/mi/c-string.js';
import { PacketDecoder } from '../../lib/link/rsp/packet-codec.js';
import { readMemoryMap } from '../../lib/link/rsp/target-xml.js';
import { createSymbolizer } from '../../lib/symbols/symbolizer.js';
import { journalBytes } from '../../lib/trace/journal-bytes.js';
import { readJournal } from '../../lib/trace/journal-reader.js';
import { TraceBuilder } from '../../lib/trace/trace-builder.js';
import { hex, utf8 } from '../support/decode-ways.js';
import { projectRoot } from '../support/fixture.js';
import type { Random } from '../support/mutate.js';
import { traceFromText } from '../support/trace-from-text.js';
import { traceSamples } from '../support/trace-samples.js';
import { sampleElf } from './sample-elf.js';

/** One way in for bytes that nobody has checked. */
export interface FuzzedReader {
  readonly name: string;
  readonly samples: readonly Uint8Array[];
  /** @throws HarvestError where the input is refused; anything else is a fault. */
  read(input: Uint8Array, random: Random): void;
}

const MPY = [
  '4d 06 00 1f 03 01 08 74 2e 70 79 00 0f 02 78 00 05 02 68 69 00 48 00 06 01 00 00 51 16 02 63',
  '4d 03 02 1f 18 01 00 00 00 00 00 06 00 00 00 00 00 ff 81 24 00 00 17 00 24 00 00 11 5b 08 3c 6d 6f 64 75 6c 65 3e 04 74 2e 70 79 01 78 01 79 01 00 69 01 37',
  '4d 05 02 1f 20 30 00 0a 00 07 08 74 2e 70 79 00 51 16 02 78 63 01 00 69 01 37',
];
/** Samples that were cut to it are not whole. */
export const SAMPLE_BYTES = 4000;

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const fileOf = (...path: string[]) => new Uint8Array(readFileSync(join(projectRoot, ...path)));

function traceReaders(): FuzzedReader[] {
  return traceSamples().map(({ name, format, bytes }) => ({
    name,
    samples: [bytes.subarray(0, SAMPLE_BYTES)],
    read: (input, random) => decode(format, input, random),
  }));
}

/** As its own format or by detection, whole or in small pieces. */
function decode(id: string, input: Uint8Array, random: Random): void {
  const format = random.next(8) === 0 ? detectFormat(input, true) : formatById(id);
  const chunk = random.next(3) === 0 ? 1 + random.next(9) : input.length;
  const builder = new TraceBuilder();
  const decoder = format.open(builder, {});
  for (let at = 0; at < input.length; at += chunk) decoder.push(input.subarray(at, at + chunk));
  decoder.end();
  builder.build();
}

const TRACE = `
alloc 0x100 24 main@m.c:1 > boot@b.c:4
alloc 0x140 8 main@m.c:2 > tls@t.c:9
free 0x100
mark here
alloc 0x180 4000 main@m.c:1 > boot@b.c:4
`;

function journal(): FuzzedReader {
  const bytes = Buffer.concat(journalBytes(traceFromText(TRACE)));
  return { name: 'journal', samples: [new Uint8Array(bytes)], read: (input) => void readJournal(input).build() };
}

function elf(): FuzzedReader {
  return {
    name: 'ELF and DWARF',
    samples: sampleElf(),
    read: (input) => {
      const symbolizer = createSymbolizer(input);
      const registers = Array.from({ length: 16 }, (_, index) => index * 4);
      for (let address = 0; address < 0x400; address += 26) {
        symbolizer.locate(address);
        registers[15] = address;
        const stack = symbolizer.unwind(registers, (at) => (at * 2654435761) >>> 0, { psp: 0x2000, maxDepth: 20 });
        for (const frame of stack.frames) symbolizer.sourcesOf(frame);
      }
    },
  };
}

/** A heap of MicroPython's, as it lies in memory. */
function heapDump(): FuzzedReader {
  const geometry = gcGeometry(0x2000_0000, 2048);
  const bytes = Uint8Array.from({ length: 2048 }, (_, i) => (i * 37) & 0xff);
  const read = (input: Uint8Array) => void readGcDump({ bytes: input, baseAddress: 0x2000_0000, geometry });
  return { name: 'heap dump', samples: [bytes], read };
}

/** What the tracer's ring holds in a target. */
function ring(): FuzzedReader[] {
  const settings = { stopOnFull: true, collapsePairs: false, captureLargest: true };
  const stored = encodeSettings({ ...settings, backtrace: { depth: 2, minSizeBytes: 16, skipFrees: true } });
  const magic = 0x52544c41;
  const [entries, stores, heap] = [0x20001000, 0x20002000, 0x20003000];
  const block = encodeWords([magic, 1, 14, 64, 6, 1e6, entries, stores, heap, 4096, 0, 1, 3, 0, 3, 0, 0, 0]);
  const entry = encodeWords([1, 2 << 8, 0x20001000, 16, 0, 5, 0, 0, 0x101, 0x201, 0, 0, 0, 0]);
  const reader = (name: string, sample: Uint8Array, read: (bytes: Uint8Array) => void): FuzzedReader => ({
    name,
    samples: [sample],
    // The memory behind a cut is still there.
    read: (input) => read(padded(input, sample.length)),
  });
  return [
    reader('settings of the ring', stored, (bytes) => void decodeSettings(bytes, 'ring')),
    reader('control block of the ring', block, (bytes) => void parseControlBlock(bytes, 'ring')),
    reader('entry of the ring', entry, (bytes) => void parseEntry(bytes, 1, 6)),
  ];
}

const STATUS =
  '{"state":"recording","ring":{"count":3,"capacity":64},"captured":3,"overwritten":0,"collapsed":0,"captureLargest":false,"collapsePairs":false,"stopOnFull":true,"backtrace":{"depth":6,"minSizeBytes":0,"skipFrees":false}}';
const CONFIG = '{"stopOnFull":false,"backtrace":{"depth":2}}';

/** What the tracer's server answers, and what it is told. */
function ringServer(): FuzzedReader[] {
  return [
    { name: 'alloctrace status', samples: [utf8(STATUS)], read: (input) => void parseStatus(parsed(input), 'board') },
    { name: 'alloctrace config', samples: [utf8(CONFIG)], read: (input) => void parseConfig(parsed(input)) },
  ];
}

function padded(input: Uint8Array, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes.set(input.subarray(0, length));
  return bytes;
}

function parsed(input: Uint8Array): unknown {
  try {
    return JSON.parse(text(input));
  } catch {
    return text(input);
  }
}

const MEMORY_MAP = '<memory-map><memory type="ram" start="0x20000000" length="0x8000"/></memory-map>';
const PDSC =
  '<package><devices><family Dvendor="V:1"><processor Dcore="Cortex-M4"/><device Dname="X"><memory name="IRAM1" start="0x20000000" size="0x8000"/></device></family></devices></package>';

function files(): FuzzedReader[] {
  const board = fileOf('board-configs', 'metro_m0_express.json');
  const baseline = baselineText(baselineOf(traceFromText(TRACE)));
  const budget = fileOf('examples', 'ci', 'heap.budget.toml');
  return [
    { name: 'board file', samples: [board], read: (input) => void parseBoard(text(input), 'board') },
    { name: 'chip description', samples: [utf8(PDSC)], read: (input) => void chipsIn(text(input), 'chip') },
    { name: 'baseline', samples: [utf8(baseline)], read: (input) => void parseBaseline(text(input)) },
    { name: 'budget', samples: [budget], read: (input) => void parseBudget(text(input)) },
    { name: 'mpy', samples: MPY.map(hex), read: (input) => void mpyHeapCost(readMpy(input)) },
  ];
}

/** What a debug server and gdb say. */
function links(): FuzzedReader[] {
  const packets = utf8('+$T05thread:01;#06+$0000000020000000#80%Stop:T05#00$QC1#c5');
  const mi = utf8('\\"caf\\303\\251\\" \\t \\x41 \\\\ \\"#0 main () at a.c:3\\"');
  return [
    { name: 'remote protocol', samples: [packets], read: (input) => void new PacketDecoder().push(input) },
    { name: 'memory map', samples: [utf8(MEMORY_MAP)], read: (input) => void readMemoryMap(text(input)) },
    { name: 'string of gdb', samples: [mi], read: (input) => void decodeCString(text(input)) },
  ];
}

/** Every reader of what comes from elsewhere. */
export function fuzzedReaders(): FuzzedReader[] {
  return [...traceReaders(), journal(), elf(), heapDump(), ...ring(), ...ringServer(), ...files(), ...links()];
}
