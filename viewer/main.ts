import { startPage } from './start-page.js';
import { serve } from './state/worker.js';

// One script for both: the page starts itself again as a worker.
if (typeof document === 'undefined') serve();
else startPage();
