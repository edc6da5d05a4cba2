import type { Address, Bytes } from '../../base/units.js';
import type { Symbolizer } from '../../symbols/symbolizer.js';
import { unlessUnknown } from '../../symbols/unless-unknown.js';

/** How the structures of a Lua 5.1 lie in memory; offsets in bytes. */
export interface LuaLayout {
  /** Where the functions begin that run bytecode. */
  readonly loops: ReadonlySet<Address>;
  readonly state: { readonly call: Bytes; readonly firstCall: Bytes; readonly savedPc: Bytes };
  readonly call: { readonly func: Bytes; readonly savedPc: Bytes; readonly sizeBytes: Bytes };
  /** Of the function's value: its type. */
  readonly valueType: Bytes;
  readonly closure: { readonly isC: Bytes; readonly proto: Bytes };
  readonly proto: Readonly<Record<'code' | 'source' | 'codeCount' | 'firstLine', Bytes>>;
  /** One word an instruction, or NodeMCU's packed table. */
  readonly lines: { readonly at: Bytes; readonly isPacked: boolean };
  readonly text: { readonly length: Bytes; readonly start: Bytes };
}

const LOOP = 'luaV_execute';
/** Texts lie behind their head, which is aligned as the largest value is. */
const HEAD_ALIGNMENT: Bytes = 8;

/** Undefined for a firmware without Lua 5.1, or without its debug information. */
export function luaLayout(firmware: Symbolizer): LuaLayout | undefined {
  const loop = firmware.symbol(LOOP);
  if (loop?.kind !== 'function' || firmware.elfFile.addressSize !== 4) return undefined;
  const clones = firmware.symbolsByPrefix(`${LOOP}.`).filter(({ kind }) => kind === 'function');
  return unlessUnknown(() => {
    const field = (type: string, path: string) => firmware.typeFieldOffset(type, { path, at: loop.address }).address;
    const calls = firmware.typeMembers('CallInfo', loop.address);
    const packed = unlessUnknown(() => field('Proto', 'packedlineinfo'));
    const length = field('TString', 'tsv.len');
    return {
      loops: new Set([loop.address, ...clones.map(({ address }) => address)]),
      // Of 5.1: 5.3 keeps its calls in a list, and has no first one.
      state: {
        call: field('lua_State', 'ci'),
        firstCall: field('lua_State', 'base_ci'),
        savedPc: field('lua_State', 'savedpc'),
      },
      call: {
        func: field('CallInfo', 'func'),
        savedPc: field('CallInfo', 'savedpc'),
        sizeBytes: Math.max(...calls.map(({ offset, sizeBytes }) => offset + sizeBytes)),
      },
      valueType: field('TValue', 'tt'),
      closure: { isC: field('LClosure', 'isC'), proto: field('LClosure', 'p') },
      proto: {
        code: field('Proto', 'code'),
        source: field('Proto', 'source'),
        codeCount: field('Proto', 'sizecode'),
        firstLine: field('Proto', 'linedefined'),
      },
      lines: { at: packed ?? field('Proto', 'lineinfo'), isPacked: packed !== undefined },
      text: { length, start: Math.ceil((length + 4) / HEAD_ALIGNMENT) * HEAD_ALIGNMENT },
    };
  });
}
