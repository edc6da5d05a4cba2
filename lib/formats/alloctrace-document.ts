import type { Address, Bytes, Microseconds, Milliseconds } from '../base/units.js';
import { FRAME_KINDS, type Frame, type OracleResult, TRACE_CONTENTS, type TraceInfo } from '../trace/heap-event.js';
import { integerList, JsonFields } from './json-fields.js';

/** The answer to `GET /trace` before its events (alloctrace protocol). */
export interface AlloctraceHeader {
  /** Wall time at which the capture was armed: an event happened at `anchorWallMs + atUs / 1000`. */
  readonly anchorWallMs: Milliseconds;
  /** The rate of the clock that `atUs` was made from; absent when unknown. */
  readonly clockHz?: number;
  readonly ring: { readonly count: number; readonly capacity: number };
  readonly captured: number;
  readonly overwritten: number;
  /** Pairs of an allocation and its free that were dropped. */
  readonly collapsed: number;
  readonly stopOnFull: boolean;
  readonly regions: readonly AlloctraceRegion[];
  /** Absent when the source does not know them. */
  readonly caps?: { readonly freeBytes: Bytes; readonly largestFreeBytes: Bytes };
  /** The ring holds more events than were sent. */
  readonly truncated: boolean;
}

/** One area of memory that a traced heap consists of. */
export interface AlloctraceRegion {
  readonly name: string;
  readonly baseAddress: Address;
  readonly sizeBytes: Bytes;
  /** Ours; 1 when absent. */
  readonly unitBytes?: Bytes;
}

/** One event of `GET /trace`. The members from `stack` on are ours; other clients ignore them. */
export interface AlloctraceEvent {
  readonly seq: number;
  readonly kind: 'alloc' | 'free' | 'realloc';
  readonly address: Address;
  /** 0 for a free whose size the source does not tell. */
  readonly sizeBytes: Bytes;
  readonly atUs: Microseconds;
  /** The innermost code address; 0 without a backtrace. */
  readonly pc: Address;
  /** Innermost first, `pc` included; empty when none was recorded. */
  readonly backtrace: readonly Address[];
  readonly largestBefore?: Bytes;
  readonly largestAfter?: Bytes;
  /** Of a realloc: the old address. */
  readonly from?: Address;
  /** Index into the document's `stacks`, which tell functions and lines too. */
  readonly stack?: number;
  readonly sweep?: boolean;
  /** Of an alloc: the block was alive before the capture began. */
  readonly existing?: boolean;
  readonly task?: number;
  readonly requestedBytes?: Bytes;
  readonly fromSizeBytes?: Bytes;
}

const ALLOCTRACE_KINDS = ['alloc', 'free', 'realloc'] as const;
/** Frames in one backtrace that a reader accepts; boards send at most 6, servers of gdb captures more. */
export const MAX_BACKTRACE = 4096;

/** @throws TraceFormatError HH1491 naming the member. */
export function parseHeader(value: unknown, where: string): AlloctraceHeader {
  const fields = new JsonFields(value, where);
  const ring = fields.object('ring');
  const caps = fields.optionalObject('caps');
  const clockHz = fields.optionalNumber('clockHz');
  return {
    anchorWallMs: fields.number('anchorWallMs'),
    ...(clockHz === undefined ? {} : { clockHz }),
    ring: { count: ring.integer('count'), capacity: ring.integer('capacity') },
    captured: fields.integer('captured'),
    overwritten: fields.integer('overwritten'),
    collapsed: fields.integer('collapsed'),
    stopOnFull: fields.boolean('stopOnFull'),
    regions: fields.list('regions', 256).map((region, index) => parseRegion(region, `${where}.regions[${index}]`)),
    ...(caps && { caps: { freeBytes: caps.number('freeBytes'), largestFreeBytes: caps.number('largestFreeBytes') } }),
    truncated: fields.boolean('truncated'),
  };
}

function parseRegion(value: unknown, where: string): AlloctraceRegion {
  const fields = new JsonFields(value, where);
  const unitBytes = fields.optionalInteger('unitBytes');
  return {
    name: fields.string('name'),
    baseAddress: fields.integer('baseAddress'),
    sizeBytes: fields.integer('sizeBytes'),
    ...(unitBytes === undefined ? {} : { unitBytes }),
  };
}

