import test from 'ava';
import { captureTracerRing } from '../../lib/alloctrace/ring-capture.js';
import { configureRing, readRingSettings, ringViaDebugPort } from '../../lib/alloctrace/ring-via-debug-port.js';
import { DirectEngine } from '../../lib/capture/direct/direct-engine.js';
import { collectTrace } from '../../lib/trace/collect-trace.js';
import type { HeapEvent } from '../../lib/trace/heap-event.js';
import { eventAt, type Trace } from '../../lib/trace/trace.js';
import {
  type AlloctraceVariant,
  alloctraceCodeBytes,
  buildAlloctrace,
  captureWithGdb,
  haltedQemu,
  symbolsOf,
} from '../support/alloctrace-firmware.js';
import { captureMalloc } from '../support/malloc-capture.js';
import { TinyRspPort } from '../support/tiny-rsp-port.js';

const NEVER = new AbortController().signal;

function planOf(elf: string) {
  const symbol = symbolsOf(elf);
  const point = (label: string) => ({ label, address: symbol(label) });
  return {
    ringAddress: symbol('alloctrace_ring'),
    ringFull: point('alloctrace_ring_full'),
    stops: [point('alloctrace_done')],
  };
}

async function drainVariant(variant: AlloctraceVariant): Promise<{ trace: Trace; elf: string }> {
  const elf = buildAlloctrace(variant);
  await using qemu = await haltedQemu(variant.board, elf);
  await using port = await TinyRspPort.connect(qemu.port);
  const trace = await collectTrace(ringViaDebugPort(port, planOf(elf), NEVER));
  return { trace, elf };
}

const eventsOf = (trace: Trace) => Array.from({ length: trace.eventCount }, (_, seq) => eventAt(trace, seq));

function textOf(event: HeapEvent): string {
  switch (event.kind) {
    case 'failed':
      return `failed ${event.sizeBytes} ${event.fromAddress ?? 0}`;
    case 'realloc':
      return `realloc ${event.fromAddress} ${event.address} ${event.sizeBytes}`;
    case 'alloc':
      return `alloc ${event.address} ${event.sizeBytes}`;
    default:
      return `free ${event.address}`;
  }
}

test.serial('the tracer and its hooks are under 2 KB of code on Cortex-M0', (t) => {
  const bytes = alloctraceCodeBytes();
  t.log(`${bytes} bytes at -Os`);
  t.true(bytes > 0 && bytes < 2048, `${bytes} bytes`);
});

const VARIANTS: readonly AlloctraceVariant[] = [
  { board: 'mps2-an385' },
  { board: 'microbit', capacity: 16 },
  { board: 'mps2-an385', libc: 'nano', opt: 'Og' },
];
for (const variant of VARIANTS) {
  const title = Object.values(variant).join(' ');
  test.serial(`the ring tells the same events as breakpoints on the allocator: ${title}`, async (t) => {
    const { trace, elf } = await drainVariant(variant);
    await using qemu = await haltedQemu(variant.board, elf);
    // Thumb-2 has a jump that reaches everywhere: there newlib's strdup jumps to _strdup_r.
    const reference = captureWithGdb(elf, qemu.port, variant.board === 'microbit' ? [] : ['strdup']);
    const events = eventsOf(trace);
    t.true(reference.length > 300, `${reference.length} reference events`);
    t.deepEqual(
      events.map(textOf),
      reference.map((event) => event.text),
    );
    t.deepEqual(trace.gaps, []);
    t.true(trace.info.complete);
    t.is(trace.info.endReason, 'reached alloctrace_done');
    for (const kind of ['alloc', 'free', 'realloc', 'failed'])
      t.true(
        events.some((event) => event.kind === kind),
        kind,
      );

    const callers = events.map((event) => (event.backtrace ?? []).map((frame) => frame.address));
    t.deepEqual(
      callers,
      reference.map((event) => event.pcs.slice(0, 6)),
    );

    const stops = Number(trace.info.engineReport?.stops);
    t.log(`${events.length} events in ${stops} stops`);
    t.is(stops, Math.ceil(events.length / (variant.capacity ?? 64) + 1e-9));
  });
}

test.serial('FreeRTOS: the trace macros record what the allocator does', async (t) => {
  const { trace, elf } = await drainVariant({ board: 'microbit', hooks: 'freertos' });
  const events = eventsOf(trace);
  const allocations = events.filter((event) => event.kind === 'alloc');
  const frees = events.filter((event) => event.kind === 'free');
  t.true(allocations.length > 100);
  t.true(frees.length > 100);
  t.true(events.some((event) => event.kind === 'failed' && event.sizeBytes === 0x01000000));
  const live = new Set<number>();
  for (const event of events) {
    if (event.kind === 'alloc') live.add(event.address);
    else if (event.kind === 'free') t.true(live.delete(event.address), `free of ${event.address}`);
  }
  // The innermost address is the caller of pvPortMalloc, in the workload.
  const symbol = symbolsOf(elf);
  const inWorkload = (address: number) =>
    address > symbol('make_message') - 4096 && address < symbol('workload') + 4096;
  t.true(events.every((event) => inWorkload(event.backtrace?.[0]?.address ?? 0)));
});

