import test from 'ava';
import { AutoEngine } from '../../../lib/capture/auto/auto-engine.js';
import type { Engine, HarvestPlan } from '../../../lib/capture/engine.js';
import type { GdbProgram } from '../../../lib/link/mi/find-gdb.js';
import type { Target } from '../../../lib/link/server/target.js';
import { createSymbolizer } from '../../../lib/symbols/symbolizer.js';
import type { TraceRecord } from '../../../lib/trace/heap-event.js';
import { buildElf } from '../../support/elf-builder.js';

const EVENTS = 60;
const plan: HarvestPlan = {
  firmware: createSymbolizer(buildElf()),
  hook: { type: 'gc-log', logFunction: { label: 'gc_log_change', address: 0x100 }, blockBytes: 16 },
  stops: [],
  maxDepth: 8,
};
const target: Target = {
  kind: 'qemu',
  server: { host: '127.0.0.1', port: 1 },
  board: undefined as never,
  elf: 'firmware.elf',
  orders: { resetCommands: [], load: false, verify: false },
  lost: new Promise<never>(() => undefined),
  [Symbol.asyncDispose]: () => Promise.resolve(),
};

/** A direct engine of so many events; `at` is told of each that is captured. */
function direct(at: (seq: number) => void): Engine {
  return {
    name: 'direct',
    async *harvest(): AsyncGenerator<TraceRecord> {
      for (let seq = 0; seq < EVENTS; seq++) {
        at(seq);
        yield { kind: 'free', address: seq, backtrace: [] };
        const sample = { seq, registers: new Uint32Array(17), stackAddress: 0, stack: new Uint8Array(8) };
        yield { kind: 'raw', sample };
      }
      yield { kind: 'info', info: { engineReport: {} } };
    },
  };
}

function capture(engine: AutoEngine, isFollowed = false): AsyncIterator<TraceRecord> {
  return engine.harvest(target, { ...plan, isFollowed }, new AbortController().signal);
}

function late<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

test('the capture goes on while gdb is looked for, and its events come in order when it is known', async (t) => {
  const found = late<GdbProgram | undefined>();
  const engine = new AutoEngine({
    // Known only when all is captured: a capture that waited would never end.
    direct: direct((seq) => (seq === EVENTS - 1 ? found.resolve(undefined) : undefined)),
    program: found.promise,
  });
  const records = capture(engine);
  const first = await records.next();
  t.like(first.value, { kind: 'free', address: 0 });
  t.is(engine.captured?.events, EVENTS);
  const all: TraceRecord[] = [first.value];
  for (let next = await records.next(); !next.done; next = await records.next()) all.push(next.value);
  t.deepEqual(
    all.flatMap((record) => (record.kind === 'free' ? [record.address] : [])),
    Array.from({ length: EVENTS }, (_, seq) => seq),
  );
  t.deepEqual(all.at(-1), {
    kind: 'info',
    info: { engineReport: { backtracesChecked: 0, checkedBy: 'nothing: no gdb was found' } },
  });
});

test('whoever follows the target live gets an event before the next one is captured', async (t) => {
  const found = late<GdbProgram | undefined>();
  let captured = 0;
  const engine = new AutoEngine({
    direct: direct((seq) => {
      captured = seq + 1;
    }),
    program: found.promise,
  });
  const first = capture(engine, true).next();
  await new Promise<void>((resolve) => setImmediate(resolve));
  found.resolve(undefined);
  t.like((await first).value, { kind: 'free', address: 0 });
  t.is(captured, 1);
});

test('who stops taking events does not wait for a gdb that is still looked for, and the capture ends', async (t) => {
  let isOver = false;
  const endless: Engine = {
    name: 'direct',
    async *harvest(_target, _plan, signal): AsyncGenerator<TraceRecord> {
      try {
        // Without a sample nothing is to be compared.
        yield { kind: 'sweep', address: 1 };
        yield { kind: 'sweep', address: 2 };
        if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
      } finally {
        isOver = true;
      }
    },
  };
  const records = capture(new AutoEngine({ direct: endless, program: late<GdbProgram | undefined>().promise }));
  t.like((await records.next()).value, { kind: 'sweep', address: 1 });
  await records.return?.(undefined);
  t.true(isOver);
});
