import { type Address, formatAddress } from '../../../base/units.js';
import type { RootKind } from '../../../trace/object-graph.js';
import { type ReadScriptMemory, wordAt } from '../script/script-memory.js';
import { type ObjectLayout, pathAt } from './object-layout.js';

/** A word outside of the heap that the collector takes for a pointer. */
export interface GcRoot {
  readonly kind: RootKind;
  readonly label: string;
  readonly value: number;
  /** Of a word in `mp_state_ctx`: the path of its member. */
  readonly path?: string;
}

/** The processor of a halted target: what it holds, and where its stack ends. */
export interface HaltedProcessor {
  readonly registers: readonly { readonly name: string; readonly value: number }[];
  readonly sp: Address;
}

const MAX_STACK_BYTES = 256 * 1024;
const MAX_BEYOND_BYTES = 1024;
const PIECE_BYTES = 1024;

/** Members that have a name in the language, by their path; the first is believed first. */
const NAMED: readonly (readonly [path: string, label: string])[] = [
  ['vm.dict_main.map.table', '__main__.__dict__'],
  ['vm.mp_loaded_modules_dict.map.table', 'sys.modules'],
];
const LABELS = new Map<string, string>([
  ...NAMED,
  ['thread.dict_globals', 'globals()'],
  ['thread.dict_locals', 'locals()'],
]);

/** All roots, those with a name in the language first and what runs last; and what could not be read. */
export async function readRoots(
  target: ReadScriptMemory,
  layout: ObjectLayout,
  processor: HaltedProcessor | undefined,
): Promise<{ readonly roots: readonly GcRoot[]; readonly doubts: readonly string[] }> {
  const doubts: string[] = [];
  const read = async (from: Address, to: Address, what: string) => {
    const bytes = await target(from, to - from);
    if (bytes?.length !== to - from) doubts.push(`${what} could not be read`);
    return bytes?.length === to - from ? bytes : new Uint8Array(0);
  };
  const state = await read(layout.rootsStart, layout.rootsEnd, 'the root pointers in mp_state_ctx');
  const roots = stateRoots(layout, state);
  const pystack = layout.pystack && (await rangeAt(target, layout.pystack.start, layout.pystack.current));
  if (pystack) {
    const bytes = await read(pystack.from, pystack.to, 'the stack of the interpreter');
    roots.push(...wordsOf(bytes).map(({ at, value }) => stackRoot(pystack.from + at, value)));
  }
  if (!processor) {
    doubts.push('stack and registers are not known: what only they hold seems to be garbage');
    return { roots, doubts };
  }
  const main = layout.stackTop === undefined ? 0 : await valueAt(target, layout.stackTop);
  const top = (await threadStackTop(target, layout, { sp: processor.sp, main })) ?? main;
  // What runs below the frame that the interpreter took for the first one has nothing on its stack.
  if (processor.sp >= top && processor.sp - top <= MAX_BEYOND_BYTES)
    return { roots: [...roots, ...registerRoots(processor)], doubts: [...doubts, ...threads(layout)] };
  if (top > processor.sp && top - processor.sp <= MAX_STACK_BYTES) {
    const bytes = await read(processor.sp, top, 'the stack');
    roots.push(...wordsOf(bytes).map(({ at, value }) => stackRoot(processor.sp + at, value)));
  } else
    doubts.push(
      `the stack from ${formatAddress(processor.sp)} does not end at ${formatAddress(top)}, so it was not read`,
    );
  return { roots: [...roots, ...registerRoots(processor)], doubts: [...doubts, ...threads(layout)] };
}

function stateRoots({ rootsStart, state }: ObjectLayout, bytes: Uint8Array): GcRoot[] {
  const roots = wordsOf(bytes).map(({ at, value }): GcRoot => {
    const path = pathAt(state.members, rootsStart + at - state.address);
    const label =
      LABELS.get(path) ??
      (path === '' ? `mp_state_ctx+0x${(rootsStart + at - state.address).toString(16)}` : `mp_state_ctx.${path}`);
    return { kind: NAMED.some(([named]) => named === path) ? 'named' : 'static', label, value, path };
  });
  const rank = ({ path }: GcRoot) => {
    const index = NAMED.findIndex(([named]) => named === path);
    return index < 0 ? NAMED.length : index;
  };
  return roots.sort((a, b) => rank(a) - rank(b));
}

function registerRoots({ registers }: HaltedProcessor): GcRoot[] {
  return registers.map(({ name, value }) => ({ kind: 'register', label: `register ${name}`, value }));
}

function threads({ thread }: ObjectLayout): string[] {
  return thread ? ['the stacks of other threads are not read'] : [];
}

/**
 * The end of the stack of a thread that is not the main one. Each keeps its state as the first thing on its stack, and that says that the stack ends
 * right behind it: no other word points so to the end of what it lies in. Undefined for the main thread.
 */
async function threadStackTop(
  target: ReadScriptMemory,
  { thread }: ObjectLayout,
  { sp, main }: { readonly sp: Address; readonly main: Address },
): Promise<Address | undefined> {
  if (!thread || thread.sizeBytes <= thread.stackTop) return undefined;
  const distance = thread.sizeBytes - thread.stackTop;
  const end = main > sp ? Math.min(main, sp + MAX_STACK_BYTES) : sp + MAX_STACK_BYTES;
  // At the end of the memory there is less than a piece.
  for (let [from, size] = [sp, PIECE_BYTES]; from < end && size >= 4; ) {
    const bytes = await target(from, Math.min(size, end - from));
    if (!bytes) {
      size /= 2;
      continue;
    }
    const at = from;
    const found = wordsOf(bytes).find((word) => word.value === at + word.at + distance);
    if (found) return found.value;
    from += bytes.length;
  }
  return undefined;
}

function stackRoot(at: Address, value: number): GcRoot {
  return { kind: 'stack', label: `stack ${formatAddress(at)}`, value };
}

function wordsOf(bytes: Uint8Array): { readonly at: number; readonly value: number }[] {
  return Array.from({ length: Math.floor(bytes.length / 4) }, (_, index) => ({
    at: 4 * index,
    value: wordAt(bytes, 4 * index),
  }));
}

async function rangeAt(
  target: ReadScriptMemory,
  start: Address,
  current: Address,
): Promise<{ readonly from: Address; readonly to: Address } | undefined> {
  const [from, to] = [await valueAt(target, start), await valueAt(target, current)];
  return from > 0 && to > from && to - from <= MAX_STACK_BYTES ? { from, to } : undefined;
}

async function valueAt(target: ReadScriptMemory, address: Address): Promise<number> {
  const bytes = await target(address, 4);
  return bytes ? wordAt(bytes, 0) : 0;
}
