import type { Address, Bytes, StackId } from '../../base/units.js';
import type { Frame } from '../../trace/heap-event.js';
import type { TraceBuilder } from '../../trace/trace-builder.js';
import type { ImportOptions, TraceFormat } from '../format.js';
import { headLines } from '../line-splitter.js';
import { nearBySigns } from '../near-miss.js';
import { TextReader } from '../text-reader.js';

/** What ESP-IDF's sysviewtrace_proc.py prints: every event with -p, and the report of the blocks that are left. */
export const sysviewtraceTextFormat: TraceFormat = {
  id: 'sysviewtrace',
  title: 'output of sysviewtrace_proc.py (heap events and the leak report)',
  detect(head, whole) {
    for (const line of headLines(head, whole)) if (EVENT.test(line) || line.includes('HEAP TRACE REPORT')) return 0.94;
    return 0;
  },
  nearMiss: (lines) =>
    nearBySigns(lines, [
      {
        looks: (line) => /\bHEAP: /.test(line) || line.includes('sysviewtrace'),
        expected: '`HEAP: Allocated N bytes @ 0x... from task "..." on core N by:`',
      },
    ]),
  open: (builder, options) => new SysviewtraceReader(builder, options),
};

const EVENT =
  /(?:\[(\d{1,12}\.\d{1,12})\] )?HEAP: (Allocated|Freed)(?: (\d{1,12}))? bytes @ (0x[0-9a-f]{1,16}) from (.{1,80}?) on core (\d{1,3})\b/i;
const DAMAGED = /\bHEAP: (?:Alloc|Free)/i;
const LEAKED = /Found (\d{1,15}) leaked bytes in (\d{1,9}) blocks/;
const PROCESSED = /^Processed (\d{1,9}) heap events/;
const MAX_CALLERS = 128;
const MAX_KNOWN = 65_536;

interface Pending {
  readonly kind: 'alloc' | 'free';
  readonly address: Address;
  readonly sizeBytes: Bytes;
  readonly atUs: number | undefined;
  readonly task: string;
  readonly callers: Frame[];
}

class SysviewtraceReader extends TextReader {
  private pending: Pending | undefined;
  private inReport = false;
  private skipping = false;
  private heapEvents = 0;
  private readonly live = new Map<Address, Bytes>();
  /** Frames by their line: a program has few places, and a trace a million lines of them. */
  private readonly frames = new Map<string, readonly Frame[]>();

  constructor(
    builder: TraceBuilder,
    private readonly options: ImportOptions,
  ) {
    super(builder, options, {
      info: { source: 'sysviewtrace_proc.py', unitBytes: 4 },
      expected: 'lines like \'[0.002272225] HEAP: Allocated 8 bytes @ 0x3ffaff6c from task "main" on core 0 by:\'',
      remedy: 'run sysviewtrace_proc.py -p -b APP.elf on the .svdat files, or import the .svdat files themselves',
    });
  }

  protected isRecord(text: string): boolean {
    return EVENT.test(text);
  }

  protected read(text: string): void {
    const event = EVENT.exec(text);
    if (event) this.event(event);
    else if (DAMAGED.test(text)) this.damaged(text);
    else if (text.includes('HEAP TRACE REPORT')) this.report();
    else if (this.pending && text.trim() !== '') this.caller(text);
    else {
      this.flush();
      this.footer(text);
    }
  }

  private event([, seconds, what = '', size, address, context = '']: RegExpExecArray): void {
    this.flush();
    // The report lists again what was printed as it happened.
    if (this.inReport && this.skipping) return;
    this.pending = {
      kind: what.toLowerCase() === 'freed' ? 'free' : 'alloc',
      address: Number(address),
      sizeBytes: Number(size ?? 0),
      atUs: seconds === undefined ? this.clock.read(this.prefix) : Number(seconds) * 1e6,
      task: context.replace(/^task /, '').replace(/^"(.*)"$/, '$1'),
      callers: [],
    };
  }

  private damaged(text: string): void {
    this.flush();
    this.events.unread(text, { what: 'an event' });
  }

  private report(): void {
    this.flush();
    this.events.seen++;
    this.inReport = true;
    this.skipping = this.heapEvents > 0;
    if (!this.skipping) this.events.builder.add({ kind: 'info', info: { contents: 'leaks' } });
  }

  /** `FILE:LINE`, or an address where no ELF file was given; innermost first. */
  private caller(text: string): void {
    const { pending } = this;
    if (!pending || pending.callers.length >= MAX_CALLERS) return;
    const known = this.frames.get(text);
    const frames = known ?? this.framesOf(text);
    if (!known && this.frames.size < MAX_KNOWN) this.frames.set(text, frames);
    pending.callers.push(...frames);
  }

  private framesOf(text: string): readonly Frame[] {
    const plain = text.trim().replace(/ \(discriminator \d{1,9}\)$/, '');
    if (/^0x[0-9a-f]{1,16}$/i.test(plain)) {
      const address = Number(plain);
      const resolved = this.options.resolve?.(address) ?? [];
      return resolved.length > 0 ? resolved : [{ address, functionName: '', file: '', line: 0 }];
    }
    const colon = plain.lastIndexOf(':');
    const line = plain.slice(colon + 1);
    if (colon < 1 || !/^(?:\d{1,7}|\?)$/.test(line)) return [];
    const file = plain.slice(0, colon);
    return [{ address: 0, functionName: '', file: file === '??' ? '' : file, line: line === '?' ? 0 : Number(line) }];
  }

  private footer(text: string): void {
    const leaked = LEAKED.exec(text);
    if (leaked) this.checkLeaked(Number(leaked[1]), Number(leaked[2]));
    const processed = PROCESSED.exec(text);
    if (!processed) return;
    this.events.seen++;
    const said = Number(processed[1]);
    if (this.skipping && said > this.heapEvents)
      this.events.gap(`the report counts ${said} heap events, ${this.heapEvents} were printed`, said - this.heapEvents);
  }

  private checkLeaked(bytes: Bytes, blocks: number): void {
    this.events.seen++;
    const sum = [...this.live.values()].reduce((total, size) => total + size, 0);
    if (sum !== bytes || this.live.size !== blocks)
      this.events.gap(
        `the report finds ${bytes} leaked bytes in ${blocks} blocks, the events leave ${sum} in ${this.live.size}`,
      );
  }

  /** The tool prints its report at the end, always. */
  protected override finish(): void {
    this.flush();
    if (this.heapEvents > 0 && !this.inReport)
      this.events.gap('the report that ends the output is missing: events may be, too');
    super.finish();
  }

  protected override flush(): void {
    const { pending, events } = this;
    if (!pending) return;
    this.pending = undefined;
    this.heapEvents++;
    const details = { stack: this.stack(pending.callers), atUs: pending.atUs, task: pending.task };
    if (pending.kind === 'alloc') {
      events.alloc(pending.address, pending.sizeBytes, details);
      this.live.set(pending.address, pending.sizeBytes);
    } else {
      events.free(pending.address, 0, details);
      this.live.delete(pending.address);
    }
  }

  private stack(callers: readonly Frame[]): StackId {
    const { tables } = this.events.builder;
    let stack: StackId = -1;
    for (const frame of callers.toReversed()) stack = tables.push(stack, tables.frame(frame));
    return stack;
  }
}
