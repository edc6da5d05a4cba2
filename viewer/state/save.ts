import {
  htmlReport,
  journalPieces,
  perfettoWriter,
  shownTrace,
  speedscopeWriter,
  type TraceWriter,
} from '../../lib/public/browser.js';
import { csvParts } from '../model/csv.js';
import type { LoadedTrace } from '../model/loaded-trace.js';
import { mapSvg } from '../model/map-svg.js';
import { marksCsv } from '../model/marks.js';
import { ownHtml, packedBase64 } from '../model/page-html.js';
import { filteredRows } from '../model/table-rows.js';
import { app } from './app-state.js';
import { busyWith } from './busy.js';
import { download } from './download.js';
import { ownScript } from './own-script.js';
import { hashOf } from './permalink.js';

/** What the page can keep of a trace as a file. */
export interface SavedForm {
  readonly id: string;
  readonly text: string;
  readonly save: (loaded: LoadedTrace) => Promise<void>;
}

const base = ({ name }: LoadedTrace) => name.replace(/\.gz$/, '').replace(/\.[^.]*$/, '') || 'trace';

function written(writer: TraceWriter): (loaded: LoadedTrace) => Promise<void> {
  return async (loaded) => {
    const shown = shownTrace(loaded.trace, { hide: app.get().hide });
    download(new Blob([...writer.write(shown)] as BlobPart[]), `${base(loaded)}${writer.extension}`);
  };
}

/** The page with the trace in it: it opens at what is shown now, marks included. */
async function saveReport(loaded: LoadedTrace): Promise<void> {
  const journalGzipBase64 = await packedBase64(journalPieces(loaded.trace));
  const html = htmlReport({ viewerHtml: await ownHtml(ownScript), journalGzipBase64, title: loaded.name });
  const view = hashOf({ ...app.get(), userMarks: [] }).replaceAll('&', '&amp;');
  const opened = html.replace('<script type="application/x-heap-harvest"', (tag) => `${tag} data-view="${view}"`);
  download(new Blob([opened], { type: 'text/html' }), `${base(loaded)}.html`);
}

export const SAVED_FORMS: readonly SavedForm[] = [
  { id: 'report', text: 'Report: this page with the trace (HTML)', save: saveReport },
  {
    id: 'journal',
    text: 'Trace with names and marks (.harvest)',
    save: async (loaded) => download(new Blob(journalPieces(loaded.trace) as BlobPart[]), `${base(loaded)}.harvest`),
  },
  { id: 'speedscope', text: 'speedscope', save: written(speedscopeWriter) },
  { id: 'perfetto', text: 'Perfetto', save: written(perfettoWriter) },
  {
    id: 'csv',
    text: 'All events (CSV)',
    save: async (loaded) => {
      const rows = filteredRows(loaded, { filter: 'events', matches: undefined, range: undefined });
      download(new Blob(csvParts(loaded, rows), { type: 'text/csv' }), `${base(loaded)}.csv`);
    },
  },
  {
    id: 'marks',
    text: 'Marks (CSV)',
    save: async (loaded) => download(new Blob([marksCsv(loaded)], { type: 'text/csv' }), `${base(loaded)}-marks.csv`),
  },
  {
    id: 'svg',
    text: 'Heap map as SVG',
    save: async (loaded) =>
      download(
        new Blob([mapSvg(loaded, app.get().atSeq)], { type: 'image/svg+xml' }),
        `${base(loaded)}-${app.get().atSeq}.svg`,
      ),
  },
];

export function saveAs(form: SavedForm, loaded: LoadedTrace): void {
  void busyWith(`Writing ${form.text}`, () => form.save(loaded));
}
