import test from 'ava';
import type { Board } from '../../lib/boards/board.js';
import { loadBoard } from '../../lib/boards/load-board.js';
import { type HarvestOptions, harvestEvents } from '../../lib/capture/harvest-events.js';
import { collectTrace } from '../../lib/trace/collect-trace.js';
import { lispFirmware } from '../support/lisp-firmware.js';

/** Events of the tiny boot script, which all of these run. */
const EVENTS = 20;

const firmware = (variant: string) => lispFirmware({ board: 'mps2-an385', opt: 'Os', variant });

async function captured(variant: string, options: Partial<HarvestOptions> = {}) {
  const given = { elf: firmware(variant), board: 'qemu-mps2-an385', untilRepl: true, timeoutMs: 60_000 };
  const trace = await collectTrace(harvestEvents({ ...given, engine: 'direct', ...options }));
  const notes = trace.notes.map(({ text }) => text).join('\n');
  return { end: trace.info.endReason, complete: trace.info.complete !== false, events: trace.eventCount, notes };
}

async function boardWith(breakpoints: number): Promise<Board> {
  const board = await loadBoard('qemu-mps2-an385');
  return { ...board, comparators: { ...board.comparators, breakpoints } };
}

for (const engine of ['direct', 'gdb'] as const)
  test.serial(`${engine}: --until-repl ends where the REPL’s code begins that was inlined, and says so`, async (t) => {
    t.timeout(120_000);
    const { notes, ...seen } = await captured('inlinedrepl', { engine });
    const end = 'reached pyexec_friendly_repl (inlined in run_repl)';
    t.deepEqual(seen, { end, complete: true, events: EVENTS });
    t.regex(notes, /the end of options\.untilRepl is pyexec_friendly_repl \(inlined in run_repl\)/);
    t.regex(notes, /the end is also the prompt ">>> " on the console, or "Press any key to enter the REPL"/);
  });

test.serial(
  'a firmware that waits for a key before its REPL ends there, not where its displays ask the same',
  async (t) => {
    t.timeout(120_000);
    const { notes, ...seen } = await captured('waits');
    t.deepEqual(seen, { end: 'reached run_code_py, which waits for a key', complete: true, events: EVENTS });
    t.regex(notes, /is pyexec_friendly_repl \(inlined in run_repl\) or run_code_py, which waits for a key/);
  },
);

test.serial('where no breakpoint is left for the wait, or it is inlined, the console’s text is the end', async (t) => {
  t.timeout(120_000);
  const end = 'the console shows "Press any key to enter the REPL"';
  const two = await captured('waits', { board: await boardWith(2) });
  t.is(two.end, end);
  t.true(two.complete);
  t.is(two.events, EVENTS);
  t.regex(two.notes, /run_code_py, which waits for a key, is no end: no breakpoint is left for it/);
  const inlined = await captured('waitsinlined');
  t.is(inlined.end, end);
  t.true(inlined.complete);
});

test.serial('a line that is to be typed waits for the prompt: the key before it is pressed', async (t) => {
  t.timeout(120_000);
  const shown: string[] = [];
  const options = { send: ['(+ 40 2)'], onConsoleLine: ({ text }: { readonly text: string }) => shown.push(text) };
  const { end } = await captured('waitsinlined', options);
  t.is(end, 'the console shows ">>> "');
  t.true(shown.includes('42'), shown.join('\n'));
});
