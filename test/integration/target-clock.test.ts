import test, { type ExecutionContext } from 'ava';
import { type HarvestOptions, harvestEvents } from '../../lib/capture/harvest-events.js';
import { collectTrace } from '../../lib/trace/collect-trace.js';
import type { Trace } from '../../lib/trace/trace.js';
import { buildArm, missingTools } from '../support/arm-build.js';
import { notRun } from '../support/not-run.js';

const PROGRAMS = 'test/symbols/programs';
const missing = missingTools(['arm-none-eabi-gcc', 'gdb-multiarch', 'qemu-system-arm']);

/** The program of clock.c; undefined, said aloud, where a tool is not installed. */
function build(t: ExecutionContext): string | undefined {
  if (missing.length === 0) {
    return buildArm({
      sources: [`${PROGRAMS}/clock.c`, `${PROGRAMS}/mps2-start.c`],
      script: `${PROGRAMS}/mps2.ld`,
      flags: ['-mcpu=cortex-m3', '-g', '-O1', '-fno-builtin-malloc'],
    });
  }
  return notRun(t, `${missing.join(', ')} not installed`);
}

function capture(elf: string, options: Partial<HarvestOptions>): Promise<Trace> {
  const signal = AbortSignal.timeout(200_000);
  const common = { elf, board: 'qemu-mps2-an385', allocator: 'auto', until: 'finished', signal };
  return collectTrace(harvestEvents({ ...common, engine: 'direct', ...options }));
}

/** Of SysTick_Handler in clock.c, with what saves and restores registers. */
const TICK_HANDLER_INSTRUCTIONS = 12;

const timesOf = (trace: Trace) => [...(trace.events.atUs ?? [])];

for (const engine of ['direct', 'gdb', 'auto'] as const) {
  test(`${engine}: with a counter of the target's as the clock, events have its times, the same in two runs`, async (t) => {
    const elf = build(t);
    if (elf === undefined) return;
    const first = await capture(elf, { engine, clock: 'steps@1000' });
    const second = await capture(elf, { engine, clock: 'steps@1000' });
    t.deepEqual(timesOf(first), [5000, 12_000, 20_000]);
    t.deepEqual(timesOf(second), timesOf(first));
    t.deepEqual(first.info.clock, { kind: 'target', name: 'steps, 1,000 Hz' });
  });
}

test('without a clock the times are the host’s, and say so', async (t) => {
  const elf = build(t);
  if (elf === undefined) return;
  const trace = await capture(elf, {});
  t.is(trace.info.clock?.kind, 'host');
  t.notDeepEqual(timesOf(trace), [5000, 12_000, 20_000]);
});

test('counters of 16 and 64 bits and registers count as well, over a wrap too', async (t) => {
  const elf = build(t);
  if (elf === undefined) return;
  // 65,530 at the start: it wraps after 6 steps, between the first event and the second.
  t.deepEqual(timesOf(await capture(elf, { clock: 'short_steps@1k' })), [65_535_000, 65_542_000, 65_550_000]);
  t.deepEqual(timesOf(await capture(elf, { clock: 'long_steps@1000' })), [5000, 12_000, 20_000]);
  // Counted by an interrupt, and by the machine's own timer of 25 MHz: both go on while the program waits for the last event's tick 40.
  // The emulator's timers run ahead when it is stopped on a busy machine, by a matter of ms: a wrong rate would be one of many seconds.
  for (const clock of ['ticks@1000', '0x40028018@25M']) {
    const last = timesOf(await capture(elf, { clock })).at(-1) ?? 0;
    t.true(last >= 40_000 && last < 10_000_000, `${clock}: ${last} us`);
  }
});

for (const engine of ['direct', 'gdb', 'auto'] as const) {
  test(`${engine}: QEMU's instructions are a clock, the same in every run but for interrupts of its timers`, async (t) => {
    const elf = build(t);
    if (elf === undefined) return;
    const first = await capture(elf, { engine, clock: 'icount@1M' });
    const second = await capture(elf, { engine, clock: 'icount@1M' });
    // The last event waits for the emulator's timer, which is not as exact; and before each of the first two its interrupt may come, or
    // not: a handler of a few instructions, where the first comes after some 1,600 and the second some 150 later.
    for (const seq of [0, 1]) {
      const difference = Math.abs((timesOf(second)[seq] ?? 0) - (timesOf(first)[seq] ?? 0));
      t.true(
        difference <= TICK_HANDLER_INSTRUCTIONS,
        `event ${seq}: ${timesOf(first)[seq]} and ${timesOf(second)[seq]}`,
      );
    }
    t.is(first.info.clock?.name, "QEMU's instruction count, 1,000,000 a second");
    const [malloc = 0, free = 0] = timesOf(first);
    // Of work_until: 7 rounds of some 20 instructions, and the rest of malloc.
    t.true(free - malloc > 7 * 10 && free - malloc < 1000, `${free - malloc} instructions`);
  });
}

test('SysTick and the variable that it counts are a clock finer than the variable', async (t) => {
  const elf = build(t);
  if (elf === undefined) return;
  const times = timesOf(await capture(elf, { clock: 'SysTick+ticks@25M' }));
  // The emulator's timers run ahead, as above.
  const last = times.at(-1) ?? 0;
  t.true(last >= 40_000 && last < 10_000_000, `${times.join(', ')} us`);
  t.true(times.every((time, seq) => time >= (times[seq - 1] ?? 0)));
});

test('what tells no time is refused with a reason, before the target runs or at the first event', async (t) => {
  const elf = build(t);
  if (elf === undefined) return;
  const refused = (options: Partial<HarvestOptions>, code: string, message: RegExp) =>
    t.throwsAsync(capture(elf, options), { code, message });
  await refused({ clock: 'steps' }, 'HH1371', /no rate, expected NAME@HZ/);
  await refused({ clock: 'steps@0' }, 'HH1371', /no rate/);
  await refused({ clock: 'stepz@1000' }, 'HH1372', /no such variable.*steps/);
  await refused({ clock: 'main@1000' }, 'HH1372', /found a function/);
  await refused({ clock: 'byte_steps@1000' }, 'HH1372', /a variable of 1 bytes/);
  // Its variable has none of the names that are known.
  await refused({ clock: 'SysTick@25M' }, 'HH1372', /begins anew at every tick/);
  await refused({ clock: 'SysTick+tickz@25M' }, 'HH1372', /no such variable.*ticks/);
  await refused({ clock: 'steps@1000', oneWrite: true }, 'HH1374', /oneWrite/);
  // QEMU's Cortex-M3 has no cycle counter.
  await refused({ clock: 'DWT_CYCCNT@25M' }, 'HH1373', /bit 0 of 0xe0001000 clear at the first event/);
});
