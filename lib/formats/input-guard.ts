import { formatBytes, formatCount } from '../base/units.js';
import { TraceFormatError } from '../errors/errors.js';
import type { TraceBuilder } from '../trace/trace-builder.js';
import type { TraceDecoder } from './format.js';

/** Of nothing, or of one and the same byte: no trace has so much of it, and an endless device has nothing else. */
const MAX_IDLE_BYTES = 64 * 1024 * 1024;
/** Their columns and lifespans fill the memory of a large machine. */
const MAX_EVENTS = 2 ** 27;

/** Stops reading an input that is no trace before it fills the memory: one place for all formats. */
export class InputGuard {
  private idleBytes = 0;
  private progress = 0;
  private sameBytes = 0;
  private last = -1;

  constructor(
    private readonly builder: TraceBuilder,
    private readonly subject: string,
    private readonly title: string,
  ) {}

  /** After each piece. @throws TraceFormatError HH1645, HH1646, HH1647 */
  check(piece: Uint8Array, decoder: TraceDecoder): void {
    const progress = this.progressOf(decoder);
    this.idleBytes = progress === this.progress ? this.idleBytes + piece.length : 0;
    this.progress = progress;
    if (this.idleBytes > MAX_IDLE_BYTES) {
      throw new TraceFormatError(
        'HH1645',
        `${this.subject}: found nothing of a ${this.title} in ${formatBytes(this.idleBytes)}, expected records`,
        { remedy: 'is it another format? `harvest import --list-formats` shows them all' },
      );
    }
    this.checkSame(piece);
    if (this.builder.eventCount <= MAX_EVENTS) return;
    throw new TraceFormatError(
      'HH1647',
      `${this.subject}: found more than ${formatCount(MAX_EVENTS)} events, expected fewer`,
      { remedy: 'split the trace, or capture less of it' },
    );
  }

  private progressOf({ heldRecords = 0 }: TraceDecoder): number {
    const { eventCount, marks, gaps, epochs, notes, regions } = this.builder;
    return eventCount + marks.length + gaps.length + epochs.length + notes.length + regions.length + heldRecords;
  }

  private checkSame(piece: Uint8Array): void {
    const first = piece[0];
    if (first === undefined) return;
    const isSame = allSame(piece);
    this.sameBytes = isSame ? (first === this.last ? this.sameBytes : 0) + piece.length : 0;
    this.last = isSame ? first : -1;
    if (this.sameBytes <= MAX_IDLE_BYTES) return;
    throw new TraceFormatError(
      'HH1646',
      `${this.subject}: found ${formatBytes(this.sameBytes)} of byte 0x${first.toString(16).padStart(2, '0')}, expected a ${this.title}`,
      { remedy: 'is it a device, or a file that was never written?' },
    );
  }
}

/** Ends at the first byte that differs, which in a trace comes soon. */
function allSame(piece: Uint8Array): boolean {
  const first = piece[0];
  for (let i = 1; i < piece.length; i++) if (piece[i] !== first) return false;
  return true;
}
