import { type GcArea, isPlausible } from '../../allocators/gc-area.js';
import { symbolName } from '../../symbols/demangle.js';
import { GcLog, gcRegion } from '../../trace/gc-log.js';
import type { Backtrace, Frame, TraceRecord } from '../../trace/heap-event.js';

const FLAG = { inlined: 1, signal: 2, tail: 4 } as const;
const CACHED_STACKS = 100_000;

/** Reads the lines that gdb-scripts/heap_harvest.py writes (its head describes them) and makes trace records of them. */
export class GdbScriptReader {
  readonly log: GcLog;
  area: GcArea | undefined;
  events = 0;
  limitReached = false;
  /** The block of the last event: its change may not have reached the target's table yet. */
  lastBlock: number | undefined;
  private rest = '';
  private readonly frames: Frame[] = [];
  private readonly stacks = new Map<string, Backtrace>();

  constructor(
    blockBytes: number,
    private readonly emit: (record: TraceRecord) => void,
  ) {
    this.log = new GcLog(blockBytes);
  }

  /** Console text, cut anywhere; lines that are not the script's are gdb's own and are left out. */
  push(text: string): void {
    this.rest += text;
    let from = 0;
    for (let at = this.rest.indexOf('\n'); at >= 0; at = this.rest.indexOf('\n', from)) {
      if (this.rest.charCodeAt(from) === 0x40) this.line(this.rest.slice(from, at));
      from = at + 1;
    }
    this.rest = this.rest.slice(from);
  }

  private line(line: string): void {
    switch (line[1]) {
      case 'E':
        this.event(line.slice(3));
        break;
      case 'F':
        this.frame(line.slice(3));
        break;
      case 'V':
        this.variables(line.slice(3).split(' '));
        break;
      case 'I':
        this.log.reset(0);
        if (this.events > 0) this.emit({ kind: 'epoch', reason: 'gc_init' });
        break;
      case 'L':
        this.limitReached = true;
        break;
      default: // Text of the target or of gdb that happens to begin so.
    }
  }

  private event(text: string): void {
    const stackAt = text.indexOf(' ', text.indexOf(' ') + 1) + 1;
    const [start = '', length = ''] = text.slice(0, stackAt).split(' ');
    const startBlock = Number.parseInt(start, 16);
    const blocks = Number.parseInt(length, 16);
    if (!Number.isFinite(startBlock) || !Number.isFinite(blocks)) return;
    this.lastBlock = startBlock;
    this.events++;
    this.emit(this.log.event(startBlock, blocks, this.stackOf(text.slice(stackAt))));
  }

  private frame(text: string): void {
    const [numbers = '', functionName = '', file = ''] = text.split('\t');
    const [id = '', pc = '', flagBits = '', line = ''] = numbers.split(' ');
    const flags = Number.parseInt(flagBits, 16);
    this.frames[Number.parseInt(id, 16)] = {
      address: Number.parseInt(pc, 16) || 0,
      functionName: symbolName(functionName),
      file,
      line: Number.parseInt(line, 16) || 0,
      ...(flags & FLAG.inlined ? { inlined: true } : {}),
      ...(flags & FLAG.signal ? { kind: 'signal' as const } : {}),
      ...(flags & FLAG.tail ? { kind: 'tail' as const } : {}),
    };
  }

  /** Traces repeat their stacks: one object each lets the trace's tables find them by identity. */
  private stackOf(ids: string): Backtrace {
    const known = this.stacks.get(ids);
    if (known) return known;
    const backtrace = ids.split(' ').flatMap((id) => this.frames[Number.parseInt(id, 16)] ?? []);
    if (this.stacks.size >= CACHED_STACKS) this.stacks.clear();
    this.stacks.set(ids, backtrace);
    return backtrace;
  }

  private variables(words: readonly string[]): void {
    const [allocTableStart = 0, allocTableBytes = 0, poolStart = 0, poolEnd = 0] = words.map((w) =>
      Number.parseInt(w, 16),
    );
    const area = { allocTableStart, allocTableBytes, poolStart, poolEnd };
    if (!isPlausible(area)) return;
    this.area = area;
    this.log.reset(poolStart);
    this.emit({ kind: 'region', region: gcRegion(this.log.blockBytes, poolStart, poolEnd) });
  }
}
