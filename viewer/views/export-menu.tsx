import type { LoadedTrace } from '../model/loaded-trace.js';
import { app } from '../state/app-state.js';
import { fail } from '../state/busy.js';
import { copyText } from '../state/copy.js';
import { download } from '../state/download.js';
import { SAVED_FORMS, saveAs } from '../state/save.js';
import { Menu } from './menu.js';
import { pictureOf } from './picture.js';
import { useColoring } from './use-painting.js';

/** The trace as a report or in the form of another tool, what is shown as a picture, and a link to it. */
export function ExportMenu({ loaded }: { readonly loaded: LoadedTrace }) {
  const coloring = useColoring(loaded);
  const savePng = () => {
    pictureOf(loaded, coloring).toBlob((blob) => {
      if (blob) download(blob, `${loaded.name}-event-${app.get().atSeq}.png`);
      else fail(new Error('the browser made no picture'));
    }, 'image/png');
  };
  return (
    <Menu label="Save">
      {SAVED_FORMS.filter(({ id }) => id !== 'svg' || loaded.order).map((form) => (
        <button key={form.id} type="button" onClick={() => saveAs(form, loaded)}>
          {form.text}
        </button>
      ))}
      <button type="button" onClick={savePng}>
        Picture as PNG, with legend and axes
      </button>
      <button type="button" onClick={() => copyText(location.href, 'Copied a link to this view')}>
        Copy a link to this view
      </button>
    </Menu>
  );
}
