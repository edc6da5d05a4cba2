import type { Address } from '../base/units.js';
import type { Symbolizer } from '../symbols/symbolizer.js';
import type { Backtrace, Frame, TraceRecord } from '../trace/heap-event.js';

/**
 * A backtrace of gdb's with what gdb gets wrong put right; the same object when that is nothing. Without the hooked function's own frame.
 * - The root of a task: gdb takes what the scheduler put into lr for the address behind a call, names the function before, and goes on
 *   from there. The backtrace ends with the root.
 * - The handler of a trap, on cores that leave no frame: gdb takes what the return address register held then for the handler's caller. The
 *   backtrace ends with the handler.
 * - Discarded functions: their debug information stays at address 0 on. Where flash begins at 0, gdb names them for the functions that
 *   are there. The symbol table knows better.
 */
export function correctedBacktrace(backtrace: Backtrace, firmware: Symbolizer): Backtrace {
  const frames: Frame[] = [];
  let isCorrected = false;
  for (let from = 0; from < backtrace.length; ) {
    const to = endOfFunction(backtrace, from);
    const run = backtrace.slice(from, to);
    const own = ownFrames(run, backtrace[from - 1]?.kind !== 'signal', firmware);
    frames.push(...(own?.frames ?? run));
    const next = backtrace[to]?.address;
    const isStart = next !== undefined && firmware.isInterruptOf((run.at(-1)?.address ?? 0) - 1, next);
    isCorrected ||= own !== undefined || isStart;
    if (own?.isRoot || isStart) break;
    from = to;
  }
  return isCorrected ? frames : backtrace;
}

/** Behind the frames that share the address of this one: the calls inlined into a function, and the function last. */
function endOfFunction(frames: Backtrace, from: number): number {
  let to = from + 1;
  while (to < frames.length && frames[to]?.address === frames[from]?.address) to++;
  return to;
}

/** What stands where gdb has some frames of one address; undefined where gdb is right. */
function ownFrames(run: Backtrace, isReturnAddress: boolean, firmware: Symbolizer) {
  const last = run.at(-1);
  if (!last || last.kind !== undefined) return undefined;
  const { address } = last;
  // gdb's virtual frames of tail calls stand behind a jump, not a call.
  const isRoot = isReturnAddress && firmware.isTaskRoot(address) && !firmware.isBehindTailCall(address);
  if (!isRoot && !isMisnamed(last, address - (isReturnAddress ? 1 : 0), firmware)) return undefined;
  const frames = firmware.locate(address, { isReturnAddress }).map(({ functionName, file, line, inlined }): Frame => {
    const base = { address, functionName: functionName === '??' ? '' : functionName, file: file ?? '', line };
    return inlined ? { ...base, inlined } : base;
  });
  return { frames, isRoot };
}

/** Whether the symbol table has our function at an address and not gdb's. */
function isMisnamed({ functionName }: Frame, address: Address, firmware: Symbolizer): boolean {
  const places = firmware.locate(address);
  // Of a frame that a tail call took off the stack gdb shows the innermost inlined call only.
  if (places.some((place) => place.functionName === functionName)) return false;
  const own = places.at(-1)?.functionName ?? '??';
  const hasFunction = functionsOf(firmware);
  return hasFunction(own, address) && !hasFunction(functionName, address);
}

/** Whether the symbol table has a function of this name at an address. */
export type HasFunction = (name: string, address: Address) => boolean;

/** {@link HasFunction} of a firmware, by the name in the source; clones (`f.part.0`) count as their function. */
export function functionsOf(firmware: Symbolizer): HasFunction {
  return (name, address) =>
    name !== '' && firmware.functionNamesAt(address).some((own) => own === name || own.startsWith(`${name}.`));
}

/** The same records, each backtrace as {@link correctedBacktrace} has it. */
export async function* withCorrectedBacktraces(
  records: AsyncIterable<TraceRecord>,
  firmware: Symbolizer,
): AsyncGenerator<TraceRecord> {
  // Traces repeat their stacks: one object each lets the trace's tables find them by identity.
  const known = new WeakMap<Backtrace, Backtrace>();
  for await (const record of records) {
    if (!('backtrace' in record) || record.backtrace === undefined) {
      yield record;
      continue;
    }
    let backtrace = known.get(record.backtrace);
    if (!backtrace) {
      backtrace = correctedBacktrace(record.backtrace, firmware);
      known.set(record.backtrace, backtrace);
    }
    yield backtrace === record.backtrace ? record : { ...record, backtrace };
  }
}
