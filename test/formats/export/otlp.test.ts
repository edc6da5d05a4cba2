import test from 'ava';
import protobuf from 'protobufjs';
import type { Trace } from '../../../lib/trace/trace.js';
import { traceFromText } from '../../support/trace-from-text.js';
import { written } from '../../support/written.js';

// The messages that are written, with the field numbers of opentelemetry-proto 1.10.
const OTLP = `
syntax = "proto3";
message ProfilesData { repeated ResourceProfiles resource_profiles = 1; ProfilesDictionary dictionary = 2; }
message ResourceProfiles { Resource resource = 1; repeated ScopeProfiles scope_profiles = 2; }
message Resource { repeated KeyValue attributes = 1; }
message KeyValue { string key = 1; AnyValue value = 2; }
message ArrayValue { repeated AnyValue values = 1; }
message AnyValue { oneof value { string string_value = 1; int64 int_value = 3; ArrayValue array_value = 5; } }
message ScopeProfiles { Scope scope = 1; repeated Profile profiles = 2; }
message Scope { string name = 1; }
message ValueType { int32 type_strindex = 1; int32 unit_strindex = 2; }
message Sample { int32 stack_index = 1; repeated int32 attribute_indices = 2; int32 link_index = 3; repeated int64 values = 4; }
message Profile {
  ValueType sample_type = 1; repeated Sample samples = 2; fixed64 time_unix_nano = 3; uint64 duration_nano = 4; bytes profile_id = 7;
}
message ProfilesDictionary {
  repeated Mapping mapping_table = 1; repeated Location location_table = 2; repeated Function function_table = 3; repeated Link link_table = 4;
  repeated string string_table = 5; repeated Attribute attribute_table = 6; repeated Stack stack_table = 7;
}
message Mapping {} message Link {} message Attribute {}
message Location { int32 mapping_index = 1; uint64 address = 2; repeated Line lines = 3; }
message Line { int32 function_index = 1; int64 line = 2; }
message Function { int32 name_strindex = 1; int32 system_name_strindex = 2; int32 filename_strindex = 3; }
message Stack { repeated int32 location_indices = 1; }`;

interface Decoded {
  readonly resource_profiles: readonly {
    readonly resource: { readonly attributes: readonly { readonly key: string; readonly value: unknown }[] };
    readonly scope_profiles: readonly {
      readonly scope: { readonly name: string };
      readonly profiles: readonly {
        readonly sample_type: { readonly type_strindex: number; readonly unit_strindex: number };
        readonly samples: readonly { readonly stack_index: number; readonly values: readonly number[] }[];
        readonly time_unix_nano: string;
        readonly duration_nano: string;
        readonly profile_id: Uint8Array;
      }[];
    }[];
  }[];
  readonly dictionary: {
    readonly mapping_table: readonly object[];
    readonly location_table: readonly {
      readonly lines: readonly { readonly function_index: number; readonly line: number }[];
    }[];
    readonly function_table: readonly { readonly name_strindex: number; readonly filename_strindex: number }[];
    readonly string_table: readonly string[];
    readonly stack_table: readonly { readonly location_indices: readonly number[] }[];
  };
}

const type = protobuf.parse(OTLP, { keepCase: true }).root.lookupType('ProfilesData');

function profilesOf(trace: Trace): Decoded {
  const options = { defaults: true, arrays: true, longs: String, bytes: Array };
  return type.toObject(type.decode(written('otlp', trace)), options) as Decoded;
}

/** `main > net n.c:12`: bytes, of one profile. */
function figures({ resource_profiles, dictionary }: Decoded, index: number): Record<string, number> {
  const { string_table: strings } = dictionary;
  const profile = resource_profiles[0]?.scope_profiles[0]?.profiles[index];
  const out: Record<string, number> = {};
  for (const { stack_index, values } of profile?.samples ?? []) {
    const path = (dictionary.stack_table[stack_index]?.location_indices ?? []).map((id) => {
      const [line] = dictionary.location_table[id]?.lines ?? [];
      const { name_strindex = 0, filename_strindex = 0 } = dictionary.function_table[line?.function_index ?? 0] ?? {};
      return `${strings[name_strindex]} ${strings[filename_strindex]}:${line?.line}`;
    });
    out[path.join(' < ')] = Number(values[0]);
  }
  return out;
}

const TOY = `
  alloc 0x1000 32 main@m.c:1 > net@n.c:10
  alloc 0x1100 16 main@m.c:1 > net@n.c:10
  alloc 0x1200 64
  free 0x1000 main@m.c:2
`;

test('otlp: a reader by the published field numbers finds the same stacks, totals and times', (t) => {
  const started = Date.UTC(2026, 10, 27, 12);
  const decoded = profilesOf(
    traceFromText(TOY, {
      complete: true,
      board: 'uno',
      elf: { path: 'f.elf', buildId: 'abc' },
      startedAtWallMs: started,
      durationMs: 1500,
    }),
  );
  const { dictionary } = decoded;
  const [scope] = decoded.resource_profiles[0]?.scope_profiles ?? [];
  const profiles = scope?.profiles ?? [];
  t.deepEqual(
    profiles.map(({ sample_type }) => [
      dictionary.string_table[sample_type.type_strindex],
      dictionary.string_table[sample_type.unit_strindex],
    ]),
    [
      ['alloc_objects', 'count'],
      ['alloc_space', 'bytes'],
      ['inuse_objects', 'count'],
      ['inuse_space', 'bytes'],
    ],
  );
  const [net, none] = ['net n.c:10 < main m.c:1', '(no backtrace) :0'];
  t.deepEqual(figures(decoded, 0), { [none]: 1, [net]: 2 });
  t.deepEqual(figures(decoded, 1), { [none]: 64, [net]: 48 });
  t.deepEqual(figures(decoded, 2), { [none]: 1, [net]: 1 });
  t.deepEqual(figures(decoded, 3), { [none]: 64, [net]: 16 });
  t.is(scope?.scope.name, 'heap-harvest');
  t.is(profiles[0]?.time_unix_nano, `${started}000000`);
  t.is(profiles[0]?.duration_nano, '1500000000');
  t.is(new Set(profiles.map(({ profile_id }) => profile_id.join())).size, 4);
  t.true(profiles.every(({ profile_id }) => profile_id.length === 16));
  t.is(dictionary.string_table[0], '');
  t.deepEqual(dictionary.stack_table[0], { location_indices: [] });
  t.deepEqual(
    decoded.resource_profiles[0]?.resource.attributes.slice(0, 3).map(({ key }) => key),
    ['service.name', 'device.model.identifier', 'service.version'],
  );
});

test('otlp: an incomplete trace says so among the attributes of its resource', (t) => {
  const { resource_profiles } = profilesOf(traceFromText(TOY, { complete: false }));
  const doubts = resource_profiles[0]?.resource.attributes.find(({ key }) => key === 'heap_harvest.doubts');
  t.regex(JSON.stringify(doubts), /incomplete|missing/i);
});
