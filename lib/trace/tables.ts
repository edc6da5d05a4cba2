import type { FrameId, StackId, StringId } from '../base/units.js';
import { type FrameRow, FrameRows, type FrameTable } from './frame-rows.js';
import type { Backtrace, Frame } from './heap-event.js';
import { type StackTable, StackTrie } from './stack-trie.js';

/** Bits of {@link FrameTable.flags}. */
export const FrameFlag = { inlined: 1, signal: 2, tail: 4, guessed: 8, cut: 16, script: 32 } as const;

/** Interns strings, frames and stacks. Ids are given in order of first sight and never change. */
export class InternTables {
  readonly strings: string[] = [];
  /** @internal */
  readonly frameRows = new FrameRows();
  readonly trie = new StackTrie();
  private readonly stringIds = new Map<string, StringId>();
  private readonly framesByIdentity = new WeakMap<Frame, FrameId>();
  private readonly stacksByIdentity = new WeakMap<Backtrace, StackId>();

  string(text: string): StringId {
    const known = this.stringIds.get(text);
    if (known !== undefined) return known;
    const id = this.strings.length;
    this.strings.push(text);
    this.stringIds.set(text, id);
    return id;
  }

  frame(frame: Frame): FrameId {
    const known = this.framesByIdentity.get(frame);
    if (known !== undefined) return known;
    const { address, line } = frame;
    const functionName = this.string(frame.functionName);
    const id = this.frameOf({ address, functionName, file: this.string(frame.file), line, flags: flagsOf(frame) });
    this.framesByIdentity.set(frame, id);
    return id;
  }

  /** Adds one call to a stack: `parent` is the caller's stack, -1 for the outermost. */
  push(parent: StackId, frame: FrameId): StackId {
    return this.trie.push(parent, frame);
  }

  /** Interns a whole backtrace, innermost first. An empty one is -1. */
  stack(backtrace: Backtrace): StackId {
    const known = this.stacksByIdentity.get(backtrace);
    if (known !== undefined) return known;
    let id: StackId = -1;
    for (let i = backtrace.length - 1; i >= 0; i--) {
      const frame = backtrace[i];
      if (frame) id = this.push(id, this.frame(frame));
    }
    this.stacksByIdentity.set(backtrace, id);
    return id;
  }

  frames(): FrameTable {
    return this.frameRows.table();
  }

  stacks(): StackTable {
    return this.trie.table();
  }

  /** Interns a frame whose strings are interned already. */
  frameOf(frame: FrameRow): FrameId {
    return this.frameRows.idOf(frame);
  }
}

function flagsOf(frame: Frame): number {
  let flags = frame.inlined ? FrameFlag.inlined : 0;
  if (frame.kind === 'signal') flags |= FrameFlag.signal;
  if (frame.kind === 'tail') flags |= FrameFlag.tail;
  if (frame.kind === 'cut') flags |= FrameFlag.cut;
  if (frame.kind === 'script') flags |= FrameFlag.script;
  if (frame.certainty === 'guessed') flags |= FrameFlag.guessed;
  return flags;
}
