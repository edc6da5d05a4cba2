import { OutputError } from '../errors/errors.js';
import { sanitize } from './sanitize.js';

/** Where the viewer's page leaves room for a trace. */
const PLACE = '<!--embedded-trace-->';

/** What a page needs to show a trace without a server. */
export interface HtmlReport {
  /** The viewer: dist/viewer/heap-harvest.html. */
  readonly viewerHtml: string;
  /** The journal, packed with gzip, as base64. */
  readonly journalGzipBase64: string;
  /** What the report calls the trace. */
  readonly title: string;
}

/**
 * The viewer with a trace in it: one page that opens anywhere, without a server and without network. The trace stands in an
 * element of a type that browsers do not run, as base64, which cannot end that element; the title is escaped.
 *
 * @throws OutputError HH1920 when the page is not the viewer, or the journal is not base64
 */
export function htmlReport({ viewerHtml, journalGzipBase64, title }: HtmlReport): string {
  const at = viewerHtml.indexOf(PLACE);
  if (at < 0) {
    throw new OutputError('HH1920', `report: found a page without ${PLACE}, expected the viewer`, {
      remedy: 'build the viewer with `npm run build:viewer`',
    });
  }
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(journalGzipBase64)) {
    throw new OutputError('HH1920', 'report: found other characters in the journal, expected base64');
  }
  const name = escapeHtml(sanitize(title));
  const element = `<script type="application/x-heap-harvest" data-name="${name}">${journalGzipBase64}</script>`;
  return viewerHtml.slice(0, at) + element + viewerHtml.slice(at + PLACE.length);
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text for HTML, in an element or a quoted attribute. */
function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => ENTITIES[char] ?? '');
}