/** @throws TraceFormatError HH1491 naming the member. */
export function parseEvent(value: unknown, where: string): AlloctraceEvent {
  const fields = new JsonFields(value, where);
  return {
    seq: fields.integer('seq'),
    kind: fields.choice('kind', ALLOCTRACE_KINDS),
    address: fields.integer('address'),
    sizeBytes: fields.integer('sizeBytes'),
    atUs: fields.number('atUs'),
    pc: fields.optionalInteger('pc') ?? 0,
    backtrace: integerList(fields.list('backtrace', MAX_BACKTRACE), `${where}.backtrace`, MAX_BACKTRACE),
    ...optional('largestBefore', fields.optionalInteger('largestBefore')),
    ...optional('largestAfter', fields.optionalInteger('largestAfter')),
    ...optional('from', fields.optionalInteger('from')),
    ...optional('stack', fields.optionalInteger('stack')),
    ...optional('task', fields.optionalInteger('task')),
    ...optional('requestedBytes', fields.optionalInteger('requestedBytes')),
    ...optional('fromSizeBytes', fields.optionalInteger('fromSizeBytes')),
    ...(fields.optionalBoolean('sweep') ? { sweep: true } : {}),
    ...(fields.optionalBoolean('existing') ? { existing: true } : {}),
  };
}

function optional<K extends string>(name: K, value: number | undefined): { readonly [P in K]?: number } {
  // A computed key widens to an index signature; the literal type is restored here.
  return (value === undefined ? {} : { [name]: value }) as { readonly [P in K]?: number };
}

/** What one harvester tells another about the capture; unknown and wrongly typed members are left out. */
export function parseInfo(value: unknown, where: string): Partial<TraceInfo> {
  const fields = new JsonFields(value, where);
  const elf = fields.optionalObject('elf');
  const clock = fields.optionalObject('clock');
  const oracle = fields.optionalObject('oracle');
  const buildId = elf?.optionalString('buildId');
  const text = (name: 'doubtful' | 'endReason' | 'engine' | 'allocator' | 'board' | 'toolVersion') =>
    fields.has(name) ? { [name]: fields.string(name) } : {};
  const amount = (name: 'startedAtWallMs' | 'durationMs') => (fields.has(name) ? { [name]: fields.number(name) } : {});
  return {
    source: fields.string('source'),
    hasAddresses: fields.boolean('hasAddresses'),
    sizeKind: fields.choice('sizeKind', ['requested', 'block']),
    unitBytes: fields.integer('unitBytes'),
    complete: fields.boolean('complete'),
    ...(fields.has('contents') ? { contents: fields.choice('contents', TRACE_CONTENTS) } : {}),
    ...text('doubtful'),
    ...text('endReason'),
    ...text('engine'),
    ...text('allocator'),
    ...text('board'),
    ...text('toolVersion'),
    ...amount('startedAtWallMs'),
    ...amount('durationMs'),
    ...(clock && { clock: { kind: clock.choice('kind', ['host', 'target']), name: clock.string('name') } }),
    ...(oracle && { oracle: parseOracle(oracle) }),
    ...(elf && { elf: { path: elf.string('path'), ...(buildId === undefined ? {} : { buildId }) } }),
  };
}

const MAX_DIFFERENCES = 20;

function parseOracle(fields: JsonFields): OracleResult {
  return {
    outcome: fields.choice('outcome', ['matched', 'differs', 'unavailable']),
    detail: fields.string('detail'),
    ...optional('liveBlocks', fields.optionalInteger('liveBlocks')),
    ...optional('liveUnits', fields.optionalInteger('liveUnits')),
    differences: fields.list('differences', MAX_DIFFERENCES).map(String),
  };
}

/** Our `frames` member: `[address, function, file, line, inlined, kind, certainty]`. @throws TraceFormatError HH1491 */
export function parseFrame(value: unknown, where: string): Frame {
  const [address, functionName, file, line, inlined, kind, certainty] = Array.isArray(value) ? value : [];
  const fields = new JsonFields({ address, functionName, file, line, inlined, kind, certainty }, where);
  return {
    address: fields.integer('address'),
    functionName: fields.string('functionName'),
    file: fields.string('file'),
    line: fields.integer('line'),
    ...(fields.optionalBoolean('inlined') ? { inlined: true } : {}),
    ...(fields.has('kind') ? { kind: fields.choice('kind', FRAME_KINDS) } : {}),
    ...(fields.has('certainty') ? { certainty: fields.choice('certainty', ['exact', 'guessed']) } : {}),
  };
}

/** The inverse of {@link parseFrame}. */
export function frameMember(frame: Frame): readonly unknown[] {
  const { address, functionName, file, line, inlined, kind, certainty } = frame;
  return [address, functionName, file, line, inlined ?? null, kind ?? null, certainty ?? null];
}
