import type { Symbolizer } from '../symbols/symbolizer.js';
import type { AllocatorProfile } from './load-allocator.js';

/** A profile that fits an ELF file. */
export interface AllocatorMatch {
  readonly profile: AllocatorProfile;
  /** The symbols that it was recognised by, and what they mean, for people. */
  readonly reason: string;
}

/**
 * The profiles whose symbols an ELF file has, best first; empty when there is none (stripped, or an allocator without
 * a profile). An ELF file can hold several heaps: a GC heap inside of a TLSF heap, an RTOS heap beside the C library's.
 */
export function detectAllocators(firmware: Symbolizer, profiles: readonly AllocatorProfile[]): AllocatorMatch[] {
  const has = (name: string) => firmware.symbol(name) !== undefined;
  const matches = profiles.flatMap((profile) => {
    const { detect } = profile;
    if (!detect?.all.every(has) || detect.none.some(has)) return [];
    return [{ profile, rank: detect.rank, reason: `found ${detect.all.join(', ')}: ${detect.reason}` }];
  });
  matches.sort((a, b) => a.rank - b.rank || (a.profile.name < b.profile.name ? -1 : 1));
  return matches.map(({ profile, reason }) => ({ profile, reason }));
}
