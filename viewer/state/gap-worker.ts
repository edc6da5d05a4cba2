import { type GapTimeline, gapTimeline, type Trace } from '../../lib/public/browser.js';

/** A trace of so few events is followed before a worker has started. */
const SHORT_TRACE = 20_000;
/** How many of the deepest cuts are kept. */
const CUTS = 50;

/** What the page's own script does when it runs as a worker: it follows the gaps of the trace that it is sent. */
export function serveGaps(): void {
  self.onmessage = ({ data }: MessageEvent<Trace>) => self.postMessage(followGaps(data));
}

/** Undefined when the tables for it do not fit into memory. */
function followGaps(trace: Trace): GapTimeline | undefined {
  try {
    return gapTimeline(trace, CUTS);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The text of this script, to be run again as a worker: the page is one file, so there is no other to load. */
const script = typeof document === 'undefined' ? '' : (document.currentScript?.textContent ?? '');

/**
 * The free bytes and the largest free block after every event, computed beside the page so that it stays quick meanwhile; in the
 * page itself for short traces, and where the browser starts no worker.
 */
export async function gapsBeside(trace: Trace): Promise<GapTimeline | undefined> {
  if (trace.eventCount <= SHORT_TRACE) return followGaps(trace);
  const url = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
  try {
    return await new Promise((resolve, reject) => {
      const worker = new Worker(url);
      worker.onmessage = ({ data }: MessageEvent<GapTimeline | undefined>) => {
        worker.terminate();
        resolve(data);
      };
      worker.onerror = (event) => {
        event.preventDefault();
        worker.terminate();
        reject(new Error(event.message));
      };
      worker.postMessage({ ...trace, rawSamples: [] });
    });
  } catch {
    return followGaps(trace);
  } finally {
    URL.revokeObjectURL(url);
  }
}
