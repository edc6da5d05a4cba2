import type { FrameId, StackId } from '../base/units.js';
import type { Trace } from '../trace/trace.js';

export interface HideOptions {
  /** Frames whose function name or source path begins with one of these are hidden as well. */
  readonly hide?: readonly string[];
  /** Shows the allocator's own frames; default false. */
  readonly showAllocator?: boolean;
}

/** Source files that are the allocator itself, whatever number of `../` (or which folder) comes before. */
const ALLOCATOR_FILES: readonly RegExp[] = [
  /(^|\/)py\/(gc|malloc)\.c$/,
  /(^|\/)(nano-)?mallocr\.c$/,
  /(^|\/)newlib\/libc\/stdlib\/(malloc|calloc|realloc|reallocarray|aligned_alloc)\.c$/,
  /(^|\/)heap_[1-5]\.c$/,
  /(^|\/)(umm_malloc|tlsf|new_op\w*\.cc)$/,
  /(^|\/)(umm_malloc|tlsf|heap_tlsf)\.c$/,
];

/** Functions that are the allocator itself, for frames whose file is not known; suffixes like `.isra.0` are taken off first. */
const ALLOCATOR_FUNCTIONS: ReadonlySet<string> = new Set([
  ...['malloc', 'calloc', 'realloc', 'free', 'memalign', 'aligned_alloc', 'cfree', 'reallocarray', 'reallocf'],
  ...['_malloc_r', '_calloc_r', '_realloc_r', '_free_r', '_memalign_r', '__malloc_malloc', '__malloc_free'],
  ...['__wrap_malloc', '__wrap_calloc', '__wrap_realloc', '__wrap_free', '__wrap__malloc_r', '__wrap__free_r'],
  ...['pvPortMalloc', 'pvPortCalloc', 'vPortFree', 'gc_alloc', 'gc_realloc', 'gc_free', 'gc_log_change'],
  ...['m_malloc', 'm_malloc0', 'm_malloc_maybe', 'm_malloc_with_finaliser', 'm_realloc', 'm_realloc_maybe', 'm_free'],
  ...['_Znwj', '_Znaj', '_Znwm', '_Znam', '_ZdlPv', '_ZdaPv', '_ZdlPvj', '_ZdaPvj', '_ZdlPvm', '_ZdaPvm'],
]);
const OPERATOR_NEW = /^operator (new|delete)\b/;

/** The name that a function has in the source: without what the compiler appends to clones (`.isra.0`, `.constprop.1`). */
export function sourceName(functionName: string): string {
  return functionName.replace(/(\.(isra|constprop|part|cold|lto_priv|llvm)(\.\d+)?)+$/, '');
}

/** By frame id: 1 for the frames that reports leave out. */
export function hiddenFrames(trace: Trace, options: HideOptions = {}): Uint8Array {
  const { frames, strings } = trace;
  const prefixes = options.hide ?? [];
  const hiddenFile = strings.map((file) => {
    const path = file.replaceAll('\\', '/');
    if (!options.showAllocator && ALLOCATOR_FILES.some((pattern) => pattern.test(path))) return true;
    return path !== '' && prefixes.some((prefix) => path.startsWith(prefix));
  });
  const hiddenName = strings.map((name) => {
    if (!options.showAllocator && isAllocatorFunction(name)) return true;
    return name !== '' && prefixes.some((prefix) => name.startsWith(prefix));
  });
  const hidden = new Uint8Array(frames.count);
  for (let id = 0; id < frames.count; id++) {
    if (hiddenFile[frames.file[id] ?? -1] || hiddenName[frames.functionName[id] ?? -1]) hidden[id] = 1;
  }
  return hidden;
}

function isAllocatorFunction(name: string): boolean {
  return ALLOCATOR_FUNCTIONS.has(sourceName(name)) || OPERATOR_NEW.test(name);
}

/** By stack id: the innermost frame that is not hidden (the allocation's *source*), or -1 when all are. */
export function sourceFrames(trace: Trace, hidden: Uint8Array): Int32Array {
  const { parent, frame, count } = trace.stacks;
  const source = new Int32Array(count).fill(-1);
  for (let stack: StackId = 0; stack < count; stack++) {
    const id: FrameId = frame[stack] ?? -1;
    if (id >= 0 && id < hidden.length && hidden[id] === 0) {
      source[stack] = id;
      continue;
    }
    // A parent is always older than its child; anything else is a damaged table.
    const up = parent[stack] ?? -1;
    source[stack] = up >= 0 && up < stack ? (source[up] ?? -1) : -1;
  }
  return source;
}
