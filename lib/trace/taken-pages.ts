import { wordMask } from './ordered-bits.js';

/** Addresses and sizes are looked at in steps of so many bytes. */
const STEP_SHIFT = 2;
/** A page is a bitmap for one mebibyte. */
const PAGE_SHIFT = 20;
const WORDS = 1 << (PAGE_SHIFT - STEP_SHIFT - 5);
const WORD_SHIFT = STEP_SHIFT + 5;

/** Which bytes of a memory of 32-bit addresses are taken, four by four: memory only for where blocks lie. */
export class TakenPages {
  private readonly pages = new Array<Int32Array | undefined>(2 ** (32 - PAGE_SHIFT)).fill(undefined);

  /** Takes what lies from an address (a multiple of 4) on; false, with nothing taken, where something is. No bytes take one step. */
  take(address: number, sizeBytes: number): boolean {
    const steps = stepsOf(sizeBytes);
    const bit = (address >>> STEP_SHIFT) & 31;
    const page = this.pageAt(address);
    if (bit + steps <= 32) {
      const mask = wordMask(bit, bit + steps);
      const at = (address >>> WORD_SHIFT) & (WORDS - 1);
      const word = page[at] as number;
      if ((word & mask) !== 0) return false;
      page[at] = word | mask;
      return true;
    }
    return this.isFree(address, steps) && this.change(address, steps, true);
  }

  give(address: number, sizeBytes: number): void {
    const steps = stepsOf(sizeBytes);
    const bit = (address >>> STEP_SHIFT) & 31;
    if (bit + steps > 32) {
      this.change(address, steps, false);
      return;
    }
    const page = this.pageAt(address);
    const at = (address >>> WORD_SHIFT) & (WORDS - 1);
    page[at] = (page[at] as number) & ~wordMask(bit, bit + steps);
  }

  private pageAt(address: number): Int32Array {
    const index = address >>> PAGE_SHIFT;
    const page = this.pages[index];
    if (page) return page;
    const made = new Int32Array(WORDS);
    this.pages[index] = made;
    return made;
  }

  private isFree(address: number, steps: number): boolean {
    for (let at = address >>> STEP_SHIFT, end = endOf(at, steps); at < end; at = nextWord(at)) {
      if (((this.wordPage(at)[wordOf(at)] as number) & wordMask(at, end)) !== 0) return false;
    }
    return true;
  }

  private change(address: number, steps: number, toTaken: boolean): true {
    for (let at = address >>> STEP_SHIFT, end = endOf(at, steps); at < end; at = nextWord(at)) {
      const page = this.wordPage(at);
      const word = page[wordOf(at)] as number;
      page[wordOf(at)] = toTaken ? word | wordMask(at, end) : word & ~wordMask(at, end);
    }
    return true;
  }

  private wordPage(step: number): Int32Array {
    return this.pageAt((step << STEP_SHIFT) >>> 0);
  }
}

function stepsOf(sizeBytes: number): number {
  return sizeBytes === 0 ? 1 : ((sizeBytes - 1) >>> STEP_SHIFT) + 1;
}

/** What reaches over the end of the memory is cut. */
function endOf(step: number, steps: number): number {
  return Math.min(2 ** (32 - STEP_SHIFT), step + steps);
}

function wordOf(step: number): number {
  return (step >>> 5) & (WORDS - 1);
}

function nextWord(step: number): number {
  return (step | 31) + 1;
}
