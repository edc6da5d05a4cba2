import type { Epoch, Gap, HeapLevel, HeapRegion, Mark, Note } from './heap-event.js';

/*
 * The journal: what a capture writes as it goes (docs/journal.md).
 *
 *   header   "HHJRNL" 0x0d 0x0a | u32 version
 *   chunk    u32 payload length | u8 type | payload | u32 CRC-32 of type and payload
 *
 * Little endian. Chunks are only ever appended. Ids in a chunk refer to tables of chunks before it or to its own.
 */
export const JOURNAL_MAGIC = Uint8Array.of(0x48, 0x48, 0x4a, 0x52, 0x4e, 0x4c, 0x0d, 0x0a);
/**
 * 1 until 2026: batches do not tell how many strings, frames and stacks came before them, and samples are not packed.
 * Readers take both.
 */
export const JOURNAL_VERSION = 2;
export const HEADER_BYTES = JOURNAL_MAGIC.length + 4;
export const CHUNK_HEAD_BYTES = 5;
export const CHUNK_TAIL_BYTES = 4;
/** A longer chunk is taken for damage: the writer's are below 1 MiB. */
export const MAX_CHUNK_BYTES = 64 * 1024 * 1024;

export const ChunkType = {
  /** JSON: part of TraceInfo, later ones win field by field. */
  info: 1,
  /** New strings, frames, stacks and events, see journal-batch.ts. */
  batch: 2,
  /** JSON: a mark, gap, epoch, note or region with its `beforeSeq`. */
  side: 3,
  /** Registers and stack copies, see raw-samples.ts. */
  raw: 4,
  /** JSON: event count; its presence says that the capture was ended in good order. */
  end: 5,
  /** The same as `raw`, packed: its length as a varint, then a raw DEFLATE stream. */
  packedRaw: 6,
  /** Which blocks hold which at one moment, packed as samples are, see write-object-graph.ts. */
  objectGraph: 7,
} as const;
export const LAST_CHUNK_TYPE = ChunkType.objectGraph;
/** What a chunk of packed samples may unpack to: several times what the writer lets come together. */
export const MAX_UNPACKED_BYTES = 4 * 1024 * 1024;

/** What a side chunk holds. */
export type SideRecord =
  | ({ readonly kind: 'mark' } & Mark)
  | ({ readonly kind: 'gap' } & Gap)
  | ({ readonly kind: 'epoch' } & Epoch)
  | ({ readonly kind: 'note' } & Omit<Note, 'beforeSeq'> & { readonly beforeSeq?: number })
  | ({ readonly kind: 'level' } & HeapLevel)
  | { readonly kind: 'region'; readonly beforeSeq: number; readonly region: HeapRegion };

/** Whether bytes begin as a journal does. */
export function isJournal(head: Uint8Array): boolean {
  return head.length >= JOURNAL_MAGIC.length && JOURNAL_MAGIC.every((byte, i) => head[i] === byte);
}
