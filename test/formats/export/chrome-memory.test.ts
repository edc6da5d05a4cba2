import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { type Browser, chromium, type Page } from 'playwright-core';
import { retainedSizes } from '../../../lib/analysis/objects/dominators.js';
import { ObjectMap } from '../../../lib/analysis/objects/object-map.js';
import { pathTo } from '../../../lib/analysis/objects/path-text.js';
import { stackWeights } from '../../../lib/formats/export/stack-weights.js';
import { decodeAll } from '../../../lib/formats/format.js';
import { formatById } from '../../../lib/formats/registry.js';
import type { ObjectGraph } from '../../../lib/trace/object-graph.js';
import { Reach, reachable } from '../../../lib/trace/reachable.js';
import type { Trace } from '../../../lib/trace/trace.js';
import { TraceBuilder } from '../../../lib/trace/trace-builder.js';
import { fixture } from '../../support/fixture.js';
import { anyGraph, graphOf } from '../../support/object-graphs.js';
import { toolPath } from '../../support/real-tool.js';
import { traceFromText } from '../../support/trace-from-text.js';
import { written } from '../../support/written.js';

// 128 + 32 + 16 = 176 bytes live in three blocks at the end.
const TOY = traceFromText(`
  alloc 0x1000 64  main@m.c:1 > foo@f.c:10
  alloc 0x1100 128 main@m.c:2 > bar@b.c:20
  free 0x1000 main@m.c:4
  alloc 0x1300 32 main@m.c:1 > foo@f.c:10
  alloc 0x1400 16
  gap lost 2 overflow
`);

/** Blocks of 16 bytes from 0x1000 on: a dict with a dog, whose tricks are a list; beside it what nothing holds, which points to that list. */
const DOGS = graphOf(
  ['m:dict table', 'g:Dog', 'a:attributes of Dog', 'l:list', 'i:list items', 's:str', 'u:', 'x:list', 'y:str'],
  [
    'named __main__.__dict__ -> m',
    'stack stack0x20 -> s',
    "m ['rex'] -> g",
    'g  -> a',
    'a .tricks -> l',
    'l  -> i',
    'i [0] -> s',
    'i [1] -> u',
    'u +0x8 => m',
    'x [0] -> y',
    'y +0x0 -> x',
    'x [1] -> l',
  ],
);
const withGraph = (trace: Trace, graph: ObjectGraph): Trace => ({
  ...trace,
  graphs: [{ ...graph, beforeSeq: trace.eventCount }],
});
// The block without a type is known to the events, another is elsewhere.
const OBJECTS = withGraph(traceFromText('alloc 0x1060 12 main@m.c:1 > foo@f.c:10\nalloc 0x9000 100 main@m.c:2'), {
  ...DOGS,
  unsure: 'it moved',
});

const text = (id: string, trace: Trace) => written(id, trace).toString();
const liveBytes = (trace: Trace) => stackWeights(trace).stacks.reduce((sum, weight) => sum + weight.liveBytes, 0);

function realTrace(): Trace {
  const builder = new TraceBuilder();
  decodeAll(formatById('gdb-log'), fixture('micropython-microbit/mylog.txt.gz'), builder);
  return builder.build();
}

test('heapprofile: a tree of calls, self sizes add up to what is alive, lines count from 0', (t) => {
  const { head, samples, doubts } = JSON.parse(text('heapprofile', TOY));
  t.deepEqual(doubts, ['the capture is incomplete: overflow (2 events lost before event 5)']);
  t.is(head.callFrame.functionName, '(root)');
  const main = head.children[1];
  t.deepEqual(
    [main.callFrame.functionName, main.callFrame.url, main.callFrame.lineNumber, main.selfSize],
    ['main', 'm.c', 0, 0],
  );
  t.deepEqual(
    samples.map(({ size }: { size: number }) => size),
    [16, 32, 128],
  );
  const deep = traceFromText(`alloc 0x10 8 ${Array.from({ length: 3000 }, (_, i) => `f${i}@a.c:1`).join(' > ')}`);
  t.is(text('heapprofile', deep).match(/"callFrame"/g)?.length, 3001);
});

