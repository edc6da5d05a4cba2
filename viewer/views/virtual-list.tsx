import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useSize } from '../paint/use-canvas.js';
import { ROW } from './roles.js';

export const ROW_HEIGHT = 24;
/** Browsers stop at about 33 million pixels; a longer list scrolls in larger steps. */
const MAX_HEIGHT = 24_000_000;

interface VirtualListProps {
  readonly count: number;
  /** The row that `moment` leads to; -1 for none. */
  readonly reveal: number;
  /** When it changes, the row to reveal is scrolled to. */
  readonly moment: unknown;
  /** When it changes, the list begins at its top again. */
  readonly content: unknown;
  readonly row: (index: number) => ComponentChildren;
  /** Stays at the top and scrolls sideways with the rows. */
  readonly head?: ComponentChildren;
  readonly width?: number;
  /** The columns of the head, as those of the rows. */
  readonly template?: string;
  readonly role: 'grid' | 'tree' | 'treegrid';
  readonly label: string;
  readonly onKeyDown?: (event: KeyboardEvent) => void;
}

/** A list of rows of one height: only those that can be seen exist. */
export function VirtualList({
  count,
  reveal,
  moment,
  content,
  row,
  head,
  width,
  template,
  role,
  label,
  onKeyDown,
}: VirtualListProps) {
  const [box, setBox] = useState<HTMLElement | null>(null);
  const size = useSize(box);
  const [top, setTop] = useState(0);
  const headHeight = head ? ROW_HEIGHT + 2 : 0;
  const room = Math.max(0, (size?.height ?? 0) - headHeight);
  const visible = Math.ceil(room / ROW_HEIGHT) + 1;
  const full = count * ROW_HEIGHT;
  const height = Math.min(MAX_HEIGHT, full);
  // Pixels of scrolling to rows; more than one row a pixel-row only in lists above MAX_HEIGHT.
  const stretch = full > height ? (full - room) / Math.max(1, height - room) : 1;
  const first = Math.max(0, Math.min(count - 1, Math.floor((top * stretch) / ROW_HEIGHT)));
  const offset = stretch === 1 ? first * ROW_HEIGHT : top;
  useReveal(box, { reveal, moment, room, stretch });
  useLayoutEffect(() => {
    if (box) box.scrollTop = 0;
  }, [box, content]);
  const rows = [];
  for (let i = first; i < Math.min(count, first + visible); i++) rows.push(row(i));
  return (
    <div
      class="list"
      ref={setBox}
      {...{ role, 'aria-label': label, 'aria-rowcount': count, tabIndex: 0 }}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
      {...(onKeyDown ? { onKeyDown } : {})}
    >
      {head && (
        <div
          class="list-head"
          {...ROW}
          style={{
            ...(width ? { minWidth: `${width}px` } : {}),
            ...(template ? { display: 'grid', gridTemplateColumns: template } : {}),
          }}
        >
          {head}
        </div>
      )}
      <div
        class="list-body"
        role="presentation"
        style={{ height: `${height}px`, ...(width ? { minWidth: `${width}px` } : {}) }}
      >
        <div role="presentation" style={{ transform: `translateY(${offset}px)` }}>
          {rows}
        </div>
      </div>
    </div>
  );
}

interface Reveal {
  readonly reveal: number;
  readonly moment: unknown;
  readonly room: number;
  readonly stretch: number;
}

/** Not at first: a list that has just been made or sorted shows its top. */
function useReveal(box: HTMLElement | null, { reveal, moment, room, stretch }: Reveal): void {
  const seen = useRef(moment);
  useLayoutEffect(() => {
    if (!box || Object.is(seen.current, moment)) return;
    seen.current = moment;
    if (reveal < 0) return;
    const at = (reveal * ROW_HEIGHT) / stretch;
    if (at < box.scrollTop || at + ROW_HEIGHT > box.scrollTop + room) box.scrollTop = Math.max(0, at - room / 2);
  }, [box, moment, reveal, room, stretch]);
}
