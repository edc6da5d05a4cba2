import test from 'ava';
import { harvestEvents } from '../../lib/capture/harvest-events.js';
import { findGdb } from '../../lib/link/mi/find-gdb.js';
import { isHeapEvent, type TraceInfo } from '../../lib/trace/heap-event.js';
import { FIELD_HOOKS, fieldFirmware } from '../support/field-firmware.js';
import { lispFirmware } from '../support/lisp-firmware.js';

const gdb = await findGdb();

interface Seen {
  readonly info: Partial<TraceInfo>;
  /** The first; empty when none came. */
  readonly status: string;
  readonly events: number;
}

const NEVER = 90_000;

/** Harvests until the end or the time-out; without one, until the first status. */
async function harvested(kind: string, engine: 'direct' | 'gdb', timeoutMs = NEVER): Promise<Seen> {
  let info: Partial<TraceInfo> = {};
  let status = '';
  let events = 0;
  const elf = fieldFirmware({ kind });
  const enough = new AbortController();
  const { signal } = enough;
  const options = { elf, engine, gdb: gdb.path, hooks: FIELD_HOOKS, until: 'done', timeoutMs, signal };
  for await (const record of harvestEvents(options)) {
    if (record.kind === 'info') info = { ...info, ...record.info };
    if (record.kind === 'status') {
      status ||= record.text;
      if (timeoutMs === NEVER) enough.abort();
    }
    if (isHeapEvent(record)) events++;
  }
  return { info, status, events };
}

for (const engine of ['direct', 'gdb'] as const) {
  test(`${engine}: without an event the capture is not complete, and says where the target began and stands`, async (t) => {
    const { info, events } = await harvested('ASLEEP', engine);
    t.is(events, 0);
    t.false(info.complete);
    const told =
      /^reached done, without an event: the target began in reset_handler .*, and is in done \(field\.c:\d+\) now$/;
    t.regex(info.endReason ?? '', told);
    t.not(info.oracle?.outcome, 'matched');
  });

  test(`${engine}: a target in a fault handler is told with the fault's registers, in the status and at the end`, async (t) => {
    const { info, status } = await harvested('FAULT', engine);
    // A store to 0xfffffff0: a precise bus error whose address is valid (CFSR 0x8200), escalated to HardFault (HFSR FORCED).
    const where = 'in fault_handler \\(field\\.c:\\d+\\): HardFault, CFSR 0x00008200, HFSR 0x40000000, BFAR 0xfffffff0';
    t.regex(status, new RegExp(`^no event for \\d+ s: the target is ${where}; 4 breakpoints are set$`));
    t.regex(
      info.endReason ?? '',
      new RegExp(`^interrupted; the target is ${where}; no event came: the target began in reset_`),
    );
    t.false(info.complete);
  });

  test(`${engine}: a target that runs without an event is told with the function that it runs in`, async (t) => {
    const { status } = await harvested('STUCK', engine);
    t.regex(status, /^no event for \d+ s: the target runs in main \(field\.c:\d+\); 4 breakpoints are set$/);
  });

  test(`${engine}: a time-out says where the target was`, async (t) => {
    const { info } = await harvested('STUCK', engine, 10_000);
    t.regex(
      info.endReason ?? '',
      /^time-out after 10 s: done was not reached; the target is in main \(field\.c:\d+\); no event/,
    );
    t.false(info.complete);
  });
}

test('gdb’s Python loop: a target that gives no more events is told with the function that it runs in', async (t) => {
  const elf = lispFirmware({ board: 'mps2-an385', opt: 'Og', variant: 'small' });
  const enough = new AbortController();
  const options = { elf, engine: 'gdb', gdb: gdb.path, until: 'Default_Handler', timeoutMs: NEVER } as const;
  let status = '';
  let loop: unknown;
  for await (const record of harvestEvents({ ...options, signal: enough.signal })) {
    if (record.kind === 'info') loop = record.info.engineReport?.loop ?? loop;
    if (record.kind === 'status') {
      status ||= record.text;
      enough.abort();
    }
  }
  t.is(loop, gdb.hasPython ? 'inside gdb (Python)' : 'MI commands');
  t.regex(status, /^no event for \d+ s: the target (runs|is) .*; 4 breakpoints are set$/);
});
