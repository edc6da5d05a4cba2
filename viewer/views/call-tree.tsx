import { useEffect, useMemo, useState } from 'preact/hooks';
import { type CallNode, type CallTree, formatCount, frameName } from '../../lib/public/browser.js';
import { amountOf, type CallRow, callRows, heaviestPath, type Measure } from '../model/call-rows.js';
import type { LoadedTrace } from '../model/loaded-trace.js';
import { pathQuery } from '../model/stack-match.js';
import { toggleQuery } from '../state/actions.js';
import { useApp } from '../state/app-state.js';
import { CallTools, useCallTree, useMeasure } from './call-tools.js';
import { CELL, rowProps } from './roles.js';
import { goToTable } from './row-acts.js';
import { percent, shown } from './text.js';
import { ROW_HEIGHT, VirtualList } from './virtual-list.js';
import { Waiting } from './waiting.js';

/** The call tree as rows that open and close. */
export function CallTreePanel({ loaded }: { readonly loaded: LoadedTrace }) {
  const inverted = useApp((state) => state.inverted);
  const tree = useCallTree(loaded, inverted);
  return tree ? <Tree tree={tree} /> : <Waiting />;
}

function Tree({ tree }: { readonly tree: CallTree }) {
  const { inverted } = tree;
  const measure = useMeasure();
  const [open, setOpen] = useState<ReadonlySet<CallNode>>(new Set());
  const [active, setActive] = useState(0);
  useEffect(() => {
    setOpen(heaviestPath(tree.root, measure));
    setActive(0);
  }, [tree, measure]);
  const rows = useMemo(() => callRows(tree.root, open, measure), [tree, open, measure]);
  const total = amountOf(tree.root, measure);
  const toggle = (node: CallNode, to = !open.has(node)) => {
    const next = new Set(open);
    if (to) next.add(node);
    else next.delete(node);
    setOpen(next);
  };
  const pick = (index: number) => {
    setActive(index);
    toggleQuery(queryOf(rows, index, inverted));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const row = rows[active];
    if (event.key === 'ArrowDown') setActive(Math.min(rows.length - 1, active + 1));
    else if (event.key === 'ArrowUp') setActive(Math.max(0, active - 1));
    else if (event.key === 'ArrowRight' && row && !row.leaf) toggle(row.node, true);
    else if (event.key === 'ArrowLeft' && row) toggle(row.node, false);
    else if (event.key === ' ') pick(active);
    else if (event.key === 'Enter') goToTable();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class="panel-body">
      <div class="tools">
        <CallTools tree={tree} measure={measure} />
      </div>
      {rows.length === 0 ? (
        <p class="empty">Nothing was allocated here, or no backtraces were recorded.</p>
      ) : (
        <VirtualList
          count={rows.length}
          reveal={active}
          moment={active}
          content={tree}
          role="treegrid"
          label="Call tree"
          onKeyDown={onKeyDown}
          row={(index) => {
            const row = rows[index];
            if (!row) return null;
            return (
              <TreeRow
                key={index}
                {...{ row, index, measure, total }}
                active={index === active}
                query={queryOf(rows, index, inverted)}
                onPick={() => pick(index)}
                onToggle={() => {
                  setActive(index);
                  toggle(row.node);
                }}
              />
            );
          }}
        />
      )}
    </div>
  );
}

interface TreeRowProps {
  readonly row: CallRow;
  readonly index: number;
  readonly measure: Measure;
  readonly total: number;
  readonly active: boolean;
  /** What shows what was allocated there. */
  readonly query: string;
  readonly onPick: () => void;
  readonly onToggle: () => void;
}

/** The way to a row is that of the rows above it that are less deep. */
function queryOf(rows: readonly CallRow[], index: number, inverted: boolean): string {
  const path: CallNode[] = [];
  for (let at = index, depth = (rows[index]?.depth ?? -1) + 1; at >= 0 && depth > 0; at--) {
    const row = rows[at];
    if (!row || row.depth >= depth) continue;
    path.unshift(row.node);
    depth = row.depth;
  }
  return pathQuery(path, inverted ? 'innermost' : 'outermost');
}

function TreeRow({ row, index, measure, total, active, query, onPick, onToggle }: TreeRowProps) {
  const on = useApp((state) => state.query === query);
  const { node, depth, open, leaf } = row;
  const amount = amountOf(node, measure);
  const share = total > 0 ? amount / total : 0;
  const expanded = leaf ? {} : { expanded: open };
  return (
    <div
      class={`row tree-row${active ? ' selected' : ''}${on ? ' on' : ''}`}
      {...rowProps({
        index,
        selected: active,
        level: depth + 1,
        ...expanded,
        onClick: (event) => event.detail < 2 && onPick(),
        onDblClick: goToTable,
      })}
      style={{ height: `${ROW_HEIGHT}px` }}
    >
      <span {...CELL} class="number">
        {formatCount(amount)}
      </span>
      <span {...CELL} class="number">
        {percent(share)}
      </span>
      <span {...CELL} class="share">
        <i style={{ width: `${share * 100}%` }} />
      </span>
      <span
        {...CELL}
        class="text"
        style={{ paddingLeft: `${Math.min(depth, 60) * 14}px` }}
        title={shown(`${node.functionName}  ${node.location}`)}
      >
        <i
          class="twist"
          aria-hidden="true"
          onClick={(event) => {
            event.stopPropagation();
            if (!leaf) onToggle();
          }}
        >
          {leaf ? '' : open ? '▾' : '▸'}
        </i>
        {shown(frameName(node))} <span class="quiet">{frameName(node) !== node.location && shown(node.location)}</span>
      </span>
    </div>
  );
}