test.serial('times go on and count microseconds', async (t) => {
  const { trace } = await drainVariant({ board: 'microbit', capacity: 16 });
  const times = [...(trace.events.atUs ?? [])];
  t.is(times.length, trace.eventCount);
  t.true(times.every((time, index) => index === 0 || time >= (times[index - 1] ?? 0)));
  t.true((times.at(-1) ?? 0) > 0);
});

test.serial('settings survive a warm reset and hold from then on', async (t) => {
  const elf = buildAlloctrace({ board: 'mps2-an385' });
  const plan = planOf(elf);
  await using qemu = await haltedQemu('mps2-an385', elf);
  await using port = await TinyRspPort.connect(qemu.port);
  await t.throwsAsync(readRingSettings(port, plan.ringAddress), { code: 'HH1641' });
  const whole = await collectTrace(ringViaDebugPort(port, plan, NEVER));
  t.true((await readRingSettings(port, plan.ringAddress)).stopOnFull);
  const backtrace = { depth: 2, minSizeBytes: 20, skipFrees: true };
  await configureRing(port, plan.ringAddress, { collapsePairs: true, stopOnFull: false, backtrace });
  await port.monitor('system_reset');
  const rolling = await collectTrace(ringViaDebugPort(port, plan, NEVER));
  t.deepEqual(await readRingSettings(port, plan.ringAddress), {
    stopOnFull: false,
    collapsePairs: true,
    captureLargest: false,
    backtrace,
  });
  const events = eventsOf(rolling);
  t.true(events.length <= 64);
  const { overwritten = 0, collapsed = 0 } = rolling.info.dropped ?? {};
  t.true(collapsed > 0);
  t.is(events.length + overwritten + 2 * collapsed, whole.eventCount);
  t.deepEqual(rolling.gaps, [{ beforeSeq: 0, reason: 'overwritten by the rolling ring', lostEvents: overwritten }]);
  t.is(textOf(events[events.length - 1] as HeapEvent), textOf(eventAt(whole, whole.eventCount - 1)));
  for (const event of events) {
    const wanted = event.kind !== 'free' && (event.sizeBytes ?? 0) >= 20;
    t.is(event.backtrace === undefined, !wanted);
    t.true((event.backtrace?.length ?? 0) <= 2);
  }
});

test.serial('without a breakpoint at full it drains on a period, and tells what it missed', async (t) => {
  const elf = buildAlloctrace({ board: 'mps2-an385', capacity: 16 });
  const { ringAddress, stops } = planOf(elf);
  await using qemu = await haltedQemu('mps2-an385', elf);
  await using port = await TinyRspPort.connect(qemu.port);
  const trace = await collectTrace(ringViaDebugPort(port, { ringAddress, stops, pollMs: 2 }, NEVER));
  const lost = trace.gaps.reduce((sum, gap) => sum + (gap.lostEvents ?? 0), 0);
  t.is(lost, trace.info.dropped?.skipped ?? 0);
  t.is(trace.info.complete, lost === 0);
  t.true(trace.eventCount >= 16);
  t.is(trace.info.endReason, 'reached alloctrace_done');
});

test.serial('an abort ends the capture cleanly with what is in the ring, and leaves no breakpoint', async (t) => {
  const elf = buildAlloctrace({ board: 'mps2-an385', capacity: 512 });
  const plan = { ...planOf(elf), stops: [] };
  let events = 0;
  // How far the firmware comes in a time is the machine's affair.
  for (let afterMs = 200; events === 0 && afterMs < 60_000; afterMs *= 3) {
    await using qemu = await haltedQemu('mps2-an385', elf);
    await using port = await TinyRspPort.connect(qemu.port);
    const abort = new AbortController();
    setTimeout(() => abort.abort(), afterMs);
    const trace = await collectTrace(ringViaDebugPort(port, plan, abort.signal));
    t.is(trace.info.endReason, 'interrupted');
    t.is(port.breakpoints.size, 0);
    events = trace.eventCount;
  }
  t.true(events > 0);
});

test.serial('an interrupt that meets the end of the capture does not run past it', async (t) => {
  const elf = buildAlloctrace({ board: 'mps2-an385' });
  const plan = planOf(elf);
  await using qemu = await haltedQemu('mps2-an385', elf);
  await using port = await TinyRspPort.connect(qemu.port);
  const resume = port.resume.bind(port);
  port.resume = async (signal) => ({ ...(await resume(signal)), kind: 'interrupted' });
  const trace = await collectTrace(ringViaDebugPort(port, plan, NEVER));
  t.is(trace.info.endReason, 'reached alloctrace_done');
  t.deepEqual(trace.gaps, []);
});

