import type { Address, Bytes } from '../../base/units.js';
import type { Board } from '../../boards/board.js';
import { GdbError, TargetError } from '../../errors/errors.js';
import { architectureOf } from '../../firmware/capturable.js';
import type { StackCopy } from '../../firmware/stack-unwinder.js';
import { SymbolizerUnwinder } from '../../firmware/symbolizer-unwinder.js';
import type { ReadScriptMemory } from '../../interpreters/micropython/script/script-memory.js';
import type { DebugLink, StopReason } from '../../link/debug-link.js';
import type { Symbolizer } from '../../symbols/symbolizer.js';
import type { Backtrace } from '../../trace/heap-event.js';
import { withScriptsOf } from '../../trace/script-stack.js';
import { knownMemory, mayReadAt, rangeAt } from '../direct/readable-memory.js';
import type { MemoryRange } from '../direct/stack-window.js';
import { ScriptStacks } from '../script-stacks.js';

/** gdb reads in one command what a stack mostly holds; more is read when that does not suffice. */
const FIRST_BYTES = 2048;
const MAX_BYTES = 64 * 1024;

/** The same link, whose backtraces have the frames of scripts as well; the link itself where the firmware has no interpreter. */
export function withScripts(link: DebugLink, firmware: Symbolizer, board: Board): DebugLink | ScriptLink {
  const known = knownMemory(board, firmware.elfFile);
  const mayRead = mayReadAt(architectureOf(firmware), known);
  const read = async (at: Address, length: Bytes) => (mayRead(at) ? await readOrNothing(link, at, length) : undefined);
  const scripts = ScriptStacks.of(firmware, read);
  return scripts ? new ScriptLink(link, firmware, { scripts, read, known }) : link;
}

interface ScriptParts {
  readonly scripts: ScriptStacks;
  /** Nothing where a device is, or nothing at all. */
  readonly read: ReadScriptMemory;
  readonly known: readonly MemoryRange[];
}

/** gdb tells no registers of outer frames in one command: where the interpreter's loop is in its backtrace, the stack is unwound here too. */
export class ScriptLink implements DebugLink {
  private readonly unwinder: SymbolizerUnwinder;
  private readonly scripts: ScriptStacks;
  private readonly read: ReadScriptMemory;
  private readonly known: readonly MemoryRange[];

  constructor(
    private readonly link: DebugLink,
    private readonly firmware: Symbolizer,
    { scripts, read, known }: ScriptParts,
  ) {
    this.scripts = scripts;
    this.read = read;
    this.known = known;
    this.unwinder = new SymbolizerUnwinder(firmware, scripts.loops);
  }

  async backtrace(maxDepth: number): Promise<Backtrace> {
    const backtrace = await this.link.backtrace(maxDepth);
    const hasLoop = backtrace.some(({ address }) => {
      const start = address > 1 ? this.firmware.functionAt(address - 1)?.address : undefined;
      return start !== undefined && this.scripts.loops.has(start);
    });
    return hasLoop ? withScriptsOf(await this.unwound(maxDepth), backtrace) : backtrace;
  }

  private async unwound(maxDepth: number): Promise<Backtrace> {
    const registers = await this.link.registers();
    const sp = registers[architectureOf(this.firmware).sp] ?? 0;
    let stack: StackCopy = { address: sp, bytes: new Uint8Array(0) };
    for (let length = FIRST_BYTES; ; length *= 2) {
      const bytes = await this.upTo(sp, length);
      if (bytes) stack = { address: sp, bytes };
      const { backtrace, watched, missing } = this.unwinder.unwind(registers, stack, maxDepth);
      const isShort = missing !== undefined && missing >= sp && bytes !== undefined;
      if (!isShort || length >= MAX_BYTES) return await this.scripts.insert(backtrace, watched, stack);
    }
  }

  /** At the end of the memory there is less: a stack mostly ends there. Where nobody knows the end, half of what was asked for, and so on. */
  private async upTo(address: Address, length: number): Promise<Uint8Array | undefined> {
    const area = rangeAt(this.known, address);
    const inside = area ? Math.min(length, area.address + area.length - address) : length;
    for (let size = inside; size >= 4; size = Math.floor(size / 8) * 4) {
      const bytes = await this.read(address, size);
      if (bytes) return bytes;
    }
    return undefined;
  }

  /** For the summary: how many frames of the interpreter were put into words. */
  report(): ReturnType<ScriptStacks['report']> {
    return this.scripts.report();
  }

  heapCollected(): void {
    this.scripts.forget();
  }

  registers(): Promise<Uint32Array> {
    return this.link.registers();
  }

  setPc(address: Address): Promise<void> {
    return this.link.setPc(address);
  }

  readMemory(address: Address, length: number): Promise<Uint8Array> {
    return this.link.readMemory(address, length);
  }

  readTarget(address: Address, length: number): Promise<Uint8Array> {
    return this.link.readTarget?.(address, length) ?? this.link.readMemory(address, length);
  }

  setBreakpoint(address: Address): Promise<void> {
    return this.link.setBreakpoint(address);
  }

  removeBreakpoint(address: Address): Promise<void> {
    return this.link.removeBreakpoint(address);
  }

  resume(signal: AbortSignal): Promise<StopReason> {
    return this.link.resume(signal);
  }

  look(): void {
    this.link.look();
  }

  monitor(command: string): Promise<string> {
    return this.link.monitor(command);
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.link[Symbol.asyncDispose]();
  }
}

async function readOrNothing(link: DebugLink, address: Address, length: number): Promise<Uint8Array | undefined> {
  try {
    return await link.readMemory(address, length);
  } catch (error) {
    if (error instanceof TargetError || error instanceof GdbError) return undefined;
    throw error;
  }
}
