import { useState } from 'preact/hooks';
import { formatCount } from '../../lib/public/browser.js';
import type { LoadedTrace } from '../model/loaded-trace.js';
import { goTo, setMarks } from '../state/actions.js';
import { app, useApp } from '../state/app-state.js';
import { SAVED_FORMS, saveAs } from '../state/save.js';
import { Menu } from './menu.js';
import { shown } from './text.js';

const MAX_LISTED = 200;
const MAX_NAME = 80;

/** Sets a mark after the selected event, and lists all there are: those of the trace, and one's own, which can be taken away again. */
export function Marks({ loaded }: { readonly loaded: LoadedTrace }) {
  const [name, setName] = useState<string>();
  const own = useApp((state) => state.userMarks);
  const { marks } = loaded.trace;
  const add = () => {
    const beforeSeq = app.get().atSeq + 1;
    const text = (name ?? '').trim() || `mark ${own.length + 1}`;
    setMarks([...own, { beforeSeq, name: text }]);
    setName(undefined);
  };
  return (
    <>
      {name === undefined ? (
        <button type="button" id="mark" onClick={() => setName('')} title="Set a mark after the selected event (k)">
          Mark
        </button>
      ) : (
        <form
          class="mark-form"
          onSubmit={(event) => {
            event.preventDefault();
            add();
          }}
        >
          <input
            ref={(field) => field?.focus()}
            value={name}
            maxLength={MAX_NAME}
            placeholder={`mark ${own.length + 1}`}
            aria-label="Name of the mark"
            onInput={(event) => setName(event.currentTarget.value)}
            onKeyDown={(event) => event.key === 'Escape' && setName(undefined)}
          />
          <button type="submit">Set</button>
        </form>
      )}
      {marks.length > 0 && (
        <Menu label={`${formatCount(marks.length)} ${marks.length === 1 ? 'mark' : 'marks'}`}>
          {marks.slice(0, MAX_LISTED).map((mark, index) => (
            <div key={index} class="mark-line">
              <button type="button" onClick={() => goTo(mark.beforeSeq - 1)}>
                {shown(mark.name)} <span class="quiet">after event {formatCount(Math.max(0, mark.beforeSeq - 1))}</span>
              </button>
              {own.includes(mark) && (
                <button
                  type="button"
                  aria-label={`Take the mark ${shown(mark.name)} away`}
                  onClick={() => setMarks(own.filter((it) => it !== mark))}
                >
                  ✕
                </button>
              )}
            </div>
          ))}
          {marks.length > MAX_LISTED && <p class="note">and {formatCount(marks.length - MAX_LISTED)} more</p>}
          {SAVED_FORMS.filter(({ id }) => id === 'marks').map((form) => (
            <button key={form.id} type="button" onClick={() => saveAs(form, loaded)}>
              Save as CSV
            </button>
          ))}
        </Menu>
      )}
    </>
  );
}
