import * as z from 'zod';
import type { ByteReader } from './byte-reader.js';
import type { TraceInfo } from './heap-event.js';
import type { TraceBuilder } from './trace-builder.js';

/*
 * The JSON chunks of a journal. A journal may come from a stranger, so types are checked; unknown fields are kept out.
 */

const optionalText = z.string().optional();
const count = z.number().int().nonnegative();

const infoSchema = z.object({
  source: z.string(),
  hasAddresses: z.boolean(),
  sizeKind: z.enum(['requested', 'block']),
  unitBytes: z.number().positive(),
  complete: z.boolean(),
  endReason: optionalText,
  engine: optionalText,
  allocator: optionalText,
  board: optionalText,
  elf: z.object({ path: z.string(), buildId: optionalText }).optional(),
  startedAtWallMs: z.number().optional(),
  durationMs: z.number().optional(),
  toolVersion: optionalText,
  oracle: z
    .object({
      outcome: z.enum(['matched', 'differs', 'unavailable']),
      detail: z.string(),
      liveBlocks: count.optional(),
      liveUnits: count.optional(),
      differences: z.array(z.string()).max(1000),
    })
    .optional(),
  dropped: z
    .object({ overwritten: count.optional(), collapsed: count.optional(), skipped: count.optional() })
    .optional(),
  caps: z.object({ freeBytes: count, largestFreeBytes: count }).optional(),
  engineReport: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
});

const beforeSeq = count;
const sideSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('mark'), beforeSeq, name: z.string(), atUs: z.number().optional() }),
  z.object({ kind: z.literal('gap'), beforeSeq, reason: z.string(), lostEvents: count.optional() }),
  z.object({ kind: z.literal('epoch'), beforeSeq, reason: z.string() }),
  z.object({ kind: z.literal('note'), beforeSeq: count.optional(), code: z.string(), text: z.string() }),
  z.object({
    kind: z.literal('region'),
    beforeSeq,
    region: z.object({ name: z.string(), baseAddress: count, sizeBytes: count, unitBytes: z.number().positive() }),
  }),
]);

/** @throws TraceFormatError when it is not JSON or a field has the wrong type. */
export function readInfo(reader: ByteReader, payload: Uint8Array): Partial<TraceInfo> {
  return withoutUndefined(parse(reader, payload, infoSchema)) as TraceInfo;
}

/** Adds a mark, gap, epoch, note or region to the builder at the place that it names. */
export function readSide(reader: ByteReader, payload: Uint8Array, builder: TraceBuilder): void {
  const side = parse(reader, payload, sideSchema);
  switch (side.kind) {
    case 'mark':
      builder.marks.push(withoutKind(side));
      break;
    case 'gap':
      builder.gaps.push(withoutKind(side));
      builder.info = { ...builder.info, complete: false };
      break;
    case 'epoch':
      builder.epochs.push(withoutKind(side));
      break;
    case 'note':
      builder.notes.push(withoutKind(side));
      break;
    case 'region':
      builder.add({ kind: 'region', region: side.region });
      break;
  }
}

function withoutKind<T extends { readonly kind: string }>({ kind: _, ...rest }: T): Defined<Omit<T, 'kind'>> {
  return withoutUndefined(rest);
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

function withoutUndefined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as Defined<T>;
}

function parse<T>(reader: ByteReader, payload: Uint8Array, schema: z.ZodType<T>): T {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(payload));
  } catch {
    throw reader.fail('text that is not JSON', 'a JSON chunk');
  }
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw reader.fail(`field '${issue?.path.join('.') ?? ''}': ${issue?.message ?? 'invalid'}`, 'a valid chunk');
}
