import { NotMangled } from './mangled-text.js';
import { parseMangledName } from './parser.js';
import { type PrintOptions, printName } from './print.js';

export interface CppNameOptions extends PrintOptions {
  /** Say what follows the name of a clone as c++filt does: ` [clone .part.0]`. */
  readonly withClones?: boolean;
}

/** The name in the source for a C++ linker's name; undefined when it is none. Never throws. */
export function demangleCpp(name: string, options: CppNameOptions = {}): string | undefined {
  try {
    const { node, suffix } = parseMangledName(name);
    const text = printName(node, options);
    return options.withClones ? text + clones(suffix) : text;
  } catch (error) {
    if (error instanceof NotMangled) return undefined;
    throw error;
  }
}

/** `.constprop.0.isra.0` as ` [clone .constprop.0] [clone .isra.0]`. */
function clones(suffix: string): string {
  return suffix.replace(/\.[a-z_]+(?:\.\d+)*|\.\d+/g, (clone) => ` [clone ${clone}]`);
}
