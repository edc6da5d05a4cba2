import test from 'ava';
import type { HarvestPlan, LogHook } from '../../../lib/capture/engine.js';
import { harvestLogByLink } from '../../../lib/capture/log/link-log-loop.js';
import type { DebugLink, StopReason } from '../../../lib/link/debug-link.js';
import { createSymbolizer } from '../../../lib/symbols/symbolizer.js';
import type { Backtrace, TraceRecord } from '../../../lib/trace/heap-event.js';
import { buildElf } from '../../support/elf-builder.js';

const LOG = 0x100;
const GC_INIT = 0x200;
const REFUSAL = 0x300;

const hook: LogHook = {
  type: 'gc-log',
  logFunction: { label: 'gc_log_change', address: LOG },
  gcInit: { label: 'gc_init', address: GC_INIT },
  refusal: { label: 'm_malloc_fail', address: REFUSAL },
  blockBytes: 16,
};
const plan: HarvestPlan & { readonly hook: LogHook } = {
  firmware: createSymbolizer(buildElf()),
  hook,
  stops: [],
  maxDepth: 10,
};

interface Stop {
  readonly pc: number;
  readonly arguments?: readonly [number, number];
  /** The functions that are under way, the innermost first. */
  readonly stack?: readonly string[];
}

/** A target that stops where it is told, and is gone then. */
function scriptedLink(stops: Stop[]) {
  const said = { collections: 0 };
  let current: Stop = { pc: 0 };
  const link: Partial<DebugLink> = {
    registers: async () => Uint32Array.from([...(current.arguments ?? []), ...new Array<number>(15).fill(1)]),
    readMemory: async (_, length) => new Uint8Array(length),
    setPc: async () => undefined,
    setBreakpoint: async () => undefined,
    backtrace: async () => backtraceOf(['the hooked function', ...(current.stack ?? [])]),
    heapCollected: () => {
      said.collections++;
    },
    resume: async (): Promise<StopReason> => {
      const next = stops.shift();
      if (!next) return { kind: 'fault', pc: 0x400, signal: 'SIGTRAP' };
      current = next;
      return { kind: 'breakpoint', pc: next.pc };
    },
  };
  return { link: link as DebugLink, said };
}

const backtraceOf = (names: readonly string[]): Backtrace =>
  names.map((functionName, index) => ({ address: 0x1000 + index, functionName, file: '', line: 0 }));

async function recordsOf(stops: Stop[], ends: HarvestPlan['stops'] = []) {
  const { link, said } = scriptedLink(stops);
  const records: TraceRecord[] = [];
  const { signal } = new AbortController();
  for await (const record of harvestLogByLink(link, { ...plan, stops: ends }, signal)) records.push(record);
  const ended = records.flatMap((record) => (record.kind === 'info' ? (record.info.endReason ?? []) : []));
  return { kinds: records.map(({ kind }) => kind), endReason: ended[0], ...said };
}

const alloc = (block: number): Stop => ({ pc: LOG, arguments: [block, 1], stack: ['gc_alloc', 'main'] });

test('a collection and a restart of the heap are told to the link, which keeps what it read of objects', async (t) => {
  const quiet = await recordsOf([alloc(1), { pc: LOG, arguments: [1, 0], stack: ['gc_free'] }]);
  t.deepEqual(quiet.kinds.slice(0, 2), ['alloc', 'free']);
  t.is(quiet.collections, 0);
  const swept = await recordsOf([alloc(1), { pc: LOG, arguments: [1, 0], stack: ['gc_sweep', 'gc_collect'] }]);
  t.deepEqual(swept.kinds.slice(0, 2), ['alloc', 'sweep']);
  t.is(swept.collections, 1);
  const anew = await recordsOf([alloc(1), { pc: GC_INIT }, alloc(1)]);
  t.deepEqual(anew.kinds.slice(0, 3), ['alloc', 'epoch', 'alloc']);
  t.is(anew.collections, 1);
});

for (const end of [hook.gcInit, hook.refusal]) {
  test(`${end?.label} as an end condition ends the capture, although it is watched anyway`, async (t) => {
    const { kinds, endReason } = await recordsOf([alloc(1), { pc: end?.address ?? 0 }, alloc(2)], end ? [end] : []);
    t.deepEqual(kinds.slice(0, 2), ['alloc', 'info']);
    t.is(endReason, `reached ${end?.label}`);
  });
}
