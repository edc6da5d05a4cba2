import type { ObjectGraph } from '../../trace/object-graph.js';
import { objectGraphBytes } from '../../trace/object-graph-bytes.js';

/** Of a graph's bytes in one row: as base64 they and the rest of the row are shorter than the longest line that is read. */
const PART_BYTES = 30_000;
/** More than a graph of a million blocks takes. */
const MAX_PARTS = 2240;

/** Details of the rows that hold a graph together: who holds which block, as bytes. */
export interface GraphPart {
  /** From 1. */
  readonly part: number;
  readonly parts: number;
  /** Base64 of a piece of what `objectGraphBytes` makes. */
  readonly bytes: string;
}

export function* graphParts(graph: ObjectGraph): Generator<GraphPart> {
  const bytes = objectGraphBytes(graph);
  const parts = Math.ceil(bytes.length / PART_BYTES);
  for (let part = 1; part <= parts; part++) {
    const piece = bytes.subarray((part - 1) * PART_BYTES, part * PART_BYTES);
    yield { part, parts, bytes: btoa(Array.from(piece, (byte) => String.fromCharCode(byte)).join('')) };
  }
}

/** Puts the parts of a graph together again. */
export class GraphParts {
  private readonly pieces: Uint8Array[] = [];

  /** Whether parts were added and the last one was not. */
  get areMissing(): boolean {
    return this.pieces.length > 0;
  }

  /** The bytes of the graph with its last part, undefined before. False for what is not the next part. */
  add(detail: object | undefined): Uint8Array | undefined | false {
    const { part, parts, bytes } = { ...detail } as Readonly<Partial<Record<keyof GraphPart, unknown>>>;
    const isNext = part === this.pieces.length + 1 && typeof parts === 'number' && part <= parts && parts <= MAX_PARTS;
    const piece = isNext && typeof bytes === 'string' ? bytesOf(bytes) : undefined;
    if (!piece) return false;
    this.pieces.push(piece);
    if (part !== parts) return undefined;
    const whole = new Uint8Array(this.pieces.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const each of this.pieces.splice(0)) {
      whole.set(each, at);
      at += each.length;
    }
    return whole;
  }
}

function bytesOf(base64: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}
