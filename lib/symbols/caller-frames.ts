import type { Address } from '../base/units.js';
import type { Frame } from '../trace/heap-event.js';
import type { Symbolizer } from './symbolizer.js';

/**
 * A resolver for importers: the frames at a return address, innermost inlined call first. Empty for an address of no function.
 */
export function callerFrames(firmware: Pick<Symbolizer, 'locate'>): (address: Address) => readonly Frame[] {
  return (address) => {
    const places = firmware.locate(address, { isReturnAddress: true });
    if (places.length === 0 || places.every((place) => place.functionName === '??')) return [];
    return places.map(({ functionName, file, line, inlined, certainty }) => ({
      address: inlined ? 0 : address,
      functionName: functionName === '??' ? '' : functionName,
      file: file ?? '',
      line,
      ...(inlined ? { inlined } : {}),
      ...(certainty === 'guessed' ? { certainty } : {}),
    }));
  };
}

/** The name of the symbol at exactly an address; empty when none starts there. */
export function symbolNames(firmware: Pick<Symbolizer, 'symbolsByPrefix'>, prefix = ''): (address: Address) => string {
  const names = new Map<Address, string>();
  for (const symbol of firmware.symbolsByPrefix(prefix)) {
    if (!names.has(symbol.address)) names.set(symbol.address, symbol.name);
  }
  return (address) => names.get(address) ?? '';
}
