import test from 'ava';
import { DirectEngine } from '../../lib/capture/direct/direct-engine.js';
import { GdbEngine } from '../../lib/capture/gdb/gdb-engine.js';
import { findGdb } from '../../lib/link/mi/find-gdb.js';
import type { Target } from '../../lib/link/server/target.js';
import { eventAt, type Trace } from '../../lib/trace/trace.js';
import { cFirmware } from '../support/c-firmware.js';
import { lispFirmware } from '../support/lisp-firmware.js';
import { captureMalloc, referenceEvents, referenceForm } from '../support/malloc-capture.js';
import { startRspProxy } from '../support/rsp-proxy.js';

/** A server with so many hardware breakpoints: it refuses the next. */
class FewBreakpoints {
  refused = 0;
  most = 0;
  private readonly set = new Set<string>();
  private proxy: Awaited<ReturnType<typeof startRspProxy>> | undefined;

  constructor(private readonly limit: number) {}

  async before(target: Target): Promise<Target> {
    this.proxy = await startRspProxy({
      targetPort: target.server.port,
      onPacket: (direction, _, payload) => {
        const [, order, place = ''] = direction === 'toServer' ? (/^([zZ])[01],([0-9a-f]+)/.exec(payload) ?? []) : [];
        if (order === 'z') this.set.delete(place);
        if (order === 'Z' && this.set.size >= this.limit && !this.set.has(place)) {
          this.refused++;
          return { kind: 'replace', payload: 'Z9,0,0' };
        }
        if (order === 'Z') this.set.add(place);
        this.most = Math.max(this.most, this.set.size);
        return { kind: 'pass' };
      },
    });
    return { ...target, server: { ...target.server, port: this.proxy.port } };
  }

  async close(): Promise<void> {
    await this.proxy?.[Symbol.asyncDispose]();
  }
}

/** The blocks that were handed out, in order, each with the live set that it met where it was no realloc. */
function allocations(trace: Trace) {
  const live = new Map<number, number>();
  const made: { block: string; met: string | undefined }[] = [];
  for (let seq = 0; seq < trace.eventCount; seq++) {
    const event = eventAt(trace, seq);
    if (event.kind === 'failed') continue;
    const isNew = event.kind === 'alloc' || (event.kind === 'realloc' && event.address !== event.fromAddress);
    if (isNew) {
      const met = [...live].sort(([a], [b]) => a - b).join(' ');
      made.push({ block: `${event.address} ${event.sizeBytes}`, met: event.kind === 'alloc' ? met : undefined });
    }
    if (event.kind === 'realloc') live.delete(event.fromAddress);
    if (event.kind === 'free' || event.kind === 'sweep') live.delete(event.address);
    else live.set(event.address, event.sizeBytes ?? 0);
  }
  return made;
}

const heapOf = (variant: string) => ({
  elf: lispFirmware({ board: 'mps2-an385', opt: 'Og', variant }),
  untilRepl: true,
});

for (const limit of [2, 4]) {
  test.serial(`${limit} breakpoints lose nothing of a block heap: what has none is read from the table`, async (t) => {
    t.timeout(300_000);
    const whole = await captureMalloc(new DirectEngine(), heapOf('splitnolog'));
    const few = new FewBreakpoints(limit);
    const { trace, error, notes } = await captureMalloc(new DirectEngine(), {
      ...heapOf('splitnolog'),
      breakpoints: limit,
      through: (target) => few.before(target),
    });
    await few.close();
    t.is(error, undefined);
    t.is(few.refused, 0);
    t.is(few.most, limit);
    const expected = allocations(whole.trace);
    const found = allocations(trace);
    t.true(expected.length > 300);
    t.deepEqual(
      found.map(({ block }) => block),
      expected.map(({ block }) => block),
    );
    for (const [index, { met }] of expected.entries()) {
      if (met !== undefined && found[index]?.met !== undefined) t.is(found[index]?.met, met, `allocation ${index}`);
    }
    for (const each of [whole.trace, trace]) {
      t.is(each.info.oracle?.outcome, 'matched', JSON.stringify(each.info.oracle));
      t.true(each.info.complete);
      t.is(each.info.doubtful, undefined);
      t.is(each.regions.length, 3);
    }
    t.true(notes.some((note) => /gc_init is not hooked: .* read from the allocation table/.test(note)));
    t.is(
      notes.some((note) => /gc_free is not hooked/.test(note)),
      limit === 2,
    );
  });
}

test.serial('sizes in a heap of blocks are whole blocks, with what was asked for beside them', async (t) => {
  t.timeout(300_000);
  const { trace } = await captureMalloc(new DirectEngine(), { ...heapOf('splitnolog'), maxEvents: 60 });
  for (let seq = 0; seq < trace.eventCount; seq++) {
    const event = eventAt(trace, seq);
    if (event.kind !== 'alloc') continue;
    const { requestedBytes = 0, sizeBytes } = event;
    t.true(requestedBytes > 0);
    t.is(sizeBytes, Math.ceil(requestedBytes / 16) * 16);
  }
  t.is(trace.info.oracle?.outcome, 'matched', JSON.stringify(trace.info.oracle));
});

