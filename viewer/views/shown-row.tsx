import type { ComponentChildren } from 'preact';
import { goToRow, pickRow, toggleQuery } from '../state/actions.js';
import { useApp } from '../state/app-state.js';
import { goToTable, rowActs } from './row-acts.js';

/** A row of figures: a click shows what is behind it in the table and lights it in the map, a double click goes to the table. */
export function QueryRow({ query, children }: { readonly query: string; readonly children: ComponentChildren }) {
  const on = useApp((state) => state.query === query);
  return <tr {...rowActs({ pick: () => toggleQuery(query), go: goToTable, on })}>{children}</tr>;
}

interface SeqRowProps {
  /** Of the event that the row is about. */
  readonly seq: number;
  readonly children: ComponentChildren;
  /** Instead of picking the row of the event. */
  readonly onPick?: () => void;
}

/** A row about one event: a click shows it in the table, lights its block and brings it into view, a double click goes to the event. */
export function SeqRow({ seq, children, onPick = () => pickRow(seq) }: SeqRowProps) {
  const query = `seq=${seq}`;
  const on = useApp((state) => state.query === query);
  const pick = () => {
    toggleQuery(query);
    onPick();
  };
  return <tr {...rowActs({ pick, go: () => goToRow(seq), on })}>{children}</tr>;
}
