import { once } from 'node:events';
import test from 'ava';
import type { DebugPort, DebugPorts } from '../../lib/capture/debug-port.js';
import { type RamDump, type RamDumpPlan, ramDumps } from '../../lib/capture/ram-dumps.js';
import { loadFirmware } from '../../lib/firmware/load-firmware.js';
import type { StopReason } from '../../lib/link/debug-link.js';
import type { Target } from '../../lib/link/server/target.js';
import { lispFirmware } from '../support/lisp-firmware.js';

const firmware = await loadFirmware(lispFirmware({ board: 'mps2-an385', opt: 'Og', variant: 'small' }));
const place = (label: string) => ({ label, address: firmware.symbol(label)?.address ?? 0 });
const AT = place('gc_log_change');
const ELSEWHERE = place('gc_alloc').address;

/** What ends a run: by itself, or once the run is to end. */
type RunEnd = StopReason | { readonly after: 'abort'; readonly stop: StopReason };

/** Ends of runs that QEMU never gives by itself, in this order, one for each run. */
function portsOf(ends: readonly RunEnd[]): DebugPorts {
  const left = [...ends];
  let pc = 0;
  const port = {
    setBreakpoint: async () => undefined,
    readMemory: async (_: number, length: number) => new Uint8Array(length),
    registers: async () => {
      const registers = new Uint32Array(17);
      registers[15] = pc;
      return registers;
    },
    resume: async (signal: AbortSignal): Promise<StopReason> => {
      const next = left.shift();
      if (!next) throw new Error('no further run was expected');
      const stop = 'after' in next ? next.stop : next;
      if ('after' in next && !signal.aborted) await once(signal, 'abort');
      pc = stop.pc;
      return stop;
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
  return { engine: 'direct', open: async () => port as unknown as DebugPort };
}

async function dumped(ends: readonly RunEnd[], plan: Partial<RamDumpPlan> = {}) {
  const dumps: RamDump[] = [];
  const said: string[] = [];
  const region = { baseAddress: 0x20000000, sizeBytes: 16 };
  const whole = { region, at: [AT], every: 1, stops: [], maxDumps: 2, ...plan };
  const signal = new AbortController().signal;
  const options = { plan: whole, firmware, signal, onStatus: (text: string) => said.push(text) };
  let failure: unknown;
  try {
    for await (const dump of ramDumps(portsOf(ends), {} as Target, options)) dumps.push(dump);
  } catch (error) {
    failure = error;
  }
  const message = failure instanceof Error ? failure.message : '';
  return { labels: dumps.map(({ label }) => label), said, message };
}

const passed: StopReason = { kind: 'breakpoint', pc: AT.address };

test('a target that faults, meets a breakpoint of its own, or is halted by another ends the dumps with where and why', async (t) => {
  for (const [stop, text] of [
    [{ kind: 'fault', pc: ELSEWHERE, signal: 'SIGSEGV' }, /stopped with SIGSEGV in gc_alloc \(gc\.c:\d+\), expected/],
    [{ kind: 'breakpoint', pc: ELSEWHERE }, /stopped with SIGTRAP in gc_alloc/],
    [{ kind: 'interrupted', pc: ELSEWHERE }, /stopped with SIGINT in gc_alloc/],
  ] as const) {
    const { labels, message } = await dumped([passed, stop, passed]);
    t.deepEqual(labels, ['gc_log_change'], 'the dump before it is there');
    t.regex(message, text);
  }
});

test('a period ends with a dump also where the server tells of its interrupt as of a breakpoint', async (t) => {
  for (const told of ['interrupted', 'breakpoint'] as const) {
    const end = { after: 'abort', stop: { kind: told, pc: ELSEWHERE } } as const;
    const { labels, message } = await dumped([end, end], { periodMs: 1 });
    t.deepEqual(labels, ['after 0.001 s', 'after 0.001 s']);
    t.is(message, '');
  }
});

test('of a target that comes to no place where it is dumped it is said what it does', async (t) => {
  const quiet = (quietMs: number): StopReason => ({ kind: 'quiet', pc: ELSEWHERE, quietMs });
  const { labels, said } = await dumped([quiet(1500), quiet(5000), passed, quiet(10_000), passed]);
  t.deepEqual(labels, ['gc_log_change', 'gc_log_change']);
  t.is(said.length, 2, 'not of a test that came sooner');
  t.regex(said[0] ?? '', /^nothing to dump for 5 s: the target runs in gc_alloc \(gc\.c:\d+\)$/);
  t.regex(said[1] ?? '', /^nothing to dump for 10 s/);
});
