import { useState } from 'preact/hooks';
import { hideFrames } from '../state/actions.js';
import { app, useApp } from '../state/app-state.js';
import { DEFAULT_HIDE, parseHide } from '../state/preferences.js';
import { Dialog } from './dialog.js';

/** Which frames only hand memory on; kept in the browser. */
export function NamesDialog() {
  const hide = useApp((state) => state.hide);
  const [text, setText] = useState(hide.join('\n'));
  return (
    <Dialog title="Hidden frames">
      <p>
        An allocation's source is its innermost frame that is none of these: allocators and frameworks that hand memory
        on. One beginning of a function name or of a source path a line. <code>malloc</code>, <code>gc_alloc</code>,{' '}
        <code>operator new</code> and the like are known already.
      </p>
      <textarea
        rows={14}
        spellcheck={false}
        aria-label="Beginnings of function names or paths, one a line"
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <footer>
        <button type="button" onClick={() => setText(DEFAULT_HIDE.join('\n'))}>
          Defaults
        </button>
        <span class="spring" />
        <button
          type="button"
          class="primary"
          onClick={() => {
            hideFrames(parseHide(text));
            app.set({ dialog: 'none' });
          }}
        >
          Apply
        </button>
      </footer>
    </Dialog>
  );
}
