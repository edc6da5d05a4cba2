import type { Trace } from '../../trace/trace.js';
import { doubtLines } from './doubts-text.js';
import { ProtobufWriter } from './protobuf-writer.js';
import { frameLabel, framesOfStack, stackWeights } from './stack-weights.js';
import { StringTable } from './string-table.js';
import type { TraceWriter } from './trace-writer.js';

/** pprof's profile.proto, not compressed (the tools take it so). */
export const pprofWriter: TraceWriter = {
  id: 'pprof',
  title: 'pprof (go tool pprof)',
  extension: '.pb',
  isBinary: true,
  write: writePprof,
};

/** Field numbers of google/pprof's profile.proto. */
const Profile = {
  sampleType: 1,
  sample: 2,
  location: 4,
  function: 5,
  stringTable: 6,
  comment: 13,
  defaultSampleType: 14,
} as const;
const TYPES = [
  ['alloc_objects', 'count'],
  ['alloc_space', 'bytes'],
  ['inuse_objects', 'count'],
  ['inuse_space', 'bytes'],
] as const;

/** Ids are one higher than frame numbers plus one: 1 is for events without a backtrace. */
function* writePprof(trace: Trace): Generator<Uint8Array> {
  const strings = new StringTable('');
  const head = new ProtobufWriter();
  for (const [type, unit] of TYPES) {
    head.message(Profile.sampleType, (into) => into.number(1, strings.of(type)).number(2, strings.of(unit)));
  }
  yield head.finish();
  for (const weight of stackWeights(trace).stacks) {
    const sample = new ProtobufWriter().message(Profile.sample, (into) =>
      into
        .packed(
          1,
          framesOfStack(trace, weight.stack).map((frame) => frame + 2),
        )
        .packed(2, [weight.totalCount, weight.totalBytes, weight.liveCount, weight.liveBytes]),
    );
    yield sample.finish();
  }
  for (let frame = -1; frame < trace.frames.count; frame++) yield locationAndFunction(trace, frame, strings);
  const tail = new ProtobufWriter();
  for (const line of doubtLines(trace)) tail.number(Profile.comment, strings.of(line));
  tail.number(Profile.defaultSampleType, strings.of('inuse_space'));
  for (const text of strings.all) tail.text(Profile.stringTable, text);
  yield tail.finish();
}

function locationAndFunction(trace: Trace, frame: number, strings: StringTable): Uint8Array {
  const { name, file, line, address } = frameLabel(trace, frame);
  const id = frame + 2;
  return new ProtobufWriter()
    .message(Profile.location, (into) =>
      into
        .number(1, id)
        .number(3, address)
        .message(4, (lineInto) => lineInto.number(1, id).number(2, line)),
    )
    .message(Profile.function, (into) =>
      into.number(1, id).number(2, strings.of(name)).number(3, strings.of(name)).number(4, strings.of(file)),
    )
    .finish();
}
