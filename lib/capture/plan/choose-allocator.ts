import { detectAllocators } from '../../allocators/detect-allocator.js';
import { parseHook } from '../../allocators/hook-text.js';
import { type AllocatorProfile, allAllocators, loadAllocator } from '../../allocators/load-allocator.js';
import { SymbolError } from '../../errors/errors.js';
import type { Symbolizer } from '../../symbols/symbolizer.js';

/** Which allocator to follow, and why. */
export interface ChosenAllocator {
  readonly profile: AllocatorProfile;
  readonly notes: readonly string[];
}

/**
 * The profile that a user named (`auto`: the one that the ELF file's symbols tell), with the user's own hooks in front of its own.
 * @throws SymbolError HH1360 (auto finds none), BoardConfigError HH1210 to HH1212
 */
export async function chooseAllocator(
  firmware: Symbolizer,
  name: string,
  hookTexts: readonly string[] = [],
): Promise<ChosenAllocator> {
  const hooks = hookTexts.map(parseHook);
  const chosen = name === 'auto' ? await detected(firmware) : { profile: await loadAllocator(name), notes: [] };
  const { profile } = chosen;
  return { ...chosen, profile: { ...profile, hooks: [...hooks, ...profile.hooks] } };
}

async function detected(firmware: Symbolizer): Promise<ChosenAllocator> {
  const [best, ...others] = detectAllocators(firmware, await allAllocators());
  if (!best) {
    throw new SymbolError('HH1360', 'options.allocator auto: ELF file: found the symbols of no known allocator', {
      remedy:
        "name its functions: options.allocator custom options.hooks 'my_alloc(size)' options.hooks 'my_free(ptr)'; of a stripped file give the one from before `strip`",
    });
  }
  const notes = [`allocator ${best.profile.name}: ${best.reason}`];
  for (const { profile, reason } of others) {
    notes.push(`the firmware also has ${profile.name} (${reason}): options.allocator ${profile.name} follows that one`);
  }
  return { profile: best.profile, notes };
}
