import type { Bytes, StackId } from '../../base/units.js';
import { lifespans } from '../../trace/lifespans.js';
import type { Trace } from '../../trace/trace.js';
import { doubtLines } from './doubts-text.js';
import { PairNumbers } from './pair-numbers.js';
import { frameLabel } from './stack-weights.js';
import { TextBuffer } from './text-buffer.js';
import type { TraceWriter } from './trace-writer.js';

/** heaptrack's interpreted text, version 2: order, time and sizes; it has no addresses of blocks. */
export const heaptrackWriter: TraceWriter = {
  id: 'heaptrack',
  title: 'heaptrack text v2 (heaptrack_print, heaptrack_gui)',
  extension: '.heaptrack',
  *write(trace) {
    yield* new HeaptrackLines(trace).lines();
  },
};

const PLUS = '+'.charCodeAt(0);
const MINUS = '-'.charCodeAt(0);
const CLOCK = 'c'.charCodeAt(0);

/*
 * Every number is hexadecimal.
 *     s TEXT         string, numbered from 1
 *     i IP MODULE FUNCTION FILE LINE       instruction pointer, numbered from 1
 *     t IP PARENT    trace node, numbered from 1; parent 0 is none
 *     a SIZE TRACE   allocation kind, numbered from 0
 *     # TEXT     a comment: what is doubtful
 *     + A   - A      one allocation or deallocation of a kind;   c MS   time
 */
class HeaptrackLines {
  private readonly strings = new Map<string, number>();
  private readonly nodes = new Map<StackId, number>();
  private readonly kinds = new PairNumbers();
  private readonly frames = new Map<number, number>();
  private readonly out = new TextBuffer();

  constructor(private readonly trace: Trace) {}

  *lines(): Generator<Uint8Array> {
    const { trace, out } = this;
    const { stack, sizeBytes, atUs } = trace.events;
    const { startSeq, endSeq, ended, count } = lifespans(trace);
    out.line('v 10400 2');
    out.line(`X ${trace.info.elf?.path.replace(/\s/g, '_') ?? 'firmware'}`);
    out.line('I 1000 10000');
    out.line('c 0');
    for (const line of doubtLines(trace)) out.line(`# ${line}`);
    const kindOfSpan = new Int32Array(count);
    const endOf = (index: number) => (index < ended.length ? (endSeq[ended[index] as number] as number) : -1);
    let [clock, opening, ending, nextEnd] = [0, 0, 0, endOf(0)];
    for (let seq = 0; seq < trace.eventCount; seq++) {
      const at = atUs ? Math.floor((atUs[seq] ?? 0) / 1000) : 0;
      if (at > clock) {
        clock = at;
        out.hexLine(CLOCK, clock);
      }
      for (; nextEnd === seq; nextEnd = endOf(++ending)) {
        out.hexLine(MINUS, kindOfSpan[ended[ending] as number] as number);
        if (out.isFull) yield out.take();
      }
      if (opening < count && startSeq[opening] === seq) {
        const kind = this.kind(sizeBytes[seq] as number, stack[seq] as number);
        kindOfSpan[opening++] = kind;
        out.hexLine(PLUS, kind);
      }
      if (out.isFull) yield out.take();
    }
    yield out.take();
  }

  private kind(sizeBytes: Bytes, stack: StackId): number {
    const known = this.kinds.count;
    const kind = this.kinds.numberOf(stack, sizeBytes);
    if (kind === known) this.out.line(`a ${sizeBytes.toString(16)} ${this.node(stack).toString(16)}`);
    return kind;
  }

  /** The trace node of a stack; its callers are written before it. */
  private node(stack: StackId): number {
    const chain: StackId[] = [];
    let known: number | undefined;
    for (let at = stack; ; at = this.trace.stacks.parent[at] ?? -1) {
      known = this.nodes.get(at);
      if (known !== undefined) break;
      if (at < 0 && stack >= 0) break;
      chain.push(at);
      if (at < 0) break;
    }
    let node = known ?? 0;
    for (const id of chain.reverse()) {
      this.out.line(
        `t ${this.frame(id < 0 ? -1 : (this.trace.stacks.frame[id] ?? -1)).toString(16)} ${node.toString(16)}`,
      );
      node = this.nodes.size + 1;
      this.nodes.set(id, node);
    }
    return node;
  }

  private frame(frame: number): number {
    const known = this.frames.get(frame);
    if (known !== undefined) return known;
    const { name, file, line, address } = frameLabel(this.trace, frame);
    const module = this.string(this.trace.info.elf?.path ?? 'firmware');
    const parts = [address, module, this.string(name)];
    if (file !== '') parts.push(this.string(file), line);
    const id = this.frames.size + 1;
    this.frames.set(frame, id);
    this.out.line(`i ${parts.map((part) => part.toString(16)).join(' ')}`);
    return id;
  }

  private string(text: string): number {
    let id = this.strings.get(text);
    if (id === undefined) {
      id = this.strings.size + 1;
      this.strings.set(text, id);
      this.out.line(`s ${text.replace(/[\r\n]/g, ' ')}`);
    }
    return id;
  }
}
