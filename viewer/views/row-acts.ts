import { app } from '../state/app-state.js';

interface RowActs {
  /** A click, or space. */
  readonly pick: () => void;
  /** A double click, or Enter. */
  readonly go: () => void;
  /** Whether what the row stands for is what the table shows. */
  readonly on?: boolean;
}

/** A row that a click selects and a double click goes to, by keyboard too. */
export function rowActs({ pick, go, on = false }: RowActs) {
  return {
    tabIndex: 0,
    class: on ? 'act on' : 'act',
    ...(on ? { 'aria-current': 'true' as const } : {}),
    // The second click of a double click must not take back what the first one did.
    onClick: (event: MouseEvent) => event.detail < 2 && pick(),
    onDblClick: go,
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key === ' ') pick();
      else if (event.key === 'Enter') go();
      else return;
      event.preventDefault();
      event.stopPropagation();
    },
  };
}

/** What a double click on a row of figures goes to: the rows behind it. */
export function goToTable(): void {
  app.set({ tab: 'table' });
}
