import type { ImportOptions, TraceFormat } from '../formats/format.js';
import type { TraceRecord } from '../trace/heap-event.js';
import { TraceBuilder } from '../trace/trace-builder.js';
import { RecordStream } from './record-stream.js';
import type { SerialItem } from './serial-finder.js';

/** What a live stream gives: that it is open, a record of the trace, or text that the device printed beside it. */
export type LiveItem =
  | { readonly kind: 'opened'; readonly name: string }
  | { readonly kind: 'record'; readonly record: TraceRecord }
  | { readonly kind: 'console'; readonly port: number; readonly bytes: Uint8Array };

/**
 * Decodes a stream of bytes as it comes. The end of the input, an abort included, ends the decoder too: what is torn becomes a
 * gap. @throws what the source and the decoder throw, after everything whole was yielded.
 */
export async function* liveDecode(
  items: AsyncIterable<SerialItem>,
  format: TraceFormat,
  options: ImportOptions = {},
): AsyncGenerator<LiveItem> {
  const builder = new TraceBuilder();
  const console: LiveItem[] = [];
  const decoder = format.open(builder, {
    ...options,
    onConsole: (port, bytes) => console.push({ kind: 'console', port, bytes: bytes.slice() }),
  });
  const stream = new RecordStream(builder);
  function* fresh(): Generator<LiveItem> {
    yield* console.splice(0);
    for (const record of stream.take()) yield { kind: 'record', record };
  }
  let failure: { readonly error: unknown } | undefined;
  try {
    for await (const item of items) {
      if (item.kind === 'opened') yield item;
      else if (item.kind === 'bytes') decoder.push(item.bytes);
      else builder.add({ kind: 'gap', reason: `the port was away for ${item.awayMs} ms` });
      yield* fresh();
    }
  } catch (error) {
    failure = { error };
  }
  try {
    decoder.end();
  } catch (error) {
    failure ??= { error };
  }
  yield* fresh();
  if (failure) throw failure.error;
}
