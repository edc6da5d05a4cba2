import type { Trace } from '../../lib/trace/trace.js';
import { EventKind } from '../../lib/trace/trace.js';
import { TraceBuilder } from '../../lib/trace/trace-builder.js';

/** A reproducible stream of numbers below 2^32 (xorshift32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

const BASE = 0x20000000;
/** 8 MiB of heap: an external RAM, about the largest that a microcontroller has. */
const SLOT = 64;
const SLOTS = 2 ** 17;

/** About 20,000 distinct call paths of up to 12 calls, as a prefix trie. */
function addStacks(builder: TraceBuilder, random: () => number): number[] {
  const stacks: number[] = [];
  for (let i = 0; i < 20_000; i++) {
    const parent = i < 50 ? -1 : (stacks[random() % Math.min(i, 8000)] ?? -1);
    const line = random() % 900;
    const frame = builder.tables.frame({
      address: 0x8000 + i * 4,
      functionName: `function_${random() % 700}`,
      file: `src/module_${random() % 60}.c`,
      line: line + 1,
    });
    stacks.push(builder.tables.push(parent, frame));
  }
  return stacks;
}

/** A sound trace of this many events with about 100,000 blocks alive; always the same for the same number. */
export function syntheticTrace(events: number): Trace {
  const random = randomNumbers(0x2545f491);
  const builder = new TraceBuilder({ source: 'synthetic', unitBytes: 8 });
  builder.add({
    kind: 'region',
    region: { name: 'heap', baseAddress: BASE, sizeBytes: SLOT * SLOTS, unitBytes: 8 },
  });
  const stacks = addStacks(builder, random);
  const free = Array.from({ length: SLOTS }, (_, i) => (i * 40_503) % SLOTS);
  const live: number[] = [];
  for (let seq = 0; seq < events; seq++) {
    const stack = stacks[random() % stacks.length] ?? -1;
    const grow = live.length < 100_000 ? 6 : 5;
    if (live.length === 0 || random() % 10 < grow) {
      const slot = free.pop() ?? 0;
      live.push(slot);
      builder.addEvent(EventKind.alloc, BASE + slot * SLOT + (slot % 4) * 8, 8 + (random() % 5) * 8, stack);
    } else {
      const index = random() % live.length;
      const slot = live[index] ?? 0;
      live[index] = live[live.length - 1] ?? 0;
      live.pop();
      free.push(slot);
      builder.addEvent(EventKind.free, BASE + slot * SLOT + (slot % 4) * 8, 0, stack);
    }
    if (seq % (events / 5) === 0) builder.add({ kind: 'mark', name: 'cycle' });
  }
  return builder.build();
}
