import { patternReader } from '../pattern/pattern-format.js';

/** The table of TizenRT's `mem_leak`: blocks that nothing points to, with the address that called malloc. */
export const tizenRtFormat = patternReader({
  id: 'tizenrt',
  title: 'TizenRT mem_leak table',
  source: 'TizenRT mem_leak (leaked blocks only)',
  info: { contents: 'leaks' },
  patterns: [
    'snapshot(mem_leak): Type | Addr | Size',
    'alloc: LEAK | {address} | {size} | {caller} | {task}',
    'total: *** {count} LEAKS',
    'mark(broken node): BROKEN | {any} | {any} | {any} | {any}',
  ],
  damaged: /\bLEAK \|/,
  confidence: 0.84,
  remedy: 'run `mem_leak` in the TASH shell and keep its whole output',
});
