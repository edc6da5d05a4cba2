import test from 'ava';
import protobuf from 'protobufjs';
import { stackWeights } from '../../../lib/formats/export/stack-weights.js';
import { decodeAll } from '../../../lib/formats/format.js';
import { formatById } from '../../../lib/formats/registry.js';
import type { Trace } from '../../../lib/trace/trace.js';
import { TraceBuilder } from '../../../lib/trace/trace-builder.js';
import { fixture } from '../../support/fixture.js';
import { traceFromText } from '../../support/trace-from-text.js';
import { written } from '../../support/written.js';

// The messages that are written, with the field numbers of Perfetto's published .proto files.
const PERFETTO = `
syntax = "proto2";
message Trace { repeated TracePacket packet = 1; }
message TracePacket {
  optional ProcessTree process_tree = 2; optional uint64 timestamp = 8; optional uint32 trusted_packet_sequence_id = 10;
  optional TrackEvent track_event = 11; optional InternedData interned_data = 12; optional uint32 sequence_flags = 13;
  optional ProfilePacket profile_packet = 37; optional TrackDescriptor track_descriptor = 60;
}
message ProcessTree { message Process { optional int32 pid = 1; repeated string cmdline = 3; } repeated Process processes = 1; }
message TrackDescriptor {
  optional uint64 uuid = 1; optional string name = 2; optional ProcessDescriptor process = 3; optional uint64 parent_uuid = 5;
  optional CounterDescriptor counter = 8;
}
message ProcessDescriptor { optional int32 pid = 1; optional string process_name = 6; }
message CounterDescriptor { enum Unit { UNIT_UNSPECIFIED = 0; UNIT_TIME_NS = 1; UNIT_COUNT = 2; UNIT_SIZE_BYTES = 3; } optional Unit unit = 3; }
message TrackEvent { enum Type { TYPE_UNSPECIFIED = 0; TYPE_COUNTER = 4; } optional Type type = 9; optional uint64 track_uuid = 11; optional int64 counter_value = 30; }
message InternedString { optional uint64 iid = 1; optional bytes str = 2; }
message Mapping { optional uint64 iid = 1; optional uint64 start = 4; optional uint64 end = 5; repeated uint64 path_string_ids = 7 [packed=false]; }
message Frame { optional uint64 iid = 1; optional uint64 function_name_id = 2; optional uint64 mapping_id = 3; optional uint64 rel_pc = 4; optional uint64 source_path_iid = 5; optional uint32 line_number = 6; }
message Callstack { optional uint64 iid = 1; repeated uint64 frame_ids = 2 [packed=false]; }
message InternedData {
  repeated InternedString function_names = 5; repeated Frame frames = 6; repeated Callstack callstacks = 7;
  repeated InternedString mapping_paths = 17; repeated InternedString source_paths = 18; repeated Mapping mappings = 19;
}
message ProfilePacket {
  message HeapSample {
    optional uint64 callstack_id = 1; optional uint64 self_allocated = 2; optional uint64 self_freed = 3; optional uint64 timestamp = 4;
    optional uint64 alloc_count = 5; optional uint64 free_count = 6;
  }
  message ProcessHeapSamples { optional uint64 pid = 1; optional bool from_startup = 3; optional uint64 timestamp = 9; repeated HeapSample samples = 2; }
  repeated ProcessHeapSamples process_dumps = 5; optional uint64 index = 7;
}`;

const type = protobuf.parse(PERFETTO, { keepCase: true }).root.lookupType('Trace');

interface Packet {
  readonly timestamp?: number;
  readonly process_tree?: { readonly processes: readonly { readonly cmdline: readonly string[] }[] };
  readonly track_event?: { readonly type: string; readonly counter_value: number };
  readonly interned_data?: {
    readonly function_names?: readonly { readonly iid: number; readonly str: Uint8Array }[];
    readonly frames?: readonly { readonly iid: number; readonly line_number?: number }[];
    readonly callstacks?: readonly { readonly iid: number; readonly frame_ids: readonly number[] }[];
  };
  readonly profile_packet?: {
    readonly process_dumps: readonly {
      readonly samples: readonly {
        readonly callstack_id: number;
        readonly self_allocated: number;
        readonly self_freed: number;
        readonly alloc_count: number;
        readonly free_count: number;
      }[];
    }[];
  };
}