test.serial('the gdb engine reads the table the same way', async (t) => {
  t.timeout(300_000);
  const setup = { ...heapOf('splitnolog'), breakpoints: 2, maxEvents: 120 };
  const direct = await captureMalloc(new DirectEngine(), setup);
  const gdb = await captureMalloc(new GdbEngine(await findGdb()), setup);
  t.is(gdb.error, undefined);
  t.deepEqual(allocations(gdb.trace), allocations(direct.trace));
});

test.serial('a heap without gc_init out of line: restarts are told by its table', async (t) => {
  t.timeout(300_000);
  const { trace, error } = await captureMalloc(new DirectEngine(), heapOf('restartnolog'));
  t.is(error, undefined);
  t.deepEqual(
    trace.epochs.map(({ reason }) => reason),
    ['the allocation table was cleared', 'the allocation table was cleared'],
  );
  t.is(trace.info.oracle?.outcome, 'matched', JSON.stringify(trace.info.oracle));
  t.is(trace.info.doubtful, undefined);
});

test.serial(
  'a malloc heap has no such table: a function without a breakpoint makes the capture incomplete',
  async (t) => {
    t.timeout(300_000);
    const elf = cFirmware('tasks', { LIBC: 'newlib', OPT: 'Og', ALLOC: 'tlsf', ROUNDS: 1 });
    const { trace } = await captureMalloc(new DirectEngine(), { elf, until: ['tasks_done'], breakpoints: 4 });
    t.false(trace.info.complete);
    t.regex(trace.gaps[0]?.reason ?? '', /is not hooked: .* has 4 breakpoints/);
  },
);

const TURNS =
  'vPortFree gives its breakpoint to the return of an allocation while one is under way : what another task or an interrupt frees meanwhile is not seen';

/** heap_4 in the tasks firmware behind a server with two breakpoints: what the wrapped reference tells, and what was captured. */
async function withTwoBreakpoints(machine: string, events?: number) {
  const boardName = `qemu-${machine}`;
  const choice = { MACHINE: machine, ALLOC: 'heap4', OPT: 'Os', ROUNDS: 1 };
  const reference = await referenceEvents('tasks', choice, boardName);
  const few = new FewBreakpoints(2);
  const captured = await captureMalloc(new DirectEngine(), {
    boardName,
    elf: cFirmware('tasks', choice),
    breakpoints: 2,
    // An end condition would need a third; without a debugger's the text on the console ends a capture.
    maxEvents: events ?? reference.length,
    through: (target) => few.before(target),
  });
  await few.close();
  return { ...captured, reference, refused: few.refused, most: few.most };
}

// An ESP32 has two, and register windows.
test.serial('one way in and one way out fit two breakpoints, taking turns; what may be missed is named', async (t) => {
  t.timeout(300_000);
  const { trace, error, reference, refused, most } = await withTwoBreakpoints('sim-de212');
  t.is(error, undefined);
  t.deepEqual([refused, most], [0, 2]);
  t.true(reference.length > 100);
  t.deepEqual(referenceForm(trace), reference);
  t.is(trace.info.oracle?.outcome, 'matched', JSON.stringify(trace.info.oracle));
  t.false(trace.info.complete);
  t.deepEqual(
    trace.gaps.map(({ reason }) => reason.replace(/\(.*\)/, '')),
    [TURNS],
  );
});

// An ESP32-C2 has two, and is RISC-V. Here a task allocates and frees while another one allocates.
test.serial(
  'with two breakpoints and two tasks every allocation that is missed is a gap, and so are the frees',
  async (t) => {
    t.timeout(300_000);
    const { trace, error, reference, refused, most } = await withTwoBreakpoints('virt-rv32', 130);
    t.is(error, undefined);
    t.deepEqual([refused, most], [0, 2]);
    t.false(trace.info.complete);
    const allocations = referenceForm(trace).filter((line) => !line.startsWith('free'));
    t.true(allocations.length > 50, `${allocations.length}`);
    const expected = reference.filter((line) => !line.startsWith('free'));
    let missed = 0;
    for (const [at, line] of allocations.entries()) {
      while (expected[at + missed] !== line && at + missed < expected.length) missed++;
    }
    const gaps = trace.gaps.map(({ reason }) => reason.replace(/ ?\(.*\)/, ''));
    const isReturn = (reason: string) => /^the return of pvPortMalloc was not seen/.test(reason);
    t.is(missed, gaps.filter(isReturn).length, gaps.join('; '));
    t.deepEqual(
      gaps.filter((reason) => !isReturn(reason)),
      [TURNS.replace(' :', ':')],
    );
  },
);
