import type { Seq } from '../../base/units.js';
import { UsageError } from '../../errors/errors.js';
import type { ObjectGraph } from '../../trace/object-graph.js';
import { selectEvents } from '../../trace/select-events.js';
import type { Trace } from '../../trace/trace.js';
import { ObjectMap, type TypeRow } from './object-map.js';

/** A moment at which it was read who holds which block. */
export interface GraphMoment {
  readonly graph: ObjectGraph;
  /** The trace up to that moment. */
  readonly trace: Trace;
  /** The mark that stands there; absent at the end, and where there is none. */
  readonly mark?: string;
}

/** What there is by type of object at a mark. */
export interface TypesAtMark {
  readonly mark: string;
  readonly beforeSeq: Seq;
  /** The most bytes first. */
  readonly types: readonly TypeRow[];
}

/** Of a trace with more marks the last: each graph is gone through as a whole. */
const MAX_MARKS = 64;

/**
 * The moment of a mark, the last of that name where a graph was read; without a name the last moment of the trace. Undefined for a trace that has no graph.
 *
 * @throws UsageError HH2170 when nothing was read at the mark
 */
export function graphMoment(trace: Trace, mark?: string): GraphMoment | undefined {
  const graph = mark === undefined ? trace.graphs.at(-1) : marked(trace).findLast(({ name }) => name === mark)?.graph;
  if (!graph) {
    if (mark === undefined || trace.graphs.length === 0) return undefined;
    const names = [...new Set(marked(trace).map(({ name }) => `'${name}'`))].slice(0, 20).join(', ');
    throw new UsageError(
      'HH2170',
      `mark '${mark}': found nothing that was read there of who holds which block, expected ${names || 'no mark: it was read at the end only'}`,
      {
        remedy:
          'a session reads it at each mark that is set while the target runs; one that is set on a finished trace is not read',
      },
    );
  }
  const isEnd = graph.beforeSeq >= trace.eventCount;
  const name = mark ?? (isEnd ? undefined : marked(trace).find((one) => one.graph === graph)?.name);
  return { graph, trace: isEnd ? trace : upTo(trace, graph), ...(name === undefined ? {} : { mark: name }) };
}

/** The graph that was read before the event of this number, or behind the last; undefined where none was. */
export function graphBefore(trace: Trace, seq: Seq): ObjectGraph | undefined {
  return trace.graphs.findLast(({ beforeSeq }) => beforeSeq === seq || Math.min(beforeSeq, seq) === trace.eventCount);
}

/** By mark, in order, what there is of each type; marks where no interpreter's heap was read are left out. */
export function typesAtMarks(trace: Trace): readonly TypesAtMark[] {
  return marked(trace)
    .filter(({ graph }) => graph.heap === 'objects')
    .slice(-MAX_MARKS)
    .map(({ name, graph }) => ({ mark: name, beforeSeq: graph.beforeSeq, types: new ObjectMap(graph).types() }));
}

/** The trace as it was when a graph was read. */
export function upTo(trace: Trace, graph: ObjectGraph): Trace {
  return { ...selectEvents(trace, (seq) => seq < graph.beforeSeq), graphs: [graph] };
}

/** A search of all graphs for each mark would be quadratic for hostile inputs. */
function marked(trace: Trace): { readonly name: string; readonly graph: ObjectGraph }[] {
  // Of several at one place the last stays.
  const graphs = new Map(trace.graphs.map((graph) => [graph.beforeSeq, graph]));
  return trace.marks.flatMap(({ name, beforeSeq }) => {
    const graph = graphs.get(beforeSeq);
    return graph ? [{ name, graph }] : [];
  });
}