function packetsOf(trace: Trace): readonly Packet[] {
  return type.toObject(type.decode(written('perfetto', trace)), { longs: Number, enums: String })
    .packet as readonly Packet[];
}

// 5 allocations, 2 frees; peak 384 bytes after event 2; 176 bytes live at the end.
const TOY = traceFromText(`
  alloc 0x1000 64  main@m.c:1 > foo@f.c:10
  alloc 0x1100 128 main@m.c:2 > bar@b.c:20
  alloc 0x1200 192 main@m.c:3
  free 0x1000 main@m.c:4
  alloc 0x1300 32 main@m.c:1 > foo@f.c:10
  free 0x1200 main@m.c:5
  alloc 0x1400 16
  gap lost 2 overflow
`);

test('a counter of live bytes over time, and a profile of the peak and of the end', (t) => {
  const packets = packetsOf(TOY);
  const counter = packets.flatMap(({ track_event }) => (track_event ? [track_event.counter_value] : []));
  t.deepEqual(counter, [64, 192, 384, 320, 352, 160, 176]);
  const dumps = packets.flatMap(({ profile_packet }) => profile_packet?.process_dumps ?? []);
  const sums = dumps.map(({ samples }) => [
    samples.reduce((sum, { self_allocated }) => sum + self_allocated, 0),
    samples.reduce((sum, { self_allocated, self_freed }) => sum + self_allocated - self_freed, 0),
    samples.reduce((sum, { alloc_count, free_count }) => sum + alloc_count - free_count, 0),
  ]);
  t.deepEqual(sums, [
    [384, 384, 3],
    [432, 176, 3],
  ]);
  t.regex(packets[0]?.process_tree?.processes[0]?.cmdline[0] ?? '', /^firmware \[the capture is incomplete: overflow/);
});

test('every stack leads, outermost first, to names and lines', (t) => {
  const packets = packetsOf(TOY);
  const interned = packets.flatMap(({ interned_data }) => interned_data ?? []);
  const names = new Map(
    interned
      .flatMap(({ function_names = [] }) => function_names)
      .map(({ iid, str }) => [iid, Buffer.from(str).toString()]),
  );
  const lines = new Map(
    interned.flatMap(({ frames = [] }) => frames).map(({ iid, line_number }) => [iid, line_number]),
  );
  const stacks = interned.flatMap(({ callstacks = [] }) => callstacks);
  const shown = stacks.map(({ frame_ids }) => frame_ids.map((id) => `${names.get(id)}:${lines.get(id)}`));
  t.deepEqual(shown, [['(no backtrace):undefined'], ['main:1', 'foo:10'], ['main:2', 'bar:20'], ['main:3']]);
  const samples = packets.flatMap(({ profile_packet }) => profile_packet?.process_dumps[0]?.samples ?? []);
  t.true(samples.every(({ callstack_id }) => stacks.some(({ iid }) => iid === callstack_id)));
});

test('a real trace has the totals that other writers have', (t) => {
  const builder = new TraceBuilder();
  decodeAll(formatById('gdb-log'), fixture('micropython-microbit/mylog.txt.gz'), builder);
  const trace = builder.build();
  const last = packetsOf(trace)
    .flatMap(({ profile_packet }) => profile_packet?.process_dumps ?? [])
    .at(-1);
  const live = last?.samples.reduce((sum, { self_allocated, self_freed }) => sum + self_allocated - self_freed, 0);
  t.is(
    live,
    stackWeights(trace).stacks.reduce((sum, { liveBytes }) => sum + liveBytes, 0),
  );
});
