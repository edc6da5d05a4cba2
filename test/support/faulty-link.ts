import { loadBoard } from '../../lib/boards/load-board.js';
import { DirectEngine, type DirectEngineOptions } from '../../lib/capture/direct/direct-engine.js';
import type { HarvestPlan } from '../../lib/capture/engine.js';
import { makeLogPlan } from '../../lib/capture/plan/make-plan.js';
import { loadFirmware } from '../../lib/firmware/load-firmware.js';
import type { Target } from '../../lib/link/server/target.js';
import { type Captured, capture, eventLines } from './capture.js';
import { type FakeStop, startFakeTarget } from './fake-target.js';
import { lispFirmware } from './lisp-firmware.js';
import { type Direction, type Fault, startRspProxy } from './rsp-proxy.js';

const elf = lispFirmware({ board: 'mps2-an385', opt: 'Og', variant: 'small' });
const board = await loadBoard('qemu-mps2-an385');
const image = await loadFirmware(elf, board);
const { plan } = makeLogPlan(image, board, { untilRepl: true });
const TOP = 0x20400000;
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
function program(p: HarvestPlan, events: number): FakeStop[] {
  const log = p.hook.type === 'gc-log' ? p.hook.logFunction.address : 0;
  const stops = Array.from({ length: events }, (_, i) => stopAt(log, [i * 2, 1 + (i % 2), 64 + (i % 5) * 48]));
  return [...stops, stopAt(p.stops[0]?.address ?? 0, [0, 0, 32])];
}

function target(port: number): Target {
  return {
    kind: 'qemu',
    server: { host: '127.0.0.1', port },
    board,
    elf,
    orders: { resetCommands: [], load: false, verify: false },
    lost: new Promise<never>(() => undefined),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

export interface Faulty {
  readonly direction: Direction;
  readonly index: number;
  readonly fault: Fault;
}

/** Only what never comes must be waited for; all else may take its time on a busy machine. */
function neverComes(faulty: Faulty | undefined): boolean {
  return faulty?.fault.kind === 'drop' || faulty?.fault.kind === 'stall';
}

export interface FaultyLink {
  readonly events: number;
  readonly faulty?: Faulty;
  readonly options?: DirectEngineOptions;
  readonly splitBytes?: boolean;
}

/** A capture by the direct engine from a target of so many events, with one fault on the way or none. */
export async function faultySession({ events, faulty, options = {}, splitBytes = false }: FaultyLink) {
  await using fake = await startFakeTarget({
    stops: program(plan, events),
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

/** What may never happen, whatever the fault: a wrong event, or a loss that nothing tells of. */
export function judge({ trace, error }: Captured, cleanLines: readonly string[]): string {
  const lines = eventLines(trace);
  const wrong = lines.findIndex((line, seq) => line !== cleanLines[seq]);
  if (wrong >= 0) return `event ${wrong} is wrong: ${lines[wrong]}`;
  if (lines.length === cleanLines.length && trace.info.complete) return 'whole';
  if (trace.info.complete && error === undefined) return `only ${lines.length} events, and nothing says so`;
  return error === undefined || trace.gaps.length > 0 || lines.length === 0 ? 'lost, and told' : 'lost without a gap';
}

export const FAULTS: readonly (readonly [string, Fault])[] = [
  ['cut', { kind: 'cut' }],
  ['dropped', { kind: 'drop' }],
  ['duplicated', { kind: 'duplicate' }],
  ['flipped', { kind: 'flip', at: 1, bits: 0x01 }],
  ['flipped at its end', { kind: 'flip', at: 1_000_003, bits: 0x10 }],
  ['stalled', { kind: 'stall' }],
];
