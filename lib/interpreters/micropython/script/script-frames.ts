import type { Address } from '../../../base/units.js';
import type { Symbolizer } from '../../../symbols/symbolizer.js';
import type { Frame } from '../../../trace/heap-event.js';
import { type LoopWalk, type ScriptInterpreter, UNKNOWN_CALLERS } from '../../script-interpreter.js';
import { MAX_PRELUDE_BYTES, type Prelude, readPrelude, sourceLine } from './prelude.js';
import { QstrTexts } from './qstr-texts.js';
import { type ScriptLayout, scriptLayout } from './script-layout.js';
import { ConstantMemory, type ReadScriptMemory, wordAt } from './script-memory.js';

/** A function of bytecode, as its frames need it. */
interface ScriptFunction {
  readonly bytecode: Address;
  readonly prelude: Prelude;
  readonly lines: Uint8Array;
  readonly functionName: string;
  readonly file: string;
}

const FIRST_BYTES = 96;
const SMALLEST_BYTES = 4;
const MAX_CACHED = 100_000;
/** Of functions that one loop runs: deeper ones are left out. */
const MAX_CALLS = 256;
/** No function's bytecode is longer. */
const MAX_CODE_BYTES = 0x100000;

/**
 * Tells where in its script an interpreter is, from the state of a running function (`mp_code_state_t`). What lies in constant memory is read
 * from the file and kept for ever; what lies in the heap is kept until {@link forget}.
 */
export class ScriptFrames implements ScriptInterpreter {
  readonly parameter = 'code_state';
  readonly isStateOnStack = true;
  private readonly constant: ConstantMemory;
  private readonly texts: QstrTexts;
  private readonly constantFrames = new Map<Address, Frame>();
  private readonly frames = new Map<string, Frame>();
  private readonly functions = new Map<Address, ScriptFunction>();

  constructor(
    firmware: Symbolizer,
    readonly layout: ScriptLayout,
  ) {
    this.constant = new ConstantMemory(firmware);
    this.texts = new QstrTexts(layout.pools);
  }

  /** Undefined for a firmware without MicroPython, or without its debug information: nothing is read then. */
  static of(firmware: Symbolizer): ScriptFrames | undefined {
    const layout = scriptLayout(firmware);
    return layout && new ScriptFrames(firmware, layout);
  }

  get loops(): ReadonlySet<Address> {
    return this.layout.loops;
  }

  walk(): LoopWalk {
    return ({ state }, read) => this.from(state, read);
  }

  /** The heap was collected or began anew: what lies in it may be something else. */
  forget(): void {
    this.frames.clear();
    this.functions.clear();
    this.texts.forget();
  }

  /** The frame of a running function; undefined where its state makes no sense. */
  async at(codeState: Address, target: ReadScriptMemory): Promise<Frame | undefined> {
    const { codeState: state } = this.layout;
    const bytes = await target(codeState, Math.max(state.function, state.ip) + 4);
    if (!bytes) return undefined;
    const [functionAt, ip] = [wordAt(bytes, state.function), wordAt(bytes, state.ip)];
    const key = `${functionAt}:${ip}`;
    const known = this.constantFrames.get(ip) ?? this.frames.get(key);
    if (known) return known;
    const frame = await this.make(functionAt, ip, target);
    if (!frame) return undefined;
    if (this.constant.holds(ip)) this.constantFrames.set(ip, frame);
    else this.frames.set(key, frame);
    if (this.frames.size > MAX_CACHED) this.frames.clear();
    return frame;
  }

  /** Of a running function and, where one loop runs functions that call each other, of those that called it, the innermost first. */
  async from(codeState: Address, target: ReadScriptMemory): Promise<readonly Frame[] | undefined> {
    const { previous } = this.layout.codeState;
    const first = await this.at(codeState, target);
    if (!first || previous === undefined) return first && [first];
    const frames = [first];
    const seen = new Set([codeState]);
    for (let state = codeState; ; ) {
      const bytes = await target(state + previous, 4);
      if (bytes && wordAt(bytes, 0) === 0) return frames;
      state = bytes ? wordAt(bytes, 0) : codeState;
      const isNew = !seen.has(state) && frames.length < MAX_CALLS;
      const frame = isNew ? await this.at(state, target) : undefined;
      if (!frame) return [...frames, UNKNOWN_CALLERS];
      seen.add(state);
      frames.push(frame);
    }
  }

