import type { LoadedTrace } from '../model/loaded-trace.js';
import { columnsOf } from '../model/table-rows.js';
import { app, useApp } from '../state/app-state.js';
import { remember } from '../state/preferences.js';
import { Menu } from './menu.js';

/** Which columns the table shows; kept in the browser. */
export function ColumnsMenu({ loaded }: { readonly loaded: LoadedTrace }) {
  const hidden = useApp((state) => state.hiddenColumns);
  const toggle = (id: string) => {
    const hiddenColumns = hidden.includes(id) ? hidden.filter((it) => it !== id) : [...hidden, id];
    remember('columns', hiddenColumns.join(' '));
    app.set({ hiddenColumns });
  };
  return (
    <Menu label="Columns">
      {columnsOf(loaded).map(({ id, title }) => (
        <label key={id} class="menu-check">
          <input type="checkbox" checked={!hidden.includes(id)} onChange={() => toggle(id)} />
          {title}
        </label>
      ))}
    </Menu>
  );
}
