import { type Address, formatCount } from '../base/units.js';
import type { StackCopy, WatchedFrame } from '../firmware/stack-unwinder.js';
import { LuaFrames } from '../interpreters/lua/lua-frames.js';
import { ScriptFrames } from '../interpreters/micropython/script/script-frames.js';
import type { ReadScriptMemory } from '../interpreters/micropython/script/script-memory.js';
import { type LoopWalk, type ScriptInterpreter, UNKNOWN_CALLERS } from '../interpreters/script-interpreter.js';
import type { Symbolizer } from '../symbols/symbolizer.js';
import { isSweep } from '../trace/gc-log.js';
import type { Backtrace, Frame } from '../trace/heap-event.js';

const MAX_CANDIDATES = 64;

/** Puts the frames of scripts into backtraces, where the frames of the interpreter's loop stand. Only while the target is halted. */
export class ScriptStacks {
  private loopFrames = 0;
  private unknown = 0;
  private isStale = false;

  private constructor(
    private readonly firmware: Symbolizer,
    private readonly frames: ScriptInterpreter,
    private readonly target: ReadScriptMemory,
  ) {}

  /** Undefined for a firmware without an interpreter that is known: then nothing is read. */
  static of(firmware: Symbolizer, target: ReadScriptMemory): ScriptStacks | undefined {
    const frames = ScriptFrames.of(firmware) ?? LuaFrames.of(firmware);
    return frames && new ScriptStacks(firmware, frames, target);
  }

  /** Where the functions begin whose registers are needed. */
  get loops(): ReadonlySet<Address> {
    return this.frames.loops;
  }

  /** The heap was collected or began anew: what was read of objects in it does not hold any more. */
  forget(): void {
    this.isStale = true;
  }

  /** For the summary: the frames of the interpreter's loop that were met, and how many of them were put into words. */
  report(): { readonly scriptFrames: string } {
    const told = this.loopFrames - this.unknown;
    return { scriptFrames: `${formatCount(told)} of ${formatCount(this.loopFrames)} frames of the interpreter` };
  }

  async insert(backtrace: Backtrace, watched: readonly WatchedFrame[], stack: StackCopy): Promise<Backtrace> {
    if (watched.length === 0) return backtrace;
    // While a collection sweeps, what runs is still as it was.
    if (this.isStale && !isSweep(backtrace)) {
      this.frames.forget();
      this.isStale = false;
    }
    const read = this.reader(stack);
    const walk = this.frames.walk();
    const made: Frame[] = [];
    let from = 0;
    for (const frame of watched) {
      this.loopFrames++;
      const scripts = await this.scriptsOf(frame, stack, { read, walk });
      if (!scripts || scripts.at(-1) === UNKNOWN_CALLERS) this.unknown++;
      if (!scripts) continue;
      made.push(...backtrace.slice(from, frame.index), ...scripts);
      from = frame.index;
    }
    return [...made, ...backtrace.slice(from)];
  }

  private async scriptsOf(
    { state }: WatchedFrame,
    stack: StackCopy,
    { read, walk }: { readonly read: ReadScriptMemory; readonly walk: LoopWalk },
  ): Promise<readonly Frame[] | undefined> {
    const view = new DataView(stack.bytes.buffer, stack.bytes.byteOffset, stack.bytes.length);
    const word = (address: Address): number | undefined => {
      const at = address - stack.address;
      return at >= 0 && at + 4 <= view.byteLength ? view.getUint32(at, true) : undefined;
    };
    const { parameter, callsParameter, isStateOnStack } = this.frames;
    const given = (name: string) =>
      this.firmware.parameterValue(name, state, (address, size) => (size === 4 ? word(address) : undefined));
    const found = given(parameter);
    const calls = callsParameter === undefined ? undefined : given(callsParameter);
    if (found !== undefined) return await walk({ state: found, calls }, read);
    return isStateOnStack ? await this.search(state, stack, { word, read, walk }) : undefined;
  }

  /**
   * Where the debug information does not tell the state: whoever called the loop made it, mostly in its own frame, and the first register or
   * word that points to one there is it. Such a frame is marked as guessed. (That of a generator lies in the heap: it is not found so.)
   */
  private async search(
    { cfa, registers, caller }: WatchedFrame['state'],
    stack: StackCopy,
    {
      word,
      read,
      walk,
    }: {
      readonly word: (address: Address) => number | undefined;
      readonly read: ReadScriptMemory;
      readonly walk: LoopWalk;
    },
  ): Promise<readonly Frame[] | undefined> {
    const end = Math.min(caller?.cfa ?? 0, stack.address + stack.bytes.length);
    const tried = new Set<Address>();
    for (let at = cfa - 4 * registers.length; at + 4 <= end && tried.size < MAX_CANDIDATES; at += 4) {
      const candidate = (at < cfa ? registers[registers.length - (cfa - at) / 4] : word(at)) ?? 0;
      if (candidate % 4 !== 0 || candidate < cfa || candidate + 8 > end || tried.has(candidate)) continue;
      tried.add(candidate);
      const frames = await walk({ state: candidate, calls: undefined }, read);
      if (frames)
        return frames.map((frame) => (frame === UNKNOWN_CALLERS ? frame : { ...frame, certainty: 'guessed' as const }));
    }
    return undefined;
  }

  /** The copy of the stack first; what is read at a stop is read once. */
  private reader(stack: StackCopy): ReadScriptMemory {
    const known = new Map<string, Promise<Uint8Array | undefined>>();
    return (address, length) => {
      const at = address - stack.address;
      if (at >= 0 && at + length <= stack.bytes.length) return Promise.resolve(stack.bytes.subarray(at, at + length));
      const key = `${address}:${length}`;
      const made = known.get(key) ?? this.target(address, length);
      known.set(key, made);
      return made;
    };
  }
}
