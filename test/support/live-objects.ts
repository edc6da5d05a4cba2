import { growingContainers } from '../../lib/analysis/objects/containers.js';
import { graphMoment, typesAtMarks } from '../../lib/analysis/objects/graph-moments.js';
import { ObjectMap, type TypeRow } from '../../lib/analysis/objects/object-map.js';
import type { EngineName } from '../../lib/capture/select-engine.js';
import { LiveHeapSession } from '../../lib/session/live-heap-session.js';

const PROMPT = '>>> ';
const ROUNDS = 24;
/** A guard against hanging, no expectation. */
const HANGS_MS = 600_000;

/** What a session at a MicroPython's REPL tells of a list that grows between two marks, against what was typed. Empty where all is right. */
export async function liveProblems(elf: string, board: string, engine: EngineName): Promise<string[]> {
  await using session = LiveHeapSession.onTarget({ elf, board, engine, allocator: 'auto' });
  const type = (line: string) => session.type(line, PROMPT, { timeoutMs: HANGS_MS });
  await session.init(100_000);
  await session.start('all');
  await session.console.until(PROMPT, { timeoutMs: HANGS_MS });
  await type('cache = []');
  await session.mark('before');
  for (let round = 0; round < ROUNDS; round++) await type(`cache.append(bytearray(${100 + round}))`);
  await session.mark('after');
  await type('cache = None');
  const trace = await session.dump();
  const problems: string[] = [];
  const expect = (what: string, found: unknown, expected: unknown) => {
    if (JSON.stringify(found) !== JSON.stringify(expected)) problems.push(`${what}: ${JSON.stringify(found)}`);
  };
  expect('graphs', trace.graphs.length, 3);
  const countAt = typesAtMarks(trace).map(({ mark, types }) => [mark, count(types, 'bytearray')]);
  expect('bytearrays at marks', countAt, [
    ['before', 0],
    ['after', ROUNDS],
  ]);
  const window = growingContainers(trace, { from: 'before', to: 'after' });
  expect('growing', window[0]?.path, "__main__.__dict__['cache']");
  const after = graphMoment(trace, 'after');
  const path = after && pathOfLast(new ObjectMap(after.graph));
  expect('path at the mark', path, `__main__.__dict__['cache'] -> list[${ROUNDS - 1}]`);
  const end = graphMoment(trace);
  // Nothing was collected since: what the list held is garbage.
  expect('garbage at the end', end && unheld(new ObjectMap(end.graph)) >= ROUNDS, true);
  return problems;
}

function count(types: readonly TypeRow[], wanted: string): number {
  return types.find(({ type }) => type === wanted)?.count ?? 0;
}

function pathOfLast(map: ObjectMap): string {
  const paths = [...map.graph.address.keys()].map((block) => map.why(block).path);
  return paths.find((path) => path.endsWith(`list[${ROUNDS - 1}]`)) ?? '';
}

function unheld(map: ObjectMap): number {
  return map.types().find(({ type }) => type === 'bytearray')?.unheldCount ?? 0;
}
