import { useMemo, useState } from 'preact/hooks';
import type { CallNode, CallTree } from '../../lib/public/browser.js';
import { amountOf, type Measure } from '../model/call-rows.js';
import type { LoadedTrace } from '../model/loaded-trace.js';
import { pathQuery } from '../model/stack-match.js';
import { showBelow } from '../state/actions.js';
import { app, type FlameMode, useApp } from '../state/app-state.js';
import { CallTools, useCallTree, useMeasure } from './call-tools.js';
import { DiffFlame } from './flame-diff.js';
import { FlameGraph } from './flame-graph.js';
import { SandwichFlame } from './flame-sandwich.js';
import { Segments } from './segments.js';
import { Waiting } from './waiting.js';

const MODES: readonly { readonly id: FlameMode; readonly text: string; readonly hint: string }[] = [
  { id: 'tree', text: 'Graph', hint: 'Callers above, what they call below' },
  { id: 'sandwich', text: 'Sandwich', hint: 'One function: who called it, and what it called, from everywhere' },
  { id: 'diff', text: 'Difference', hint: 'A against B, or two traces: what grew and what shrank' },
];

/** The call tree as a flame graph: callers above, what they call below; inverted: sources above, their callers below. */
export function FlamePanel({ loaded }: { readonly loaded: LoadedTrace }) {
  const mode = useApp((state) => state.flame);
  const inverted = useApp((state) => state.inverted);
  const tree = useCallTree(loaded, mode === 'tree' && inverted);
  return tree ? <Flame {...{ mode, loaded, tree }} /> : <Waiting />;
}

function Flame({ mode, loaded, tree: own }: Pick<GraphProps, 'mode' | 'loaded' | 'tree'>) {
  const measure = useMeasure();
  const [search, setSearch] = useState('');
  return (
    <div class="panel-body">
      <div class="tools flame-tools">
        <Segments label="Flame graph" value={mode} options={MODES} onChange={(flame) => app.set({ flame })} />
        <CallTools tree={own} measure={measure} invertible={mode === 'tree'} />
        <input
          type="search"
          placeholder="highlight a function"
          aria-label="Highlight functions by text"
          value={search}
          onInput={(event) => setSearch(event.currentTarget.value)}
        />
      </div>
      <Graph {...{ mode, loaded, measure, search }} tree={own} />
    </div>
  );
}

interface GraphProps {
  readonly mode: FlameMode;
  readonly loaded: LoadedTrace;
  readonly tree: CallTree;
  readonly measure: Measure;
  readonly search: string;
}

function Graph({ mode, loaded, tree, measure, search }: GraphProps) {
  if (mode === 'diff') return <DiffFlame {...{ loaded, measure, search }} />;
  if (amountOf(tree.root, measure) === 0) {
    return <p class="empty">Nothing to show: no allocation counts towards this figure.</p>;
  }
  if (mode === 'sandwich') return <SandwichFlame {...{ tree, measure, search }} />;
  return <TreeFlame {...{ tree, measure, search }} />;
}

function TreeFlame({ tree, measure, search }: Pick<GraphProps, 'tree' | 'measure' | 'search'>) {
  const [zoomed, setZoomed] = useState<readonly CallNode[]>([]);
  // What was zoomed into belongs to its tree.
  const path = useMemo(() => (zoomed[0] === tree.root ? zoomed : [tree.root]), [zoomed, tree]);
  const back = () => path.length > 1 && setZoomed(path.slice(0, -1));
  return (
    <>
      {path.length > 1 && (
        <div class="tools">
          <button type="button" onClick={back}>
            Zoom out
          </button>
        </div>
      )}
      <FlameGraph
        {...{ path, measure, search }}
        label="Flame graph"
        total={amountOf(tree.root, measure)}
        onPick={([, ...below]) =>
          showBelow(below, (path) => pathQuery(path, tree.inverted ? 'innermost' : 'outermost'))
        }
        onGo={setZoomed}
        onBack={back}
      />
    </>
  );
}
