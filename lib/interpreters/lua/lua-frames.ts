import type { Address, Bytes } from '../../base/units.js';
import type { Symbolizer } from '../../symbols/symbolizer.js';
import type { Frame } from '../../trace/heap-event.js';
import { ConstantMemory, type ReadScriptMemory, wordAt } from '../micropython/script/script-memory.js';
import { type LoopFrame, type LoopWalk, type ScriptInterpreter, UNKNOWN_CALLERS } from '../script-interpreter.js';
import { packedLine } from './line-info.js';
import { type LuaLayout, luaLayout } from './lua-layout.js';

const FUNCTION_TYPE = 6;
const INSTRUCTION_BYTES: Bytes = 4;
/** Deeper calls are left out. */
const MAX_CALLS = 200;
/** With C functions between: Lua allows 200 of these (LUAI_MAXCCALLS). */
const MAX_TRIED = 2 * MAX_CALLS;
/** No function has more instructions. */
const MAX_CODE = 1 << 20;
const MAX_PACKED_BYTES: Bytes = 0x4000;
const PACKED_PIECE: Bytes = 64;
/** As Lua itself cuts them (LUA_IDSIZE). */
const MAX_NAME = 59;
const MAX_STRING_NAME = 43;

/**
 * Tells where in its scripts a Lua 5.1 is, as its own tracebacks do. Nothing is kept from stop to stop: a collection, which nobody tells of, may
 * give the place of a function to another.
 */
export class LuaFrames implements ScriptInterpreter {
  readonly parameter = 'L';
  readonly callsParameter = 'nexeccalls';
  readonly isStateOnStack = false;
  private readonly constant: ConstantMemory;

  constructor(
    firmware: Symbolizer,
    private readonly layout: LuaLayout,
  ) {
    this.constant = new ConstantMemory(firmware);
  }

  /** Undefined for a firmware without Lua 5.1, or without its debug information. */
  static of(firmware: Symbolizer): LuaFrames | undefined {
    const layout = luaLayout(firmware);
    return layout && new LuaFrames(firmware, layout);
  }

  get loops(): ReadonlySet<Address> {
    return this.layout.loops;
  }

  forget(): void {
    // Nothing is kept.
  }

  walk(): LoopWalk {
    /** By coroutine: the call that the next frame of the loop begins at. */
    const rests = new Map<Address, Address>();
    return (frame, target) =>
      this.callsOf(
        frame,
        rests,
        async (address, length) => this.constant.read(address, length) ?? target(address, length),
      );
  }

  private async callsOf(
    { state, calls }: LoopFrame,
    rests: Map<Address, Address>,
    read: ReadScriptMemory,
  ): Promise<readonly Frame[] | undefined> {
    const {
      state: form,
      call: { sizeBytes },
    } = this.layout;
    const head = await read(state, Math.max(form.call, form.firstCall, form.savedPc) + 4);
    if (!head) return undefined;
    const [newest, first, runningPc] = [form.call, form.firstCall, form.savedPc].map((at) => wordAt(head, at));
    if (newest === undefined || first === undefined || first === 0 || (newest - first) % sizeBytes !== 0)
      return undefined;
    const frames: Frame[] = [];
    const wanted = calls ?? Number.POSITIVE_INFINITY;
    let call = rests.get(state) ?? newest;
    for (let tried = 0; call > first && frames.length < wanted; call -= sizeBytes) {
      const isBounded = frames.length < MAX_CALLS && ++tried <= MAX_TRIED;
      const found = isBounded
        ? await this.callAt(call, { read, runningPc: call === newest ? runningPc : undefined })
        : undefined;
      if (found === undefined) return frames.length > 0 ? [...frames, UNKNOWN_CALLERS] : undefined;
      // What C functions call runs in a loop of its own.
      if (found !== 'C') frames.push(found);
      else if (frames.length > 0) break;
    }
    rests.set(state, call);
    return frames.length > 0 ? frames : undefined;
  }

