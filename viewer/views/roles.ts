/**
 * What the parts of a list are to a screen reader. Lists draw only the rows in sight, at places of their own, which the elements of
 * an HTML table cannot be; so their parts carry these roles instead.
 */
export const ROW = { role: 'row' } as const;
export const CELL = { role: 'gridcell' } as const;
export const COLUMN_HEADER = { role: 'columnheader' } as const;
export const SEPARATOR = { role: 'separator', tabIndex: 0 } as const;
export const TAB = { role: 'tab' } as const;
/** Something that changes by itself and is read out when the reader has time. */
export const STATUS = { role: 'status' } as const;
/** A canvas with a text in its place. */
export const IMAGE = { role: 'img' } as const;
