/**
 * C++ names are taken apart by ./itanium; the names of Rust by gecko-profiler-demangle, whose one importer this is (rustc_demangle as
 * WebAssembly). Its own entry module needs `import ... from '*.wasm'`, which Node 20 does not have, so its glue and its binary are put
 * together here, synchronously.
 */
import * as glue from 'gecko-profiler-demangle/index_bg.js';
import { SymbolError } from '../errors/errors.js';
import { demangleCpp } from './itanium/demangle-cpp.js';

const MAX_NAME = 8000;
const MAX_CACHED = 200_000;
let state: 'unloaded' | 'ready' | 'absent' = 'unloaded';
const cache = new Map<string, string>();

/**
 * Loads the demangler from the bytes of the package's `index_bg.wasm`. On Node it is found without this; a browser hands the
 * bytes over once, before the first name is asked for. Without it Rust names stay as the linker knows them.
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
    const { createRequire } = globalThis.process?.getBuiltinModule?.('node:module') ?? {};
    const path = createRequire?.(import.meta.url).resolve('gecko-profiler-demangle/index_bg.wasm');
    const wasm = path && fs?.readFileSync(path);
    if (wasm) loadDemangler(wasm);
  } catch {
    // Not installed or not readable: names stay mangled, which `demanglerReady` tells.
  }
}

/** Whether Rust names can be demangled here; those of C++ always can. */
export function demanglerReady(): boolean {
  if (state === 'unloaded') loadFromDisk();
  return state === 'ready';
}

/** Which parts of a name are wanted. */
type Form = 'whole' | 'name';

/**
 * The name in the source for a linker's name of C++ (Itanium ABI) or Rust (legacy and v0), with parameters and without a return
 * type; any other name as it is. Spelled as binutils and gdb spell it, a suffix like `.constprop.0` left out.
 */
export function demangle(name: string): string {
  return cached(name, 'whole');
}

/** The same without parameters: what a backtrace shows. One spelling for every engine, import and export. */
export function functionNameOf(linkageName: string): string {
  return cached(linkageName, 'name');
}

function cached(name: string, form: Form): string {
  if (!/^_{1,2}[ZR]/.test(name) || name.length > MAX_NAME) return name;
  const key = `${form} ${name}`;
  let text = cache.get(key);
  if (text === undefined) {
    text = rustName(name) ?? demangleCpp(name.replace(/^__Z/, '_Z'), { withoutParameters: form === 'name' }) ?? name;
    if (cache.size >= MAX_CACHED) cache.clear();
    cache.set(key, text);
  }
  return text;
}

/** Rust's legacy names look like C++ and end in a hash. */
const RUST = /^_{1,2}R|^_{1,2}ZN.*17h[0-9a-f]{16}E/;

function rustName(name: string): string | undefined {
  if (!RUST.test(name) || !demanglerReady()) return undefined;
  try {
    const text = glue.demangle_any(name);
    // A name that it does not know may lose its underscore.
    return name.endsWith(text) ? undefined : text;
  } catch {
    // A trap in the module: it cannot be used again.
    state = 'absent';
    return undefined;
  }
}

/**
 * The name that gdb shows for a symbol without debug information: demangled, without parameters. gdb also tries Ada, which takes the
 * number of a clone away (`f.isra.0` is shown as `f.isra`) unless the name has upper case or starts with an underscore.
 */
export function symbolName(linkageName: string): string {
  const text = functionNameOf(linkageName);
  if (text !== linkageName) return text;
  return /^[a-z](?:[a-z0-9.]|_(?!_))*\.\d+$/.test(text) ? text.replace(/\.\d+$/, '') : text;
}

/**
 * The name of a function as gdb tells it with `print demangle off`: a linker's name, or, of a function without one (a template's instance
 * for a lambda), a name in the source, from which gdb does not always take the parameters away.
 */
export function gdbFunctionName(name: string): string {
  if (!name.endsWith(')')) return symbolName(name);
  let depth = 0;
  for (let at = name.length - 1; at > 0; at--) {
    if (name[at] === ')') depth++;
    else if (name[at] === '(' && --depth === 0)
      return name.slice(0, at).endsWith('operator') ? name : name.slice(0, at);
  }
  return name;
}
