import type { Address } from '../../base/units.js';
import type { Frame } from '../../trace/heap-event.js';

/** Whether gdb gave up at the outermost frame, which it tells at the console only: asked once for each place where a backtrace ends. */
export class EarlyEnds {
  private readonly known = new Map<Address, boolean>();

  /** `ask` gives what a command prints. */
  constructor(private readonly ask: (command: string) => Promise<string>) {}

  async at(outermost: Frame | undefined): Promise<boolean> {
    if (!outermost || outermost.functionName === 'main') return false;
    const known = this.known.get(outermost.address);
    if (known !== undefined) return known;
    const isEarly = (await this.ask('backtrace -1').catch(() => '')).includes('Backtrace stopped:');
    this.known.set(outermost.address, isEarly);
    return isEarly;
  }
}
