import type { HookDescription } from '../../allocators/allocator-schema.js';
import type { Symbolizer } from '../../symbols/symbolizer.js';
import type { CallHook } from '../malloc/call-hook.js';

/** The hooked functions that an ELF file has. */
export interface FoundHooks {
  /** In the profile's order; each address once. */
  readonly hooks: readonly (CallHook & { readonly coveredBy?: string })[];
  /** What people should know: renamed and inlined functions. */
  readonly notes: readonly string[];
}

/** Clones that keep the arguments of the function they were made from, and those that may not. */
const SAME_ARGUMENTS = /\.(lto_priv|llvm|localalias)(\.\d+)?$/;
const NO_ENTRY = /\.(part|cold)(\.\d+)?(\.|$)/;

/** Finds each hook of a profile: by its name, an alias, or as a clone that the optimiser renamed. */
export function findHooks(firmware: Symbolizer, descriptions: readonly HookDescription[]): FoundHooks {
  const hooks = new Map<number, CallHook & { readonly coveredBy?: string }>();
  const notes: string[] = [];
  const named = new Set(descriptions.flatMap(({ function: name, aliases }) => [name, ...aliases]));
  for (const description of descriptions) {
    for (const { name, address } of symbolsOf(firmware, description, { named, notes })) {
      // Aliases have one address (picolibc: free is __malloc_free).
      if (!hooks.has(address)) hooks.set(address, hookOf(description, name, address));
    }
  }
  return { hooks: [...hooks.values()], notes };
}

interface Finding {
  /** All functions of the profile: what they do inside of each other is no call of a user's. */
  readonly named: ReadonlySet<string>;
  readonly notes: string[];
}

function symbolsOf(firmware: Symbolizer, description: HookDescription, { named, notes }: Finding) {
  const { function: name, aliases } = description;
  const inlined = firmware.inlinedInstances(name).filter(({ callerName }) => !named.has(plainName(callerName))).length;
  // A function of which only the first test was inlined: what it does is still one function, called from everywhere.
  const isPlainFree = description.kind === 'free' && (description.pointer ?? 0) === 0;
  const bodies = isPlainFree ? firmware.symbolsByPrefix(`${name}.part.`) : [];
  if (inlined > 0 && bodies.length > 0) {
    notes.push(
      `${name} was inlined ${inlined} times up to its body ${bodies.map((body) => body.name).join(', ')}, which is hooked`,
    );
    return bodies;
  }
  if (inlined > 0) notes.push(`${name} was inlined ${inlined} times: those calls are not seen`);
  for (const candidate of [name, ...aliases]) {
    const symbol = firmware.symbol(candidate);
    if (symbol && symbol.kind !== 'object') return [symbol];
  }
  const clones = firmware.symbolsByPrefix(`${name}.`).filter((symbol) => !NO_ENTRY.test(symbol.name));
  for (const clone of clones) {
    const same = SAME_ARGUMENTS.test(clone.name);
    const doubt = same ? '' : '; the optimiser may have changed its arguments: check the sizes of a few events';
    notes.push(`${name} was renamed to ${clone.name}, which is hooked instead${doubt}`);
  }
  return clones;
}

/** `gc_free` of `gc_free.part.0`. */
function plainName(name: string): string {
  return name.split('.')[0] ?? name;
}

function hookOf(description: HookDescription, name: string, address: number) {
  const { kind, size, count, pointer, mayMove, nests, coveredBy } = description;
  return {
    name,
    address,
    kind,
    nests,
    ...(size === undefined ? {} : { size }),
    ...(count === undefined ? {} : { count }),
    ...(pointer === undefined ? {} : { pointer }),
    ...(mayMove === undefined ? {} : { mayMove }),
    ...(coveredBy === undefined ? {} : { coveredBy }),
  };
}
