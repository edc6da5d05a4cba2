import { formatCount } from '../../lib/public/browser.js';
import { csvParts } from '../model/csv.js';
import type { LoadedTrace } from '../model/loaded-trace.js';
import { app, GROUPINGS, type RowFilter, useApp } from '../state/app-state.js';
import { download } from '../state/download.js';
import { ColumnsMenu } from './columns-menu.js';
import { STATUS } from './roles.js';
import { Segments } from './segments.js';

const FILTER_TEXT: Readonly<Record<RowFilter, string>> = {
  all: 'All',
  alive: 'Still alive',
  freed: 'Freed',
  failed: 'Failed',
  temporary: 'Temporary',
  events: 'With frees',
};
const FILTER_HINT: Readonly<Record<RowFilter, string>> = {
  all: 'Every allocation and every failed request',
  alive: 'Allocations that are alive at the end',
  freed: 'Allocations that were given back',
  failed: 'Requests that the allocator refused',
  temporary: 'Freed before another allocation happened',
  events: 'Every event, frees and sweeps too',
};
/** With a range. */
const RANGE_TEXT: Readonly<Record<RowFilter, string>> = {
  all: 'Born from A to B',
  alive: 'of these alive at B',
  freed: 'Freed from A to B',
  failed: 'Failed',
  temporary: 'Temporary',
  events: 'All events',
};
const ORDER: readonly RowFilter[] = ['all', 'alive', 'freed', 'failed', 'temporary', 'events'];

/** What the table shows: the kind of rows, a text, a source; and the rows as a file. */
export function TableTools({ loaded, rows }: { readonly loaded: LoadedTrace; readonly rows: Int32Array }) {
  const filter = useApp((state) => state.filter);
  const query = useApp((state) => state.query);
  const group = useApp((state) => state.group);
  const ranged = useApp((state) => state.range !== undefined);
  return (
    <div class="tools">
      <Segments
        label="Rows"
        value={filter}
        options={ORDER.map((id) => ({ id, text: (ranged ? RANGE_TEXT : FILTER_TEXT)[id], hint: FILTER_HINT[id] }))}
        onChange={(id) => app.set({ filter: id })}
      />
      <input
        id="query"
        type="search"
        placeholder="size>256 alive tls"
        title="Words of a backtrace, 0xaddress, size>256, life<10ms, age>100, drop>0, seq>100, source:text, calls:function, type:name, region:name, kind:realloc, alive, freed, temporary; all must hold. Quotation marks mean a whole name"
        aria-label="Filter by text"
        value={query}
        onInput={(event) => app.set({ query: event.currentTarget.value })}
      />
      <label class="quiet">
        group by{' '}
        <select
          value={group}
          onChange={(event) => {
            const chosen = GROUPINGS.find((id) => id === event.currentTarget.value);
            if (chosen) app.set({ group: chosen });
          }}
        >
          <option value="none">nothing</option>
          <option value="source">source</option>
          <option value="path">call path</option>
        </select>
      </label>
      <ColumnsMenu loaded={loaded} />
      <span class="spring" />
      <span class="quiet" {...STATUS}>
        {formatCount(rows.length)} {rows.length === 1 ? 'row' : 'rows'}
      </span>
      <button
        type="button"
        disabled={rows.length === 0}
        onClick={() => download(new Blob(csvParts(loaded, rows), { type: 'text/csv' }), `${loaded.name}.csv`)}
      >
        CSV
      </button>
    </div>
  );
}
