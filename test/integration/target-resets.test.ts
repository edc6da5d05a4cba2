import test from 'ava';
import { harvestEvents } from '../../lib/capture/harvest-events.js';
import { findGdb } from '../../lib/link/mi/find-gdb.js';
import { collectTrace } from '../../lib/trace/collect-trace.js';
import { EndCause, lifespans } from '../../lib/trace/lifespans.js';
import { EVENT_KINDS, type Trace } from '../../lib/trace/trace.js';
import { FIELD_HOOKS, fieldFirmware } from '../support/field-firmware.js';

function kindsOf(trace: Trace): string[] {
  return Array.from({ length: trace.eventCount }, (_, seq) => EVENT_KINDS[trace.events.kind[seq] ?? 0] ?? '?');
}

for (const engine of ['direct', 'gdb'] as const)
  test.serial(
    `${engine}: a chip that is reset in the middle of an allocation begins a new epoch each time, and what was alive is no leak`,
    async (t) => {
      t.timeout(120_000);
      const elf = fieldFirmware({ kind: 'RESETS' });
      const options = {
        elf,
        engine,
        gdb: (await findGdb()).path,
        hooks: FIELD_HOOKS,
        until: 'done',
        timeoutMs: 60_000,
      };
      const trace = await collectTrace(harvestEvents(options));
      t.is(trace.info.endReason, 'reached done');
      // Twice parse (25 bytes, given back) and 40 bytes, then the reset; the third time 8 bytes more.
      const boot = ['alloc', 'free', 'alloc'];
      t.deepEqual(kindsOf(trace), [...boot, ...boot, ...boot, 'alloc']);
      t.deepEqual(
        trace.epochs.map(({ beforeSeq }) => beforeSeq),
        [3, 6],
      );
      for (const { reason } of trace.epochs) t.regex(reason, /^the target was reset \(reset_handler at 0x/);
      t.is(trace.info.doubtful, undefined);
      // Of seven blocks three were given back, two were lost at the resets, two are alive.
      const causes = [...lifespans(trace).endCause];
      t.is(causes.filter((cause) => cause === EndCause.alive).length, 2);
      t.is(causes.filter((cause) => cause === EndCause.epoch).length, 2);
      t.true(trace.notes.some(({ text }) => /^2 calls were left without a return \(longjmp, a reset/.test(text)));
    },
  );
