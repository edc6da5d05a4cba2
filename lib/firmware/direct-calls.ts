import type { Address, Bytes } from '../base/units.js';
import { SectionFlag } from '../symbols/elf-tables.js';
import type { Symbolizer } from '../symbols/symbolizer.js';

/** Code behind this is not looked at: an ELF file may say that it holds any amount. */
const MAX_CODE_BYTES: Bytes = 16 * 2 ** 20;

/**
 * Which functions the code calls by their address. A task's function is called by none: its scheduler has its address in a table, and may
 * put a return address of 0 on the task's stack.
 */
export class DirectCalls {
  private targets: ReadonlySet<Address> | undefined;

  constructor(private readonly firmware: Symbolizer) {}

  /**
   * Whether a frame that returns to 0 cannot be the outermost one: something calls its function, and what was read is not where that
   * call returns to. `pc` is in the frame's function.
   */
  mustHaveCaller(pc: Address): boolean {
    const start = this.firmware.functionAt(pc)?.address;
    if (start === undefined) return false;
    this.targets ??= this.find();
    return this.targets.has(start);
  }

  private find(): ReadonlySet<Address> {
    const { architecture, elfFile } = this.firmware;
    const found = new Set<Address>();
    const wanted = SectionFlag.alloc | SectionFlag.executable;
    let left = MAX_CODE_BYTES;
    for (const { address, sizeBytes, flags } of elfFile.sections) {
      if (!architecture || (flags & wanted) !== wanted) continue;
      const length = Math.min(sizeBytes, left);
      left -= length;
      for (let end = architecture.codeAlignment; end <= length; end += architecture.codeAlignment) {
        const branch = architecture.branchBefore(elfFile, address + end);
        if (branch?.isCall && branch.target !== undefined) found.add(branch.target);
      }
    }
    return found;
  }
}
