import { sanitize, type Traffic, watchTraffic } from '../lib/public/command-line.js';
import type { Context } from './context.js';

/** -v shows the programs that are started and what debug servers print, -vv also the dialogue with gdb, -vvv also the packets of the remote protocol. */
const LEVELS: Readonly<Record<Traffic['layer'], number>> = { process: 1, server: 1, mi: 2, rsp: 3 };
const NAMES: Readonly<Record<Traffic['layer'], string>> = { process: 'run', server: 'srv', mi: 'gdb', rsp: 'rsp' };
const MAX_CHARS = 400;

/** Prints what goes between harvest and its tools to stderr, each line with the seconds since the start. */
export function logTraffic({ verbosity, err }: Pick<Context, 'verbosity' | 'err'>): void {
  if (verbosity === 0) return;
  watchTraffic(({ layer, direction, text }) => {
    if (verbosity < LEVELS[layer]) return;
    const shown = text.length > MAX_CHARS ? `${text.slice(0, MAX_CHARS)}... (${text.length} characters)` : text;
    err(`${(performance.now() / 1000).toFixed(3)} ${NAMES[layer]}${direction} ${sanitize(shown)}\n`);
  });
}
