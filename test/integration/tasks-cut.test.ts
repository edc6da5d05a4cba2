import test from 'ava';
import { captureSummary } from '../../lib/analysis/capture-summary.js';
import { DirectEngine } from '../../lib/capture/direct/direct-engine.js';
import { cFirmware } from '../support/c-firmware.js';
import { captureMalloc } from '../support/malloc-capture.js';

const elf = () => cFirmware('tasks', { LIBC: 'newlib', OPT: 'Og', ALLOC: 'libc', ROUNDS: 1 });

test.serial(
  'two tasks and an interrupt, cut anywhere: the calls under way explain what memory has more or less',
  async (t) => {
    t.timeout(300_000);
    for (const maxEvents of [19, 37, 60, 83, 100, 121, 151]) {
      const { trace } = await captureMalloc(new DirectEngine(), {
        elf: elf(),
        until: ['tasks_done'],
        maxEvents,
      });
      t.is(trace.info.oracle?.outcome, 'matched', `${maxEvents} events: ${JSON.stringify(trace.info.oracle)}`);
      t.is(trace.info.doubtful, undefined);
      t.deepEqual(captureSummary(trace).findings, []);
    }
  },
);
