import { readFileSync } from 'node:fs';
import test from 'ava';
import { GraphRequests } from '../../../lib/capture/objects/graph-requests.js';
import { requestedGraph } from '../../../lib/capture/objects/heap-graph.js';
import type { HaltedTarget } from '../../../lib/capture/whereabouts.js';
import { createSymbolizer } from '../../../lib/symbols/symbolizer.js';
import type { TraceRecord } from '../../../lib/trace/heap-event.js';
import { buildArm, missingTools } from '../../support/arm-build.js';
import { notRun } from '../../support/not-run.js';

const missing = missingTools(['arm-none-eabi-gcc']);
const MEMORY = [{ name: 'ram', kind: 'ram', baseAddress: 0x20000000, sizeBytes: 0x10000 }] as const;

test('a halted target is read once for each who asks, and not without', async (t) => {
  if (missing.length > 0) return notRun(t, `${missing.join(', ')} not installed`);
  const places = ['-Wl,-Ttext=0x1000', '-Wl,-Tdata=0x20000000', '-Wl,-e,gc_collect_start'];
  const flags = ['-g', '-mcpu=cortex-m3', '-nostdlib', ...places];
  const firmware = createSymbolizer(readFileSync(buildArm({ sources: ['test/fixtures/object-heap.c'], flags })));
  const sp = firmware.symbol('stack')?.address ?? 0;
  const target: Partial<HaltedTarget> = {
    registers: async () => Uint32Array.from({ length: 17 }, (_, index) => (index === 13 ? sp : 0)),
    readMemory: async (address, length) => firmware.readMemory(address, length) ?? new Uint8Array(length),
  };
  const graphs = new GraphRequests();
  graphs.connect(() => undefined);
  const plan = { firmware, objects: { memory: MEMORY }, graphs };
  const records = async () => {
    const found: TraceRecord[] = [];
    for await (const record of requestedGraph(target as HaltedTarget, plan)) found.push(record);
    return found.map((record) => (record.kind === 'graph' ? record.graph.count : record.kind));
  };
  t.deepEqual(await records(), []);
  const asked = graphs.ask();
  t.deepEqual(await records(), [13]);
  t.true(await asked);
  t.deepEqual(await records(), []);
});
