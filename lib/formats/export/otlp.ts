import type { Trace } from '../../trace/trace.js';
import { doubtLines } from './doubts-text.js';
import { ProtobufWriter } from './protobuf-writer.js';
import { frameLabel, framesOfStack, type StackWeight, stackWeights } from './stack-weights.js';
import { StringTable } from './string-table.js';
import type { TraceWriter } from './trace-writer.js';

/** OpenTelemetry's ProfilesData, not compressed: what a collector takes as the body of a request, too (the fields have the same numbers). */
export const otlpWriter: TraceWriter = {
  id: 'otlp',
  title: 'OpenTelemetry profiles, v1development (a collector)',
  extension: '.otlp.pb',
  isBinary: true,
  write: writeOtlp,
};

/** Field numbers of opentelemetry-proto 1.10, profiles/v1development; before it Profile and Sample had others. */
const ProfilesData = { resourceProfiles: 1, dictionary: 2 } as const;
const ResourceProfiles = { resource: 1, scopeProfiles: 2 } as const;
const ScopeProfiles = { scope: 1, profiles: 2 } as const;
const Profile = { sampleType: 1, samples: 2, timeUnixNano: 3, durationNano: 4, profileId: 7 } as const;
const Sample = { stackIndex: 1, values: 4 } as const;
const Dictionary = { mapping: 1, location: 2, function: 3, link: 4, string: 5, attribute: 6, stack: 7 } as const;

/** One profile each: a profile has one type of values. */
const TYPES: readonly (readonly [type: string, unit: string, value: (weight: StackWeight) => number])[] = [
  ['alloc_objects', 'count', ({ totalCount }) => totalCount],
  ['alloc_space', 'bytes', ({ totalBytes }) => totalBytes],
  ['inuse_objects', 'count', ({ liveCount }) => liveCount],
  ['inuse_space', 'bytes', ({ liveBytes }) => liveBytes],
];

function* writeOtlp(trace: Trace): Generator<Uint8Array> {
  const strings = new StringTable('');
  const { stacks } = stackWeights(trace);
  const head = new ProtobufWriter().message(ProfilesData.resourceProfiles, (into) => {
    into.message(ResourceProfiles.resource, (resource) => writeResource(trace, resource));
    into.message(ResourceProfiles.scopeProfiles, (scope) => {
      scope.message(ScopeProfiles.scope, (name) => name.text(1, 'heap-harvest'));
      TYPES.forEach((_, type) => {
        scope.message(ScopeProfiles.profiles, (profile) => writeProfile({ trace, stacks, strings, type }, profile));
      });
    });
  });
  yield head.finish();
  yield new ProtobufWriter()
    .message(ProfilesData.dictionary, (into) => writeDictionary(trace, stacks, { strings, into }))
    .finish();
}

/** What was captured, by the names that OpenTelemetry has for it where it has any. */
function writeResource(trace: Trace, into: ProtobufWriter): void {
  const { info } = trace;
  const attribute = (key: string, write: (value: ProtobufWriter) => void) =>
    into.message(1, (pair) => pair.text(1, key).message(2, write));
  const text = (key: string, value: string | undefined) => {
    if (value) attribute(key, (any) => any.text(1, value));
  };
  text('service.name', info.board ?? 'firmware');
  text('device.model.identifier', info.board);
  text('service.version', info.elf?.buildId);
  text('heap_harvest.source', info.source);
  const doubts = doubtLines(trace);
  if (doubts.length > 0)
    attribute('heap_harvest.doubts', (any) =>
      any.message(5, (list) => {
        for (const line of doubts) list.message(1, (each) => each.text(1, line));
      }),
    );
}

interface ProfileInput {
  readonly trace: Trace;
  readonly stacks: readonly StackWeight[];
  readonly strings: StringTable;
  readonly type: number;
}

function writeProfile({ trace, stacks, strings, type }: ProfileInput, into: ProtobufWriter): void {
  const [name, unit, weigh] = TYPES[type] ?? ['', '', () => 0];
  into.message(Profile.sampleType, (each) => each.number(1, strings.of(name)).number(2, strings.of(unit)));
  stacks.forEach((weight, i) => {
    const value = weigh(weight);
    // Stack 0 of the dictionary is the empty one.
    if (value > 0)
      into.message(Profile.samples, (sample) => sample.number(Sample.stackIndex, i + 1).packed(Sample.values, [value]));
  });
  const { startedAtWallMs: startMs = 0, durationMs = 0 } = trace.info;
  if (startMs > 0 && Number.isSafeInteger(Math.round(startMs)))
    into.fixed64(Profile.timeUnixNano, BigInt(Math.round(startMs)) * 1_000_000n);
  const nanoseconds = Math.round(durationMs * 1e6);
  if (nanoseconds > 0 && Number.isSafeInteger(nanoseconds)) into.number(Profile.durationNano, nanoseconds);
  into.data(Profile.profileId, profileId(trace, stacks, type));
}

/** Element 0 of every table stands for "none". */
function writeDictionary(
  trace: Trace,
  stacks: readonly StackWeight[],
  { strings, into }: { readonly strings: StringTable; readonly into: ProtobufWriter },
): void {
  const nothing = () => undefined;
  for (const table of [Dictionary.mapping, Dictionary.link, Dictionary.attribute]) into.message(table, nothing);
  into.message(Dictionary.location, nothing).message(Dictionary.function, nothing);
  // Location and function 1 are those of events without a backtrace.
  for (let frame = -1; frame < trace.frames.count; frame++) {
    const { name, file, line, address } = frameLabel(trace, frame);
    const id = frame + 2;
    into.message(Dictionary.location, (location) =>
      location.number(2, address).message(3, (lines) => lines.number(1, id).number(2, line)),
    );
    into.message(Dictionary.function, (each) => each.number(1, strings.of(name)).number(3, strings.of(file)));
  }
  into.message(Dictionary.stack, nothing);
  for (const { stack } of stacks) {
    const locations = framesOfStack(trace, stack).map((frame) => frame + 2);
    into.message(Dictionary.stack, (each) => each.packed(1, locations));
  }
  for (const text of strings.all) into.text(Dictionary.string, text);
}

/** 16 bytes that differ between captures and between the profiles of one, the same each time (FNV-1a over what tells them apart). */
function profileId(trace: Trace, stacks: readonly StackWeight[], type: number): Uint8Array {
  const { info, eventCount } = trace;
  const told = [
    info.startedAtWallMs,
    info.board,
    info.elf?.buildId,
    eventCount,
    type,
    ...stacks.map((each) => each.totalBytes),
  ];
  const text = told.join();
  const id = new DataView(new ArrayBuffer(16));
  for (let word = 0; word < 4; word++) {
    let hash = 0x811c9dc5 ^ (word + 1);
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    id.setUint32(word * 4, hash >>> 0);
  }
  return new Uint8Array(id.buffer);
}
