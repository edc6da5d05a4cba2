import * as z from 'zod/mini';
import { type Defined, defined } from '../base/defined.js';
import { issueText, valueAt } from '../base/schema-issue.js';
import type { Seq } from '../base/units.js';
import { type OracleResult, TRACE_CONTENTS, type TraceInfo } from './heap-event.js';
import type { TraceBuilder } from './trace-builder.js';
import type { VarintReader } from './varint-reader.js';

/*
 * The JSON chunks of a journal. A journal may come from a stranger, so types are checked; unknown fields are kept out.
 * zod's small form: the viewer carries this file, and the full one would be a quarter of it.
 */

const optionalText = z.optional(z.string());
const optionalNumber = z.optional(z.number());
const count = z.number().check(z.int(), z.nonnegative());
const optionalCount = z.optional(count);
const positive = z.number().check(z.positive());

const infoSchema = z.object({
  source: z.string(),
  hasAddresses: z.boolean(),
  sizeKind: z.enum(['requested', 'block']),
  unitBytes: positive,
  contents: z.optional(z.enum(TRACE_CONTENTS)),
  complete: z.boolean(),
  doubtful: optionalText,
  endReason: optionalText,
  engine: optionalText,
  allocator: optionalText,
  board: optionalText,
  elf: z.optional(z.object({ path: z.string(), buildId: optionalText })),
  taskNames: z.optional(z.record(z.string(), z.string())),
  startedAtWallMs: optionalNumber,
  clock: z.optional(z.object({ kind: z.enum(['host', 'target']), name: z.string() })),
  durationMs: optionalNumber,
  toolVersion: optionalText,
  oracle: z.optional(
    z.object({
      outcome: z.enum(['matched', 'differs', 'unavailable']),
      detail: z.string(),
      liveAllocations: optionalCount,
      liveBlocks: optionalCount,
      /** Journals until 0.1.0 counted blocks here, and allocations in `liveBlocks`. */
      liveUnits: optionalCount,
      differences: z.array(z.string()).check(z.maxLength(1000)),
    }),
  ),
  dropped: z.optional(z.object({ overwritten: optionalCount, collapsed: optionalCount, skipped: optionalCount })),
  caps: z.optional(z.object({ freeBytes: count, largestFreeBytes: count })),
  engineReport: z.optional(z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]))),
});

const beforeSeq = count;
const sideSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('mark'), beforeSeq, name: z.string(), atUs: optionalNumber }),
  z.object({ kind: z.literal('gap'), beforeSeq, reason: z.string(), lostEvents: optionalCount }),
  z.object({ kind: z.literal('epoch'), beforeSeq, reason: z.string() }),
  z.object({ kind: z.literal('note'), beforeSeq: optionalCount, code: z.string(), text: z.string() }),
  z.object({
    kind: z.literal('level'),
    beforeSeq,
    memory: z.string(),
    freeBytes: count,
    run: optionalCount,
    largestFreeBytes: optionalCount,
    minimumFreeBytes: optionalCount,
    totalBytes: optionalCount,
    atUs: optionalNumber,
  }),
  z.object({
    kind: z.literal('region'),
    beforeSeq,
    region: z.object({ name: z.string(), baseAddress: count, sizeBytes: count, unitBytes: positive }),
  }),
]);

const endSchema = z.object({ eventCount: count });

/** @throws TraceFormatError when it is not JSON or a field has the wrong type. */
export function readInfo(reader: VarintReader, payload: Uint8Array): Partial<TraceInfo> {
  return traceInfoOf(parse(reader, payload, infoSchema));
}

function traceInfoOf({ oracle, ...info }: z.infer<typeof infoSchema>): Partial<TraceInfo> {
  return defined({ ...info, oracle: oracle && renamedCounts(oracle) }) as TraceInfo;
}

/** What a JSON value says of a trace as a whole; undefined when a field is missing or has the wrong type. Unknown fields are left out. */
export function infoFromJson(json: unknown): Partial<TraceInfo> | undefined {
  const result = infoSchema.safeParse(json);
  return result.success ? traceInfoOf(result.data) : undefined;
}

function renamedCounts({ liveUnits, ...oracle }: NonNullable<z.infer<typeof infoSchema>['oracle']>): OracleResult {
  if (liveUnits === undefined) return defined(oracle);
  return defined({ ...oracle, liveAllocations: oracle.liveBlocks, liveBlocks: liveUnits });
}

/** How many events the journal holds. */
export function readEnd(reader: VarintReader, payload: Uint8Array): number {
  return parse(reader, payload, endSchema).eventCount;
}

export interface SidePlaces {
  readonly builder: TraceBuilder;
  /** Where among the builder's events a number of the journal lies. */
  placeOf(seq: Seq): Seq;
}

/** Adds a mark, gap, epoch, note, level or region to the builder at the place that it names. */
export function readSide(reader: VarintReader, payload: Uint8Array, { builder, placeOf }: SidePlaces): void {
  addSide(parse(reader, payload, sideSchema), { builder, placeOf });
}

/** The same for a value that was read from JSON. False, and nothing was added, when it is none of them or a field has the wrong type. */
export function addSideFromJson(json: unknown, places: SidePlaces): boolean {
  const result = sideSchema.safeParse(json);
  if (result.success) addSide(result.data, places);
  return result.success;
}

function addSide(side: z.infer<typeof sideSchema>, { builder, placeOf }: SidePlaces): void {
  if (side.kind !== 'region' && side.beforeSeq !== undefined) side.beforeSeq = placeOf(side.beforeSeq);
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
    case 'level':
      builder.levels.push(withoutKind(side));
      break;
    case 'region':
      builder.add({ kind: 'region', region: side.region });
      break;
  }
}

function withoutKind<T extends { readonly kind: string }>({ kind: _, ...rest }: T): Defined<Omit<T, 'kind'>> {
  return defined(rest);
}

function parse<T>(reader: VarintReader, payload: Uint8Array, schema: z.ZodMiniType<T>): T {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(payload));
  } catch {
    throw reader.fail('text that is not JSON', 'a JSON chunk');
  }
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw reader.fail(
    issue
      ? `field '${issue.path.join('.')}': ${issueText(issue, valueAt(json, issue.path))}`
      : 'a chunk that does not fit',
    'a valid chunk',
  );
}
