import type { Bytes, FrameId } from '../../base/units.js';
import type { Trace } from '../../trace/trace.js';
import { doubtLines } from './doubts-text.js';
import { frameLabel, framesOfStack, stackWeights } from './stack-weights.js';
import type { TraceWriter } from './trace-writer.js';

/** V8's sampling heap profile of what is alive at the end: a tree of calls, each with the bytes that it allocated itself. */
export const heapProfileWriter: TraceWriter = {
  id: 'heapprofile',
  title: 'V8 .heapprofile of what is alive at the end (Chrome DevTools, speedscope)',
  extension: '.heapprofile',
  write: writeHeapProfile,
};

interface ProfileNode {
  readonly id: number;
  readonly frame: FrameId;
  selfBytes: Bytes;
  readonly children: Map<string, ProfileNode>;
}

const ROOT = -2;

function* writeHeapProfile(trace: Trace): Generator<string> {
  let nodes = 1;
  const root: ProfileNode = { id: nodes, frame: ROOT, selfBytes: 0, children: new Map() };
  const samples: { size: Bytes; nodeId: number; ordinal: number }[] = [];
  for (const { stack, liveBytes } of stackWeights(trace).stacks) {
    if (liveBytes === 0) continue;
    let node = root;
    for (const frame of framesOfStack(trace, stack).reverse()) {
      const { name, file, line } = frameLabel(trace, frame);
      const key = `${line} ${file}\n${name}`;
      let child = node.children.get(key);
      if (!child) {
        child = { id: ++nodes, frame, selfBytes: 0, children: new Map() };
        node.children.set(key, child);
      }
      node = child;
    }
    node.selfBytes += liveBytes;
    samples.push({ size: liveBytes, nodeId: node.id, ordinal: samples.length + 1 });
  }
  // Programs pass over members that they do not know.
  yield `{"doubts":${JSON.stringify(doubtLines(trace))},\n"head":`;
  yield* nodeTexts(trace, root);
  yield `,\n"samples":${JSON.stringify(samples)}}\n`;
}

/** Written without recursion: a recursive function of a firmware is as deep as its stack. */
function* nodeTexts(trace: Trace, root: ProfileNode): Generator<string> {
  yield nodeHead(trace, root);
  const open = [{ rest: root.children.values(), isFirst: true }];
  for (let top = open.at(-1); top; top = open.at(-1)) {
    const next = top.rest.next();
    if (next.done) {
      open.pop();
      yield ']}';
      continue;
    }
    yield (top.isFirst ? '' : ',\n') + nodeHead(trace, next.value);
    top.isFirst = false;
    open.push({ rest: next.value.children.values(), isFirst: true });
  }
}

/** Lines count from 0 here, -1 is none. */
function nodeHead(trace: Trace, { id, frame, selfBytes }: ProfileNode): string {
  const { name, file, line } = frame === ROOT ? { name: '(root)', file: '', line: 0 } : frameLabel(trace, frame);
  const callFrame = { functionName: name, scriptId: '0', url: file, lineNumber: line - 1, columnNumber: -1 };
  return `{"callFrame":${JSON.stringify(callFrame)},"selfSize":${selfBytes},"id":${id},"children":[`;
}
