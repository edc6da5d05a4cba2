import test from 'ava';
import { loadBoard } from '../../lib/boards/load-board.js';
import { DirectEngine, type DirectEngineOptions } from '../../lib/harvest/direct-engine.js';
import type { HarvestPlan } from '../../lib/harvest/engine.js';
import { loadFirmware } from '../../lib/harvest/firmware-image.js';
import { makeLogPlan } from '../../lib/harvest/make-plan.js';
import type { Target } from '../../lib/targets/target.js';
import { type Captured, capture, eventLines } from '../support/capture.js';
import { type FakeStop, startFakeTarget } from '../support/fake-target.js';
import { lispFirmware } from '../support/lisp-firmware.js';
import { type Direction, type Fault, startRspProxy } from '../support/rsp-proxy.js';

const elfPath = lispFirmware({ board: 'mps2-an385', opt: 'Og', variant: 'small' });
const board = await loadBoard('qemu-mps2-an385');
const image = await loadFirmware(elfPath, board);
const { plan } = makeLogPlan(image, board, { untilRepl: true });
const TOP = 0x20400000;
const EVENTS = 40;
/** Short, so that a fault that only time shows does not make the test long. */
const QUICK: DirectEngineOptions = { replyTimeoutMs: 700, interruptTimeoutMs: 700, quietMs: 700 };

function stopAt(pc: number, [r0, r1, depth]: readonly [number, number, number]): FakeStop {
  const registers = new Array<number>(16).fill(0);
  registers[0] = r0;
  registers[1] = r1;
  registers[13] = TOP - depth;
  registers[14] = (image.symbol('gc_alloc')?.address ?? 0) + 0x21;
  registers[15] = pc;
  return { registers, stack: Uint8Array.from({ length: depth }, (_, index) => (index * 7 + r0) & 0xff) };
}

/** Allocations of blocks 0, 2, 4, ... at varying depth, then the REPL. */
function program(p: HarvestPlan): FakeStop[] {
  const log = p.hook.type === 'gc-log' ? p.hook.logFunction.address : 0;
  const stops = Array.from({ length: EVENTS }, (_, i) => stopAt(log, [i * 2, 1 + (i % 2), 64 + (i % 5) * 48]));
  return [...stops, stopAt(p.stops[0]?.address ?? 0, [0, 0, 32])];
}

function target(port: number): Target {
  return {
    kind: 'qemu',
    server: { host: '127.0.0.1', port },
    board,
    elfPath,
    resetCommands: [],
    load: false,
    verify: false,
    lost: new Promise<never>(() => undefined),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

interface Faulty {
  readonly direction: Direction;
  readonly index: number;
  readonly fault: Fault;
}

/** Only what never comes must be waited for; all else may take its time on a busy machine. */
function neverComes(faulty: Faulty | undefined): boolean {
  return faulty?.fault.kind === 'drop' || faulty?.fault.kind === 'stall';
}

async function run(faulty: Faulty | undefined, options: DirectEngineOptions = {}, splitBytes = false) {
  await using fake = await startFakeTarget({
    stops: program(plan),
    initialSp: TOP,
    code: (address, length) => image.readMemory(address, length),
  });
  let connections = 0;
  await using proxy = await startRspProxy({
    targetPort: fake.port,
    splitBytes,
    onPacket(direction, index) {
      if (faulty === undefined || connections > 0) return { kind: 'pass' };
      if (direction !== faulty.direction || index !== faulty.index) return { kind: 'pass' };
      connections++;
      return faulty.fault;
    },
  });
  const captured = await capture(new DirectEngine({ ...(neverComes(faulty) ? QUICK : {}), ...options }), {
    target: target(proxy.port),
    plan,
    signal: new AbortController().signal,
  });
  return { captured, packets: { ...proxy.packets }, leftOver: fake.breakpoints.size };
}

const clean = await run(undefined);
const cleanLines = eventLines(clean.captured.trace);

test('the clean session: every event, two trips each, nothing left over', (t) => {
  t.is(clean.captured.error, undefined);
  t.is(cleanLines.length, EVENTS);
  t.is(clean.captured.trace.info.complete, true);
  t.is(clean.leftOver, 0);
});

test('the same events when the server splits packets at every byte', async (t) => {
  const { captured } = await run(undefined, {}, true);
  t.deepEqual(eventLines(captured.trace), cleanLines);
});

test('the same events in the one-write mode, in half the trips', async (t) => {
  const { captured } = await run(undefined, { oneWrite: true });
  t.deepEqual(eventLines(captured.trace), cleanLines);
  const trips = (c: Captured) => Number(c.trace.info.engineReport?.roundTripsPerEvent);
  t.true(trips(captured) < trips(clean.captured) - 0.7);
});

/** What may never happen, whatever the fault: a wrong event, or a loss that nothing tells of. */
function judge({ trace, error }: Captured): string {
  const lines = eventLines(trace);
  const wrong = lines.findIndex((line, seq) => line !== cleanLines[seq]);
  if (wrong >= 0) return `event ${wrong} is wrong: ${lines[wrong]}`;
  if (lines.length === EVENTS && trace.info.complete) return 'whole';
  if (trace.info.complete && error === undefined) return `only ${lines.length} events, and nothing says so`;
  return error === undefined || trace.gaps.length > 0 || lines.length === 0 ? 'lost, and told' : 'lost without a gap';
}

const FAULTS: readonly (readonly [string, Fault])[] = [
  ['cut', { kind: 'cut' }],
  ['dropped', { kind: 'drop' }],
  ['duplicated', { kind: 'duplicate' }],
  ['flipped', { kind: 'flip', at: 1, bits: 0x01 }],
  ['flipped at its end', { kind: 'flip', at: 1_000_003, bits: 0x10 }],
  ['stalled', { kind: 'stall' }],
];
/** Every packet's turn comes with one fault or another; all of them with each would take minutes. */
const STRIDE = 7;

for (const direction of ['toServer', 'toClient'] as const) {
  for (const [at, [name, fault]] of FAULTS.entries()) {
    test(`a packet ${direction === 'toServer' ? 'to' : 'from'} the server ${name}: no wrong event, no silent loss, no hang`, async (t) => {
      t.timeout(120_000);
      const count = clean.packets[direction];
      for (let index = at % STRIDE; index < count; index += STRIDE) {
        const { captured } = await run({ direction, index, fault });
        const verdict = judge(captured);
        t.true(verdict === 'whole' || verdict === 'lost, and told', `packet ${index}: ${verdict}`);
      }
    });
  }
}

test('a reply that is late, but in time, changes nothing', async (t) => {
  for (const index of [3, 20, 60, 61, 62, 63]) {
    const { captured } = await run({ direction: 'toClient', index, fault: { kind: 'late', ms: 60 } });
    t.is(judge(captured), 'whole', `packet ${index}`);
  }
});

test('breakpoints are taken away over a second connection when the first got out of step', async (t) => {
  const { captured, leftOver } = await run({ direction: 'toClient', index: 60, fault: { kind: 'duplicate' } });
  t.is(judge(captured), 'lost, and told');
  t.is(leftOver, 0);
});

test('an error reply in the middle of a capture is told with its request', async (t) => {
  const { captured } = await run({ direction: 'toClient', index: 60, fault: { kind: 'replace', payload: 'E01' } });
  t.is(judge(captured), 'lost, and told');
  t.true(captured.error instanceof Error && /E01/.test(captured.error.message), String(captured.error));
  t.regex(captured.trace.gaps[0]?.reason ?? '', /^connection lost: .*E01/);
});
