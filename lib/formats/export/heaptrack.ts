import type { StackId } from '../../base/units.js';
import type { Trace } from '../../trace/trace.js';
import { doubtLines } from './doubts-text.js';
import { frameLabel, stackWeights } from './stack-weights.js';
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
  private readonly kinds = new Map<string, number>();
  private readonly frames = new Map<number, number>();
  private out: string[] = [];

  constructor(private readonly trace: Trace) {}

  *lines(): Generator<string> {
    const { trace } = this;
    const { spans } = stackWeights(trace);
    this.out.push('v 10400 2', `X ${trace.info.elf?.path.replace(/\s/g, '_') ?? 'firmware'}`, 'I 1000 10000', 'c 0');
    this.out.push(...doubtLines(trace).map((line) => `# ${line}`));
    const ending = endLists(spans.endSeq, spans.count, trace.eventCount);
    const kindOfSpan = new Int32Array(spans.count);
    let clock = 0;
    for (let seq = 0; seq < trace.eventCount; seq++) {
      const at = Math.floor((trace.events.atUs?.[seq] ?? 0) / 1000);
      if (at > clock) {
        clock = at;
        this.out.push(`c ${clock.toString(16)}`);
      }
      for (const span of ending.get(seq) ?? []) this.out.push(`- ${(kindOfSpan[span] ?? 0).toString(16)}`);
      const span = spans.openedBy[seq] ?? -1;
      if (span >= 0) {
        const kind = this.kind(spans.sizeBytes[span] ?? 0, trace.events.stack[seq] ?? -1);
        kindOfSpan[span] = kind;
        this.out.push(`+ ${kind.toString(16)}`);
      }
      if (this.out.length > 5000) yield this.flush();
    }
    yield this.flush();
  }

  private flush(): string {
    const text = this.out.length > 0 ? `${this.out.join('\n')}\n` : '';
    this.out = [];
    return text;
  }

  private kind(sizeBytes: number, stack: StackId): number {
    const node = this.node(stack);
    const key = `${sizeBytes}:${node}`;
    let kind = this.kinds.get(key);
    if (kind === undefined) {
      kind = this.kinds.size;
      this.kinds.set(key, kind);
      this.out.push(`a ${sizeBytes.toString(16)} ${node.toString(16)}`);
    }
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
      this.out.push(
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
    this.out.push(`i ${parts.map((part) => part.toString(16)).join(' ')}`);
    return id;
  }

  private string(text: string): number {
    let id = this.strings.get(text);
    if (id === undefined) {
      id = this.strings.size + 1;
      this.strings.set(text, id);
      this.out.push(`s ${text.replace(/[\r\n]/g, ' ')}`);
    }
    return id;
  }
}

/** The spans that end at each event where any does. */
function endLists(endSeq: Int32Array, count: number, events: number): Map<number, number[]> {
  const lists = new Map<number, number[]>();
  for (let span = 0; span < count; span++) {
    const end = endSeq[span] ?? events;
    if (end >= events) continue;
    const list = lists.get(end);
    if (list) list.push(span);
    else lists.set(end, [span]);
  }
  return lists;
}