test('heapsnapshot: counts agree with their lists, and a block keeps its id at another moment', (t) => {
  for (const trace of [TOY, realTrace(), traceFromText(''), OBJECTS]) {
    const { snapshot, nodes, edges, strings } = JSON.parse(text('heapsnapshot', trace));
    t.is(nodes.length, snapshot.node_count * 7);
    t.is(edges.length, snapshot.edge_count * 3);
    const sum = (field: number) => {
      let total = 0;
      for (let at = field; at < nodes.length; at += 7) total += nodes[at];
      return total;
    };
    t.is(sum(4), snapshot.edge_count);
    t.is(sum(3), trace === OBJECTS ? 9 * 16 + 100 : liveBytes(trace));
    t.true(edges.every((value: number, i: number) => i % 3 !== 2 || (value % 7 === 0 && value < nodes.length)));
    t.true(edges.every((value: number, i: number) => i % 3 !== 1 || edges[i - 1] === 1 || value < strings.length));
  }
  t.regex(text('heapsnapshot', TOY), /"\[the capture is incomplete: overflow/);
  const ids = (trace: Trace) => {
    const { nodes } = JSON.parse(text('heapsnapshot', trace));
    return new Set(nodes.filter((_: number, i: number) => i % 7 === 2 && nodes[i - 2] === 3));
  };
  const before = ids(traceFromText('alloc 0x10 8 a@a.c:1\nalloc 0x20 8 a@a.c:1'));
  const after = ids(traceFromText('alloc 0x10 8 a@a.c:1\nalloc 0x20 8 a@a.c:1\nfree 0x10\nalloc 0x30 1 b@b.c:1'));
  t.deepEqual(
    [[...before], [...after]],
    [
      [1, 3],
      [3, 7],
    ],
  );
});

/** What DevTools makes of a heap snapshot: all bytes, bytes and count by class, and who retains the first block of a class. */
interface SnapshotSeen {
  readonly totalBytes: number;
  readonly classes: Readonly<Record<string, readonly [count: number, bytes: number]>>;
  readonly retainers: readonly string[];
}

// Chromium carries its own DevTools, as a user has it: the code of its Memory panel loads the files.
const BUNDLED = 'devtools://devtools/bundled/';

/** Runs in the page. */
async function profileBytes([base, json]: readonly [string, string]): Promise<number> {
  const { HeapProfileView } = await import(`${base}panels/profiler/profiler.js`);
  return new HeapProfileView.SamplingHeapProfileModel(JSON.parse(json)).total;
}

/** Runs in the page. */
async function snapshotSeen([base, json, looked]: readonly [string, string, string]): Promise<SnapshotSeen> {
  const worker = await import(`${base}entrypoints/heap_snapshot_worker/heap_snapshot_worker.js`);
  const loader = new worker.HeapSnapshotLoader.HeapSnapshotLoader({ sendEvent() {} });
  // As a file arrives: in pieces.
  for (let at = 0; at < json.length; at += 1000) loader.write(json.slice(at, at + 1000));
  loader.close();
  const channel = new MessageChannel();
  new worker.HeapSnapshot.SecondaryInitManager(channel.port2);
  const snapshot = await loader.buildSnapshot(channel.port1);
  const classes: Record<string, readonly [number, number]> = {};
  const retainers: string[] = [];
  for (const { name, count, self, idxs } of Object.values(snapshot.aggregatesWithFilter({})) as {
    name: string;
    count: number;
    self: number;
    idxs: number[];
  }[]) {
    classes[name] = [count, self];
    for (let node = name === looked ? (idxs[0] ?? -1) : -1; node >= 0; ) {
      const [first] = snapshot.createRetainingEdgesProvider(node).serializeItemsRange(0, 1).items;
      node = first ? first.node.nodeIndex : -1;
      if (first) retainers.push(first.node.name);
    }
  }
  return { totalBytes: snapshot.totalSize, classes, retainers };
}

/** What DevTools makes of one node. */
interface NodeSeen {
  readonly id: number;
  readonly name: string;
  readonly retainedBytes: number;
  readonly distance: number;
  /** The nearest to a root first, as the panel sorts them. */
  readonly retainers: readonly { readonly edge: string; readonly id: number; readonly name: string }[];
}

/** Runs in the page. */
async function nodesSeen([base, json]: readonly [string, string]): Promise<NodeSeen[]> {
  const worker = await import(`${base}entrypoints/heap_snapshot_worker/heap_snapshot_worker.js`);
  const loader = new worker.HeapSnapshotLoader.HeapSnapshotLoader({ sendEvent() {} });
  loader.write(json);
  loader.close();
  const channel = new MessageChannel();
  new worker.HeapSnapshot.SecondaryInitManager(channel.port2);
  const snapshot = await loader.buildSnapshot(channel.port1);
  const seen: NodeSeen[] = [];
  for (let index = 0; index < JSON.parse(json).nodes.length; index += 7) {
    const { id, name, retainedSize, distance } = snapshot.createNode(index).serialize();
    const { items } = snapshot.createRetainingEdgesProvider(index).serializeItemsRange(0, 1000);
    const retainers = (items as { name: string; node: { id: number; name: string; distance: number } }[])
      .sort((a, b) => a.node.distance - b.node.distance)
      .map(({ name: edge, node }) => ({ edge: String(edge), id: node.id, name: node.name }));
    seen.push({ id, name, retainedBytes: retainedSize, distance, retainers });
  }
  return seen;
}

let devTools: Promise<{ readonly browser: Browser; readonly page: Page }> | undefined;

async function openDevTools(executablePath: string) {
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  const page = await browser.newPage();
  await page.goto(`${BUNDLED}devtools_app.html`, { timeout: 180_000 });
  return { browser, page };
}

/** The same page for all tests: it takes seconds to load. */
async function inDevTools(t: ExecutionContext, look: (page: Page) => Promise<void>): Promise<void> {
  t.timeout(240_000);
  const executablePath = toolPath(t, 'chromium');
  if (executablePath === undefined) return;
  devTools ??= openDevTools(executablePath);
  await look((await devTools).page);
}

test.after.always(async () => {
  await (await devTools)?.browser.close();
});

test("Chromium's DevTools load both: the bytes are the same, classes are sources, retainers are callers", async (t) => {
  t.is(liveBytes(TOY), 176);
  await inDevTools(t, async (page) => {
    for (const trace of [TOY, realTrace()]) {
      t.is(await page.evaluate(profileBytes, [BUNDLED, text('heapprofile', trace)] as const), liveBytes(trace));
      const seen = await page.evaluate(snapshotSeen, [BUNDLED, text('heapsnapshot', trace), 'foo (f.c:10)'] as const);
      t.is(seen.totalBytes, liveBytes(trace));
      if (trace !== TOY) continue;
      t.deepEqual(seen.classes['bar (b.c:20)'], [1, 128]);
      t.deepEqual(seen.classes['(no backtrace)'], [1, 16]);
      t.deepEqual(seen.retainers, ['foo (f.c:10)', 'main (m.c:1)']);
    }
  });
});

/** The nodes by the address of their block. */
function blocksSeen(nodes: readonly NodeSeen[]): (address: number) => NodeSeen | undefined {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const byAddress = new Map(
    nodes.map(({ name, retainers }) => [
      retainers[0]?.edge === 'address' ? name : '',
      byId.get(retainers[0]?.id ?? -1),
    ]),
  );
  return (address) => byAddress.get(`0x${address.toString(16)}`);
}

test("Chromium's DevTools show who holds a block and what it retains, as our own answers say", async (t) => {
  await inDevTools(t, async (page) => {
    const nodes = await page.evaluate(nodesSeen, [BUNDLED, text('heapsnapshot', OBJECTS)] as const);
    const seen = blocksSeen(nodes);
    const chain: string[] = [];
    for (let node = seen(0x1050); node; node = nodes.find(({ id }) => id === node?.retainers[0]?.id)) {
      const [by] = node.retainers;
      if (by) chain.push(`${by.edge} in ${by.name}`);
    }
    t.deepEqual(chain, [
      '0 in list items',
      'list items in list',
      'tricks in attributes of Dog',
      'attributes of Dog in Dog',
      "['rex'] in dict table",
      '__main__.__dict__ in modules',
    ]);
    t.is(new ObjectMap(DOGS).why(5).path, "__main__.__dict__['rex'] -> Dog.tricks -> list[0]");
    t.deepEqual([seen(0x1060)?.name, seen(0x1060)?.id, seen(0x1060)?.retainedBytes], ['foo (f.c:10)', 1, 16]);
    t.deepEqual([seen(0x9000)?.name, seen(0x9000)?.retainedBytes], ['main (m.c:2)', 100]);
    // Garbage holds no list: only the dog does.
    t.deepEqual(seen(0x1030)?.retainers.length, 1);
    t.deepEqual(
      seen(0x1080)?.retainers.map(({ edge, name }) => `${edge} in ${name}`),
      ['1 in (garbage: nothing holds it)', '0 in list'],
    );
    t.true(nodes.some(({ name }) => name === '[object graph: it moved]'));
    for (const graph of fc.sample(anyGraph, 30)) {
      const block = blocksSeen(
        await page.evaluate(nodesSeen, [BUNDLED, text('heapsnapshot', withGraph(traceFromText(''), graph))] as const),
      );
      const reach = reachable(graph);
      const { bytes } = retainedSizes(graph, reach);
      for (let index = 0; index < graph.count; index++) {
        if (reach.level[index] === Reach.none) continue;
        const found = block(graph.address[index] ?? 0);
        t.is(found?.retainedBytes, bytes[index], JSON.stringify(graph));
        const [holder, held] = pathTo(graph, reach, index).slice(-2);
        const by = held === undefined ? 'r' : block(graph.address[holder?.block ?? 0] ?? 0)?.id;
        t.true(
          found?.retainers.some(({ id, edge }) => id === by || edge === by),
          JSON.stringify(graph),
        );
      }
    }
  });
});