  private async make(functionAt: Address, ip: Address, target: ReadScriptMemory): Promise<Frame | undefined> {
    const found = await this.functionAt(functionAt, this.reader(target));
    if (!found) return undefined;
    const { bytecode, prelude, lines, functionName, file } = found;
    const offset = ip - bytecode - prelude.codeStart;
    if (offset < 0 || offset > MAX_CODE_BYTES) return undefined;
    const line = sourceLine(lines, offset, this.layout.form.era);
    // Of the same line the same frame: the address of an opcode would tell lines apart that are one.
    return { address: 0, functionName, file, line, kind: 'script' };
  }

  private async functionAt(address: Address, read: ReadScriptMemory): Promise<ScriptFunction | undefined> {
    const { function: form, types } = this.layout;
    const object = await read(address, form.sizeBytes);
    if (!object || !types.has(wordAt(object, 0))) return undefined;
    const bytecode = wordAt(object, form.bytecode);
    const known = this.functions.get(bytecode);
    if (known) return known;
    const made = await this.readFunction(object, bytecode, read);
    if (made) this.functions.set(bytecode, made);
    return made;
  }

  private async readFunction(
    object: Uint8Array,
    bytecode: Address,
    read: ReadScriptMemory,
  ): Promise<ScriptFunction | undefined> {
    const found = await this.preludeAt(bytecode, read);
    if (!found) return undefined;
    const { prelude, bytes } = found;
    const qstrs = await this.qstrsOf(object, prelude, read);
    const functionName = qstrs && (await this.texts.of(qstrs.name, read));
    const file = qstrs && (await this.texts.of(qstrs.file, read));
    if (functionName === undefined || file === undefined) return undefined;
    return { bytecode, prelude, lines: bytes.slice(prelude.linesFrom, prelude.linesTo), functionName, file };
  }

  private async preludeAt(
    bytecode: Address,
    read: ReadScriptMemory,
  ): Promise<{ readonly prelude: Prelude; readonly bytes: Uint8Array } | undefined> {
    let bytes: Uint8Array | undefined;
    // At the end of a memory there may be less than is asked for.
    for (let size = FIRST_BYTES; !bytes && size >= SMALLEST_BYTES; size /= 2) bytes = await read(bytecode, size);
    for (let tries = 0; bytes && tries < 8; tries++) {
      const prelude = readPrelude(bytes, this.layout.form);
      if (!prelude) return undefined;
      if (!('needs' in prelude)) return { prelude, bytes };
      if (prelude.needs > MAX_PRELUDE_BYTES) return undefined;
      const longer: Uint8Array | undefined = await read(bytecode, prelude.needs);
      if (!longer || longer.length <= bytes.length) return undefined;
      bytes = longer;
    }
    return undefined;
  }

  /** The qstrs of a function's name and of its file. */
  private async qstrsOf(
    object: Uint8Array,
    prelude: Prelude,
    read: ReadScriptMemory,
  ): Promise<{ readonly name: number; readonly file: number } | undefined> {
    const { constants, function: form } = this.layout;
    if (prelude.file !== undefined) return { name: prelude.name, file: prelude.file };
    if (!constants || form.context === undefined) return undefined;
    const context = wordAt(object, form.context);
    if ('file' in constants) {
      const file = await read(context + constants.file, 4);
      return file && { name: prelude.name, file: wordAt(file, 0) };
    }
    const pointer = await read(context + constants.table, 4);
    const table = pointer ? wordAt(pointer, 0) : 0;
    const file = await read(table, 2);
    const name = await read(table + 2 * prelude.name, 2);
    return file && name && { name: wordAt(name, 0), file: wordAt(file, 0) };
  }

  private reader(target: ReadScriptMemory): ReadScriptMemory {
    return async (address, length) => this.constant.read(address, length) ?? (await target(address, length));
  }
}
