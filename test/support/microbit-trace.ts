import { decodeAll } from '../../lib/formats/format.js';
import { gdbLog } from '../../lib/formats/gdb-log.js';
import type { Trace } from '../../lib/trace/trace.js';
import { TraceBuilder } from '../../lib/trace/trace-builder.js';
import { fixture } from './fixture.js';

/** The lines that CircuitPython's own analysis printed for the fixture. */
export function microbitOutput(): string[] {
  return fixture('micropython-microbit/gc_activity-output.txt').toString().split('\n');
}

/** MicroPython booting on a micro:bit (test/fixtures/micropython-microbit): 486 events; a block is 16 bytes. */
export function microbitTrace(): Trace {
  const builder = new TraceBuilder();
  decodeAll(gdbLog, fixture('micropython-microbit/mylog.txt.gz'), builder);
  return builder.build();
}
