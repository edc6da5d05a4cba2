import test from 'ava';
import { harvestMallocByLink, type MallocPlan } from '../../../lib/capture/malloc/malloc-loop.js';
import type { DebugLink, StopReason } from '../../../lib/link/debug-link.js';
import { createSymbolizer } from '../../../lib/symbols/symbolizer.js';
import type { TraceRecord } from '../../../lib/trace/heap-event.js';
import { buildElf } from '../../support/elf-builder.js';

const MALLOC = 0x100;
const CALLER = 0x1000;

const plan: MallocPlan = {
  firmware: createSymbolizer(buildElf()),
  hook: {
    type: 'malloc',
    profile: 'custom',
    calls: [{ name: 'malloc', address: MALLOC, kind: 'alloc', size: 0, nests: false }],
    breakpointLimit: 4,
    reallocZeroFrees: true,
    unitBytes: 8,
    captureLargest: false,
    readsTables: false,
    unseen: [],
    yielding: [],
  },
  stops: [],
  maxDepth: 10,
};

/** A target that stops where it is told, one stop after the other, and then runs until it is interrupted. */
class ScriptedSession implements DebugLink {
  readonly armed = new Set<number>();
  private current: Uint32Array = new Uint32Array(17);

  constructor(
    private readonly stops: Uint32Array[],
    private readonly quietMs?: number,
  ) {}

  async registers(): Promise<Uint32Array> {
    return this.current;
  }
  async setPc(): Promise<void> {}
  async readMemory(_: number, length: number): Promise<Uint8Array> {
    return new Uint8Array(length);
  }
  async setBreakpoint(address: number): Promise<void> {
    this.armed.add(address);
  }
  async removeBreakpoint(address: number): Promise<void> {
    this.armed.delete(address);
  }
  look(): void {}
  async backtrace() {
    return [];
  }
  async monitor(): Promise<string> {
    return '';
  }
  async resume(signal: AbortSignal): Promise<StopReason> {
    const next = this.stops.shift();
    if (next) {
      this.current = next;
      return { kind: 'breakpoint', pc: next[15] ?? 0 };
    }
    if (this.quietMs !== undefined && !signal.aborted) return { kind: 'quiet', pc: 0x4444, quietMs: this.quietMs };
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
    return { kind: 'interrupted', pc: 0x4444 };
  }
  async [Symbol.asyncDispose](): Promise<void> {}
}

function stop(values: { pc: number; sp: number; lr?: number; r0: number; xpsr?: number }): Uint32Array {
  const registers = new Uint32Array(17);
  registers.set([values.r0], 0);
  registers.set([values.sp, values.lr ?? 0, values.pc, values.xpsr ?? 0], 13);
  return registers;
}

async function collect(link: DebugLink, control: AbortController, followed = plan): Promise<TraceRecord[]> {
  const records: TraceRecord[] = [];
  for await (const record of harvestMallocByLink(link, followed, control.signal)) {
    records.push(record);
    if (record.kind === 'note' || record.kind === 'alloc') control.abort();
  }
  return records;
}

test('hooks that are never hit are told of, with what to try', async (t) => {
  const records = await collect(new ScriptedSession([], 5_000), new AbortController());
  const note = records.find((record) => record.kind === 'note');
  t.regex(note?.kind === 'note' ? note.text : '', /no call of malloc in 5 s, .*harvest allocators ELF/);
  const end = records.at(-1);
  t.regex(
    (end?.kind === 'info' && end.info.endReason) || '',
    /^interrupted; the target is at 0x00000000; no event came/,
  );
});

test('the entry stays armed while a call is under way, and the return joins it', async (t) => {
  const entry = stop({ pc: MALLOC, sp: 0x8000, lr: CALLER | 1, r0: 24 });
  const session = new ScriptedSession([entry, stop({ pc: CALLER, sp: 0x8000, r0: 0x3000 })]);
  const records = await collect(session, new AbortController());
  t.like(
    records.find(({ kind }) => kind === 'alloc'),
    { kind: 'alloc', address: 0x3000, sizeBytes: 24 },
  );
  t.deepEqual([...session.armed].sort(), [CALLER, MALLOC].sort());
});

test('a handler and the code that it interrupts are different contexts by xPSR', async (t) => {
  const session = new ScriptedSession([
    stop({ pc: MALLOC, sp: 0x8000, lr: CALLER | 1, r0: 24 }),
    stop({ pc: MALLOC, sp: 0x7000, lr: 0x2001, r0: 8, xpsr: 0x01000018 }),
    stop({ pc: 0x2000, sp: 0x7000, r0: 0x5000, xpsr: 0x01000018 }),
  ]);
  const records = await collect(session, new AbortController());
  t.like(
    records.find(({ kind }) => kind === 'alloc'),
    { address: 0x5000, sizeBytes: 8 },
  );
  const note = records.find((record) => record.kind === 'note' && record.code === 'calls-under-way');
  t.truthy(note, 'the interrupted call did not return');
});

const HEAP = 0x20000000;
const END = 0x4000;

/** heap_4 with one block of 24 bytes that fills it. */
class HeapSession extends ScriptedSession {
  /** Since the last stop. */
  heapReads: (readonly [address: number, length: number])[] = [];

  override async resume(signal: AbortSignal): Promise<StopReason> {
    this.heapReads = [];
    return await super.resume(signal);
  }
  override async readMemory(address: number, length: number): Promise<Uint8Array> {
    if (address >= HEAP && address < HEAP + 0x20) this.heapReads.push([address, length]);
    const view = new DataView(new ArrayBuffer(length));
    if (address === HEAP - 4) view.setUint32(0, HEAP + 0x20, true);
    if (address === HEAP) view.setUint32(4, 0x80000020, true);
    return new Uint8Array(view.buffer);
  }
}

test('at the end the heap is read once, whatever asks for it: the largest block, the check, who holds what', async (t) => {
  const heapPlan: MallocPlan = {
    ...plan,
    hook: {
      ...plan.hook,
      captureLargest: true,
      heap: {
        walker: 'heap-4',
        places: {
          variables: {
            array: { label: 'ucHeap', address: HEAP, sizeBytes: 0x20 },
            end: { label: 'pxEnd', address: HEAP - 4, sizeBytes: 4 },
          },
        },
      },
    },
    stops: [{ label: 'finished', address: END }],
    objects: { memory: [{ name: 'ram', kind: 'ram', baseAddress: HEAP - 0x100, sizeBytes: 0x1000 }] },
  };
  const session = new HeapSession([
    stop({ pc: MALLOC, sp: 0x8000, lr: CALLER | 1, r0: 24 }),
    stop({ pc: CALLER, sp: 0x8000, r0: HEAP + 8 }),
    stop({ pc: END, sp: 0x8000, r0: 0 }),
  ]);
  const records = await collect(session, new AbortController(), heapPlan);
  t.like(
    records.find(({ kind }) => kind === 'alloc'),
    { address: HEAP + 8, largestAfterBytes: 0 },
  );
  const infos = records.flatMap((record) => (record.kind === 'info' ? [record.info] : []));
  t.is(infos.find(({ oracle }) => oracle)?.oracle?.outcome, 'matched');
  const graph = records.find((record) => record.kind === 'graph');
  t.is(graph?.kind === 'graph' ? graph.graph.count : 0, 1);
  t.deepEqual(session.heapReads, [[HEAP, 0x20]]);
});
