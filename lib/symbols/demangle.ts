/**
 * The one importer of gecko-profiler-demangle (Rust's cpp_demangle and rustc_demangle as WebAssembly). Its own entry module needs
 * `import ... from '*.wasm'`, which Node 20 does not have, so its glue and its binary are put together here, synchronously.
 */
import * as glue from 'gecko-profiler-demangle/index_bg.js';
import { SymbolError } from '../errors/errors.js';

const MAX_NAME = 2000;
const MAX_CACHED = 200_000;
let state: 'unloaded' | 'ready' | 'absent' = 'unloaded';
const cache = new Map<string, string>();

/**
 * Loads the demangler from the bytes of the package's `index_bg.wasm`. On Node it is found without this; a browser hands the
 * bytes over once, before the first name is asked for. Without it C++ and Rust names stay as the linker knows them.
 * @throws SymbolError HH1312 when the bytes are not that module.
 */
export function loadDemangler(wasm: BufferSource): void {
  try {
    const module = new WebAssembly.Module(wasm);
    const instance = new WebAssembly.Instance(module, { './index_bg.js': { ...glue } });
    glue.__wbg_set_wasm(instance.exports);
    const start = instance.exports.__wbindgen_start;
    if (typeof start === 'function') start();
  } catch (cause) {
    throw new SymbolError('HH1312', 'demangler: found bytes that are not its WebAssembly module', {
      cause,
      remedy: 'Hand over gecko-profiler-demangle/index_bg.wasm, unchanged.',
    });
  }
  state = 'ready';
  cache.clear();
}

/** Node offers its modules at run time (process.getBuiltinModule): nothing of it is imported, so a browser build stays whole. */
function loadFromDisk(): void {
  state = 'absent';
  try {
    const fs = globalThis.process?.getBuiltinModule?.('node:fs');
    const wasm = fs?.readFileSync(new URL(import.meta.resolve('gecko-profiler-demangle/index_bg.wasm')));
    if (wasm) loadDemangler(wasm);
  } catch {
    // Not installed or not readable: names stay mangled, which `demanglerReady` tells.
  }
}

/** Whether C++ and Rust names can be demangled here. */
export function demanglerReady(): boolean {
  if (state === 'unloaded') loadFromDisk();
  return state === 'ready';
}

/**
 * The name in the source for a linker's name of C++ (Itanium ABI) or Rust (legacy and v0), with parameters and without a return
 * type; any other name as it is, and so is a suffix like `.constprop.0`. Spelled as binutils spells it.
 */
export function demangle(name: string): string {
  if (!/^_{1,2}[ZR]/.test(name) || name.length > MAX_NAME || !demanglerReady()) return name;
  let text = cache.get(name);
  if (text === undefined) {
    // GCC's clone suffixes are not part of the mangled name.
    const suffix = /\.(?:isra|constprop|part|cold|lto_priv|localalias)\b.*$/.exec(name)?.[0] ?? '';
    const base = suffix === '' ? name : name.slice(0, -suffix.length);
    const demangled = spellLiterals(call(base));
    // A name that it does not know may lose its underscore.
    text = base.endsWith(demangled) ? name : demangled;
    if (cache.size >= MAX_CACHED) cache.clear();
    cache.set(name, text);
  }
  return text;
}

function call(name: string): string {
  try {
    return glue.demangle_any(name);
  } catch {
    // A trap in the module: it cannot be used again.
    state = 'absent';
    return name;
  }
}

const LITERAL_SUFFIX: Readonly<Record<string, string>> = {
  int: '',
  'unsigned int': 'u',
  long: 'l',
  'unsigned long': 'ul',
  'long long': 'll',
  'unsigned long long': 'ull',
};

/** `(unsigned int)4` is `4u` in binutils and gdb, `(bool)1` is `true`. */
function spellLiterals(text: string): string {
  if (!text.includes(')')) return text;
  return text
    .replace(
      /\((int|unsigned int|long|unsigned long|long long|unsigned long long)\)(-?\d+)\b/g,
      (_, type: string, digits: string) => {
        return `${digits}${LITERAL_SUFFIX[type] ?? ''}`;
      },
    )
    .replace(/\(bool\)([01])\b/g, (_, digit: string) => (digit === '1' ? 'true' : 'false'));
}

/** A demangled function without its parameter list and what follows it: what gdb shows in a backtrace. */
export function withoutParameters(text: string): string {
  let end = text.length;
  const trailer = /\)(?: const| volatile| &{1,2}| noexcept)*$/.exec(text);
  if (!trailer) return text;
  end = trailer.index;
  let depth = 0;
  for (let index = end; index >= 0; index--) {
    const character = text[index];
    if (character === ')') depth++;
    else if (character === '(') depth--;
    if (depth === 0) return index === 0 ? text : text.slice(0, index);
  }
  return text;
}

/**
 * The name that gdb shows for a symbol without debug information: demangled, without parameters. gdb also tries Ada, which takes the
 * number of a clone away (`f.isra.0` is shown as `f.isra`) unless the name has upper case or starts with an underscore.
 */
export function symbolName(linkageName: string): string {
  const text = demangle(linkageName);
  if (text !== linkageName) return withoutParameters(text);
  return /^[a-z](?:[a-z0-9.]|_(?!_))*\.\d+$/.test(text) ? text.replace(/\.\d+$/, '') : text;
}
