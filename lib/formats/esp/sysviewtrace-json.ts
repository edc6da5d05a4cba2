import { TraceFormatError } from '../../errors/errors.js';
import type { TraceBuilder } from '../../trace/trace-builder.js';
import type { ImportOptions, TraceDecoder, TraceFormat } from '../format.js';
import { type JsonMember, JsonMembers } from '../json-members.js';
import { numberOf } from '../pattern/match-pattern.js';
import { TextEvents } from '../text-events.js';

/** What sysviewtrace_proc.py --to-json prints. */
export const sysviewtraceJsonFormat: TraceFormat = {
  id: 'sysviewtrace-json',
  title: 'JSON of sysviewtrace_proc.py --to-json',
  detect(head) {
    const text = new TextDecoder().decode(head);
    if (!/^\s*\{/.test(text)) return 0;
    return text.includes('"ctx_name"') && text.includes('"in_irq"') ? 0.96 : 0;
  },
  open: (builder, options) => new SysviewtraceJsonDecoder(builder, options),
};

class SysviewtraceJsonDecoder implements TraceDecoder {
  private readonly members: JsonMembers;
  private readonly events: TextEvents;
  private readonly subject: string;

  constructor(builder: TraceBuilder, options: ImportOptions) {
    this.subject = options.subject ?? 'sysviewtrace JSON';
    this.members = new JsonMembers(this.subject, (member) => this.take(member));
    this.events = new TextEvents(builder, options.resolve, { source: 'sysviewtrace_proc.py --to-json', unitBytes: 4 });
  }

  push(chunk: Uint8Array): void {
    this.members.push(chunk);
  }

  /** @throws TraceFormatError HH1431 when the document holds no heap event and is whole */
  end(): void {
    if (!this.members.complete) this.events.gap('torn tail: the document has no end');
    this.events.end();
    if (this.events.seen > 0 || !this.members.complete) return;
    throw new TraceFormatError(
      'HH1431',
      `${this.subject}: found no heap event, expected events with addr, size and callers`,
      {
        remedy: 'run sysviewtrace_proc.py with -i heap or -i all on a recording with heap tracing',
      },
    );
  }

  private take({ key, index, value }: JsonMember): void {
    if (key !== 'events' || index < 0 || typeof value !== 'object' || value === null) return;
    const event = value as Readonly<Record<string, unknown>>;
    // Events of other modules, of the scheduler and of the log have no block.
    if (typeof event.addr !== 'string' || !Array.isArray(event.callers)) return;
    const address = numberOf(event.addr, 16);
    if (address === undefined) return;
    const sizeBytes =
      typeof event.size === 'number' && Number.isSafeInteger(event.size) && event.size > 0 ? event.size : 0;
    const callers = event.callers
      .slice(0, 128)
      .flatMap((caller) => (typeof caller === 'string' ? (numberOf(caller, 16) ?? []) : []));
    const details = {
      stack: this.events.stacks.chain(callers),
      atUs: typeof event.ts === 'number' && Number.isFinite(event.ts) ? event.ts * 1e6 : undefined,
      task: typeof event.ctx_name === 'string' ? event.ctx_name.slice(0, 80) : undefined,
    };
    // A free has no size of its own: the tool writes 0.
    if (sizeBytes > 0) this.events.alloc(address, sizeBytes, details);
    else this.events.free(address, 0, details);
  }
}
