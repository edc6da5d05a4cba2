import { useMemo } from 'preact/hooks';
import type { CallNode, CallTree } from '../../lib/public/browser.js';
import { amountOf, type Measure } from '../model/call-rows.js';
import { quoted } from '../model/coloring.js';
import { functionsOf, sandwich } from '../model/sandwich.js';
import { toggleQuery } from '../state/actions.js';
import { app, useApp } from '../state/app-state.js';
import { amountText } from './call-tools.js';
import { FlameGraph } from './flame-graph.js';
import { shown } from './text.js';

const MAX_FUNCTIONS = 500;

interface Props {
  readonly tree: CallTree;
  readonly measure: Measure;
  readonly search: string;
}

/** One function in the middle: its callers above it, what it called below. */
export function SandwichFlame({ tree, measure, search }: Props) {
  const asked = useApp((state) => state.fn);
  const functions = useMemo(() => functionsOf(tree.root, measure), [tree, measure]);
  const busiest = useMemo(() => busiestOf(tree.root, measure), [tree, measure]);
  const name = functions.some((it) => it.name === asked) ? asked : busiest;
  const found = useMemo(() => sandwich(tree.root, name), [tree, name]);
  const callers = useMemo(() => found && [found.callers], [found]);
  const callees = useMemo(() => found && [found.callees], [found]);
  const choose = (path: readonly CallNode[]) => app.set({ fn: path.at(-1)?.functionName ?? '' });
  const pick = (path: readonly CallNode[]) => toggleQuery(`calls:${quoted(path.at(-1)?.functionName ?? '')}`);
  const shared = { measure, search, total: amountOf(tree.root, measure), onPick: pick, onGo: choose };
  return (
    <>
      <div class="tools">
        <label>
          function{' '}
          <select value={name} onChange={(event) => app.set({ fn: event.currentTarget.value })}>
            {functions.slice(0, MAX_FUNCTIONS).map((it) => (
              <option key={it.name} value={it.name}>
                {shown(it.name)}: {amountText(it.amount, measure)}
              </option>
            ))}
          </select>
        </label>
        <span class="quiet">above: who called it; below: what it called. Double-click a function to put it here.</span>
      </div>
      {callers && callees && (
        <div class="sandwich">
          <FlameGraph {...shared} path={callers} label={`Callers of ${name}`} upwards onBack={() => history.back()} />
          <FlameGraph {...shared} path={callees} label={`Called by ${name}`} onBack={() => history.back()} />
        </div>
      )}
    </>
  );
}

/** Where the heaviest path forks: what is above it says nothing. */
function busiestOf(root: CallNode, measure: Measure): string {
  let at = root;
  for (;;) {
    const [first] = [...at.children].sort((a, b) => amountOf(b, measure) - amountOf(a, measure));
    if (!first || (at !== root && amountOf(first, measure) * 10 < amountOf(at, measure) * 9)) return at.functionName;
    at = first;
  }
}