test.serial('memory that is no ring is refused', async (t) => {
  const elf = buildAlloctrace({ board: 'mps2-an385' });
  const plan = planOf(elf);
  await using qemu = await haltedQemu('mps2-an385', elf);
  await using port = await TinyRspPort.connect(qemu.port);
  await collectTrace(ringViaDebugPort(port, plan, NEVER));
  await port.writeMemory(plan.ringAddress + 12, new Uint8Array([3, 0, 0, 0]));
  const error = await t.throwsAsync(readRingSettings(port, plan.ringAddress), { code: 'HH1641' });
  t.true(error.message.includes('capacity: found 0x3'));
});

test.serial('through gdb on an emulator that it launches: named frames, in as many stops as rings fill', async (t) => {
  const elf = buildAlloctrace({ board: 'mps2-an385' });
  const trace = await collectTrace(captureTracerRing({ elf, gdb: 'gdb-multiarch' }));
  t.is(trace.info.engine, 'gdb');
  t.is(trace.info.endReason, 'reached alloctrace_done');
  t.is(trace.info.engineReport?.stops, Math.ceil(trace.eventCount / 64));
  t.true(trace.info.complete);
  const names = eventsOf(trace).flatMap((event) => (event.backtrace ?? []).map((frame) => frame.functionName));
  for (const name of ['fill', 'make_packet', 'descend', 'workload', 'main']) t.true(names.includes(name), name);
  const first = eventAt(trace, 0).backtrace ?? [];
  t.true(first.some((frame) => frame.file.endsWith('workload.c') && frame.line > 0));
});

test.serial(
  'RISC-V: the ring tells what breakpoints on the allocator tell, with its callers, and later ones',
  async (t) => {
    const elf = buildAlloctrace({ board: 'virt-rv32', libc: 'picolibc', hooks: 'freertos' });
    const boardName = 'qemu-virt-rv32';
    const trace = await collectTrace(captureTracerRing({ elf, board: boardName }));
    t.is(trace.info.engine, 'direct');
    const byGdb = await collectTrace(captureTracerRing({ elf, board: boardName, gdb: 'gdb-multiarch' }));
    // The board's clock counts what the debugger's halts cost, too.
    const untimed = (one: Trace) => eventsOf(one).map((event) => ({ ...event, atUs: undefined }));
    t.deepEqual(untimed(trace), untimed(byGdb));
    const hooks = ['pvPortMalloc(size)', 'vPortFree(ptr)'];
    const setup = { boardName, elf, allocator: 'custom', hooks, until: ['alloctrace_done'] };
    const reference = await captureMalloc(new DirectEngine(), setup);
    t.is(reference.error, undefined);
    const expected = eventsOf(reference.trace);
    t.true(expected.length > 300, `${expected.length} events`);
    const events = eventsOf(trace);
    t.deepEqual(events.map(textOf), expected.map(textOf));
    t.true(trace.info.complete);
    t.is(trace.info.engineReport?.stops, Math.ceil(events.length / 64));
    // Frames that tail calls took off the stack are in the breakpoints' backtraces only, by the debug information.
    const namesOf = (event: HeapEvent) => (event.backtrace ?? []).map((frame) => frame.functionName);
    const isWithin = (names: readonly string[], all: readonly string[]) => {
      let at = 0;
      return names.every((name) => {
        at = all.indexOf(name, at) + 1;
        return at > 0;
      });
    };
    const whole = events.filter((event, seq) => {
      const [found, all] = [namesOf(event), namesOf(expected[seq] as HeapEvent)];
      t.true(all.slice(0, 2).includes(found[0] ?? ''), `event ${seq}: ${found} against ${all}`);
      const toMain = found.slice(0, found.indexOf('main') + 1 || found.length);
      return isWithin(toMain, all) && (found.length === 6 || toMain.at(-1) === 'main');
    });
    t.true(whole.length >= events.length * 0.9, `${whole.length} of ${events.length} stacks are whole`);
  },
);

test.serial('a capture has an end in time, and is not complete then', async (t) => {
  const elf = buildAlloctrace({ board: 'mps2-an385' });
  const { info } = await collectTrace(captureTracerRing({ elf, timeoutMs: 1 }));
  t.is(info.endReason, 'time-out after 0.001 s');
  t.false(info.complete);
});

test.serial('a firmware without the tracer is told how to get it', async (t) => {
  const elf = buildAlloctrace({ board: 'mps2-an385' });
  const error = await t.throwsAsync(collectTrace(captureTracerRing({ elf, until: ['no_such_function'] })), {
    code: 'HH1619',
  });
  t.true(error.message.includes('no_such_function'));
});
