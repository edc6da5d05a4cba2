import { PANEL_SHARE } from '../state/panel-share.js';

/**
 * What the parts of a list are to a screen reader. Lists draw only the rows in sight, at places of their own, which the elements of
 * an HTML table cannot be; so their parts carry these roles instead.
 */
export const ROW = { role: 'row' } as const;
export const CELL = { role: 'gridcell' } as const;
export const COLUMN_HEADER = { role: 'columnheader' } as const;
/** The edge between two parts that can be moved; `share` of the whole is below it. */
export function splitterProps(share: number) {
  return {
    role: 'separator',
    tabIndex: 0,
    'aria-orientation': 'horizontal',
    'aria-label': 'Height of the panel',
    'aria-valuenow': Math.round(share * 100),
    'aria-valuemin': 100 * PANEL_SHARE.least,
    'aria-valuemax': 100 * PANEL_SHARE.most,
  } as const;
}

export function tabProps(selected: boolean) {
  return { role: 'tab', 'aria-selected': selected, 'aria-controls': 'panel' } as const;
}
/** A row or a heading with what a reader is told of it, and what a click on it does: the list's own keys do the same. */
export function rowProps(props: {
  readonly index: number;
  readonly selected: boolean;
  readonly level?: number;
  readonly expanded?: boolean;
  readonly onClick: (event: MouseEvent) => void;
  readonly onDblClick?: () => void;
}) {
  return {
    role: 'row',
    'aria-rowindex': props.index + 1,
    'aria-selected': props.selected,
    ...(props.level === undefined ? {} : { 'aria-level': props.level }),
    ...(props.expanded === undefined ? {} : { 'aria-expanded': props.expanded }),
    onClick: props.onClick,
    ...(props.onDblClick ? { onDblClick: props.onDblClick } : {}),
  } as const;
}

export function sortProps(direction: 'ascending' | 'descending' | 'none') {
  return { role: 'columnheader', 'aria-sort': direction } as const;
}

/** Something that changes by itself and is read out when the reader has time. */
export const STATUS = { role: 'status' } as const;
/** A canvas with a text in its place. */
export const IMAGE = { role: 'img' } as const;
/** A part of the page that scrolls by itself: the keyboard must reach it. */
export function scrollProps(label: string) {
  return { role: 'region', tabIndex: 0, 'aria-label': label } as const;
}
