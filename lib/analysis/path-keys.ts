import type { StackId } from '../base/units.js';
import type { Trace } from '../trace/trace.js';
import { sourceName } from './allocator-frames.js';
import { NO_PLACE } from './places.js';

/** What stands between two calls of a path. */
export const PATH_SEPARATOR = ' > ';

/**
 * A source path that is the same on every machine and in every checkout: its last two components, with forward slashes.
 * `/home/x/fw/src/net/tls.c` and `..\src\net\tls.c` both become `net/tls.c`.
 */
export function normalisedFile(file: string): string {
  const parts = file
    .replaceAll('\\', '/')
    .split('/')
    .filter((part) => part !== '' && part !== '.' && part !== '..' && !/^[A-Za-z]:$/.test(part));
  return parts.slice(-2).join('/');
}

/**
 * Names the call path of a stack, outermost first, without addresses and lines: `main > net_reconnect > tls_new`. Frames from
 * the first hidden one on are left out (where none is shown, the outermost stands for all); functions without a name are `??`.
 * With `files` every call carries its file.
 */
export class PathKeys {
  private readonly byStack = new Map<StackId, string>();
  /** Stacks with a hidden frame: their callees are hidden, too. */
  private readonly pruned = new Set<StackId>();
  /** Stacks of hidden frames only: they bear the outermost's name, but are no part of what they call. */
  private readonly allHidden = new Set<StackId>();

  constructor(
    private readonly trace: Trace,
    private readonly hidden: Uint8Array,
    private readonly options: { readonly files?: boolean } = {},
  ) {}

  /** `(no backtrace)` when there is no frame to show. */
  of(stack: StackId): string {
    return this.key(stack) || NO_PLACE.location;
  }

  private key(stack: StackId): string {
    const { parent, frame, count } = this.trace.stacks;
    const path: StackId[] = [];
    let at = stack;
    while (at >= 0 && at < count && !this.byStack.has(at)) {
      path.push(at);
      const up = parent[at] ?? -1;
      at = up < at ? up : -1;
    }
    let key = at < 0 || at >= count ? '' : (this.byStack.get(at) ?? '');
    for (let node = path.pop(); node !== undefined; node = path.pop()) {
      const up = parent[node] ?? -1;
      const atStart = up < 0 || up >= node || this.allHidden.has(up);
      const hidden = this.hidden[frame[node] ?? -1] === 1;
      if (atStart && hidden) {
        this.allHidden.add(node);
        if (key === '') key = this.name(frame[node] ?? -1);
      } else if (atStart) key = this.name(frame[node] ?? -1);
      else if (hidden || this.pruned.has(up)) this.pruned.add(node);
      else key = key === '' ? this.name(frame[node] ?? -1) : key + PATH_SEPARATOR + this.name(frame[node] ?? -1);
      this.byStack.set(node, key);
    }
    return key;
  }

  private name(frame: number): string {
    const { frames, strings } = this.trace;
    const name = sourceName(strings[frames.functionName[frame] ?? -1] ?? '') || '??';
    const file = this.options.files ? normalisedFile(strings[frames.file[frame] ?? -1] ?? '') : '';
    return file === '' ? name : `${name}@${file}`;
  }
}
