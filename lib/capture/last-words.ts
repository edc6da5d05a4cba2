import type { Address } from '../base/units.js';
import { architectureOf, entryPoint } from '../firmware/capturable.js';
import type { Symbolizer } from '../symbols/symbolizer.js';
import type { OracleResult, TraceInfo } from '../trace/heap-event.js';
import { EndReason } from './end-reason.js';
import { type HaltedTarget, placeText, type Whereabouts, whereabouts } from './whereabouts.js';

/** How a capture ended, before anything is said of it. */
export interface CaptureEnd {
  readonly reason: EndReason;
  /** Whether an end condition was reached: the target stands where it was expected. */
  readonly reached: boolean;
  readonly events: number;
}

/** Says how captures end. It is made before the target runs, because where the capture began tells whether the target was reset. */
export class LastWords {
  private constructor(
    private readonly target: HaltedTarget,
    private readonly firmware: Symbolizer,
    private readonly beganAt: Address | undefined,
  ) {}

  /** The target is halted, before the first run. */
  static async prepare(target: HaltedTarget, firmware: Symbolizer): Promise<LastWords> {
    const registers = await target.registers();
    const { pc, codeAddress } = architectureOf(firmware);
    const began = registers[pc];
    return new LastWords(target, firmware, began === undefined ? undefined : codeAddress(began));
  }

  /**
   * The target is halted for the last time: where it stands, unless that is where it was expected. A capture without an event is never
   * complete, whatever ended it.
   */
  async of({ reason, reached, events }: CaptureEnd): Promise<Pick<TraceInfo, 'endReason'> & { complete?: false }> {
    const isExpected = reached || reason.complete;
    const where = isExpected && events > 0 ? undefined : await this.where();
    const told = isExpected || !where ? reason : new EndReason(`${reason.text}; the target is ${where.text}`, false);
    if (events > 0) return { endReason: told.text, ...(told.complete ? {} : { complete: false }) };
    const isTold = told !== reason;
    const none = `${isTold ? '; no event came' : ', without an event'}: ${this.whyNone(where, isTold)}`;
    return { endReason: told.text + none, complete: false };
  }

  private async where(): Promise<Whereabouts | undefined> {
    return await whereabouts(this.target, this.firmware).catch(() => undefined);
  }

  private whyNone(where: Whereabouts | undefined, isTold: boolean): string {
    const began = this.beganAt === undefined ? 'at an unknown place' : placeText(this.firmware, this.beganAt);
    if (where && where.pc === this.beganAt)
      return `the target stood ${began} from the start: it ${this.beganAtReset ? 'did not run' : 'was not reset, or it does not run'}`;
    const reset = this.beganAtReset ? '' : ', so it was not reset';
    const stands = where ? `and is ${where.text} now` : 'and where it is now could not be read';
    return `the target began ${began}${reset}${isTold ? '' : `, ${stands}`}`;
  }

  private get beganAtReset(): boolean {
    const entry = entryPoint(this.firmware);
    return this.beganAt === entry || this.firmware.functionAt(this.beganAt ?? 0)?.address === entry;
  }
}

/** An oracle that compared an empty list with an empty heap proves nothing. */
export function oracleOf(oracle: OracleResult, events: number): OracleResult {
  if (events > 0 || oracle.outcome !== 'matched') return oracle;
  return { outcome: 'unavailable', detail: 'there was no event to compare the heap with', differences: [] };
}
