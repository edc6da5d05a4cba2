import type { Symbolizer } from '../symbols/symbolizer.js';
import type { Backtrace, Frame, TraceRecord } from '../trace/heap-event.js';
import type { Address } from '../units.js';

/** Addresses remembered; a firmware has fewer call sites. */
const MAX_CACHED = 200_000;

/**
 * The frames at a return address, innermost first, named from an ELF file: more than one where calls were inlined. For sources
 * that record bare addresses. Unknown addresses give a frame without a name.
 */
export function frameResolver(image: Symbolizer): (address: Address) => readonly Frame[] {
  const cache = new Map<Address, readonly Frame[]>();
  return (address) => {
    const known = cache.get(address);
    if (known) return known;
    if (cache.size >= MAX_CACHED) cache.clear();
    const frames = framesAt(image, address);
    cache.set(address, frames);
    return frames;
  };
}

function framesAt(image: Symbolizer, address: Address): readonly Frame[] {
  const places = image.locate(address, { isReturnAddress: true });
  return places.map((place, index): Frame => {
    const last = index === places.length - 1;
    return {
      // gdb shows an address for the outermost of inlined calls only: the machine is in one place.
      address: last ? address : 0,
      functionName: place.functionName === '??' ? '' : place.functionName,
      file: place.file ?? '',
      line: place.line,
      ...(place.inlined ? { inlined: true } : {}),
      ...(place.certainty === 'guessed' ? { certainty: 'guessed' as const } : {}),
    };
  });
}

/** The same records with names for the frames that have none. */
export async function* symbolized(
  records: AsyncIterable<TraceRecord> | Iterable<TraceRecord>,
  image: Symbolizer,
): AsyncGenerator<TraceRecord> {
  const resolve = frameResolver(image);
  const stacks = new WeakMap<Backtrace, Backtrace>();
  for await (const record of records) {
    if (!('backtrace' in record) || record.backtrace === undefined) {
      yield record;
      continue;
    }
    let named = stacks.get(record.backtrace);
    if (!named) {
      named = record.backtrace.flatMap((frame) => nameFrame(frame, resolve));
      stacks.set(record.backtrace, named);
    }
    yield { ...record, backtrace: named };
  }
}

function nameFrame(frame: Frame, resolve: (address: Address) => readonly Frame[]): readonly Frame[] {
  if (frame.functionName !== '' || frame.address === 0) return [frame];
  const found = resolve(frame.address);
  if (found.length === 0) return [frame];
  // What was guessed stays so, however well the name is known.
  return frame.certainty === 'guessed' ? found.map((one) => ({ ...one, certainty: 'guessed' as const })) : found;
}
