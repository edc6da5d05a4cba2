import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { packageRoot } from '../base/package-root.js';
import { ToolMissingError } from '../errors/errors.js';
import { htmlReport } from '../report/html-report.js';
import { journalBytes } from '../trace/journal-bytes.js';
import type { Trace } from '../trace/trace.js';

/** The viewer's page: one HTML file. @throws ToolMissingError HH1927 when it was not built. */
export async function loadViewerPage(): Promise<string> {
  const path = join(packageRoot, 'dist', 'viewer', 'heap-harvest.html');
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new ToolMissingError('HH1927', `viewer: ${path}: cannot be read`, {
      cause,
      remedy: 'a clone builds it with `npm run bootstrap`; the npm package has it',
    });
  }
}

/** A trace as one HTML page with the viewer: it needs no server and no network. @throws ToolMissingError HH1927 */
export async function traceReport(trace: Trace, title: string): Promise<string> {
  const viewerHtml = await loadViewerPage();
  const journalGzipBase64 = gzipSync(Buffer.concat(journalBytes(trace))).toString('base64');
  return htmlReport({ viewerHtml, journalGzipBase64, title });
}
