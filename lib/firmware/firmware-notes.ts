import { formatAddress, formatCount } from '../base/units.js';
import type { Symbolizer } from '../symbols/symbolizer.js';

const MAX_NAMED = 3;

/** What a firmware's ELF file leaves open about its addresses, a line each; empty for nearly every firmware. */
export function firmwareNotes(firmware: Symbolizer): readonly string[] {
  const { splitUnits, overlays } = firmware;
  return [
    ...(splitUnits.length === 0 ? [] : [splitText(splitUnits)]),
    ...overlays.map(
      ({ from, to, sections }) =>
        `overlays: ${listed(sections)} share ${formatAddress(from)} to ${formatAddress(to)}; which of them is there is not known: functions there are guessed, and so are their callers`,
    ),
  ];
}

function splitText(names: readonly string[]): string {
  const count = names.length === 1 ? '1 unit is' : `${formatCount(names.length)} units are`;
  return `debug information of ${count} missing (${listed(names)}): inlined calls do not show; keep the .dwo files, or their package (firmware.elf.dwp), beside the ELF file`;
}

function listed(names: readonly string[]): string {
  const more = names.length - MAX_NAMED;
  return `${names.slice(0, MAX_NAMED).join(', ')}${more > 0 ? ` and ${formatCount(more)} more` : ''}`;
}