  private async callAt(
    call: Address,
    { read, runningPc }: { readonly read: ReadScriptMemory; readonly runningPc: Address | undefined },
  ): Promise<Frame | 'C' | undefined> {
    const { call: form, closure, valueType } = this.layout;
    const info = await read(call, form.sizeBytes);
    const value = info && (await read(wordAt(info, form.func), valueType + 4));
    if (!info || !value || wordAt(value, valueType) !== FUNCTION_TYPE) return undefined;
    const object = await read(wordAt(value, 0), Math.max(closure.isC + 1, closure.proto + 4));
    if (!object) return undefined;
    if (object[closure.isC] !== 0) return 'C';
    return await this.frameOf(wordAt(object, closure.proto), runningPc ?? wordAt(info, form.savedPc), {
      read,
      // An instruction that allocates by itself may not have said yet where it is: the place is that of one before.
      isSure: runningPc === undefined,
    });
  }

  private async frameOf(
    proto: Address,
    savedPc: Address,
    { read, isSure }: { readonly read: ReadScriptMemory; readonly isSure: boolean },
  ): Promise<Frame | undefined> {
    const { proto: form, lines } = this.layout;
    const object = await read(proto, Math.max(...Object.values(form), lines.at) + 4);
    if (!object) return undefined;
    const next = (savedPc - wordAt(object, form.code)) / INSTRUCTION_BYTES;
    // The first instruction of a function may have said nothing yet.
    const instruction = next === 0 ? 0 : next - 1;
    const count = wordAt(object, form.codeCount);
    if (!Number.isInteger(instruction) || instruction < 0 || instruction >= count || count > MAX_CODE) return undefined;
    const file = await this.sourceAt(wordAt(object, form.source), read);
    const line = await this.lineAt(wordAt(object, lines.at), instruction, read);
    if (file === undefined || line === undefined) return undefined;
    const firstLine = wordAt(object, form.firstLine);
    const functionName = firstLine === 0 ? 'main chunk' : `function <${file}:${firstLine}>`;
    return {
      address: 0,
      functionName,
      file,
      line,
      kind: 'script',
      ...(isSure ? {} : { certainty: 'guessed' as const }),
    };
  }

  /** 0 for code without line numbers. */
  private async lineAt(table: Address, instruction: number, read: ReadScriptMemory): Promise<number | undefined> {
    if (table === 0) return 0;
    if (!this.layout.lines.isPacked) {
      const word = await read(table + 4 * instruction, 4);
      return word && wordAt(word, 0);
    }
    const bytes: number[] = [];
    while (bytes.length < MAX_PACKED_BYTES) {
      const piece = await read(table + bytes.length, PACKED_PIECE);
      if (!piece || piece.length === 0) return undefined;
      bytes.push(...piece);
      const line = packedLine(Uint8Array.from(bytes), instruction);
      if (line > 0 || piece.includes(0)) return line;
    }
    return undefined;
  }

  private async sourceAt(text: Address, read: ReadScriptMemory): Promise<string | undefined> {
    const { length, start } = this.layout.text;
    const head = await read(text, length + 4);
    const size = head ? wordAt(head, length) : 0;
    if (size === 0) return undefined;
    const bytes = await read(text + start, Math.min(size, 1024));
    return bytes && chunkName(new TextDecoder('utf-8', { fatal: false }).decode(bytes));
  }
}

/** What Lua's messages call a chunk: a file by its name, a string by its first line. */
export function chunkName(source: string): string {
  const rest = source.slice(1);
  if (source.startsWith('=')) return rest.slice(0, MAX_NAME);
  if (source.startsWith('@')) return rest.length > MAX_NAME ? `...${rest.slice(-(MAX_NAME - 3))}` : rest;
  const line = (/^[^\n\r]*/.exec(source)?.[0] ?? '').slice(0, MAX_STRING_NAME);
  return `[string "${line}${line.length < source.length ? '...' : ''}"]`;
}
