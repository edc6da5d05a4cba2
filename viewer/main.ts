import { startPage } from './start-page.js';
import { serveGaps } from './state/gap-worker.js';

// One script for both: the page starts itself again as a worker.
if (typeof document === 'undefined') serveGaps();
else startPage();
