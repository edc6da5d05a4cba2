/**
 * Named units: an alias says what a number counts, so that bytes are never added to blocks.
 * All are plain numbers; an address is exact up to 2^53 (every 32-bit target, and 64-bit ones in practice).
 */

/** A count of bytes. */
export type Bytes = number;
/** An absolute address in the target's memory. */
export type Address = number;
/** Microseconds since the capture was armed. */
export type Microseconds = number;
/** Milliseconds. */
export type Milliseconds = number;
/** A count of allocation units (`unitBytes` of the region): CircuitPython's "block". */
export type Blocks = number;
/** The index of a heap event in its trace, from 0, in the order in which the target made them. */
export type Seq = number;
/** An index into {@link FrameTable}; -1 means none. */
export type FrameId = number;
/** An index into the stack trie; it names the innermost frame. -1 means "no backtrace was recorded". */
export type StackId = number;
/** An index into the string table. */
export type StringId = number;

const SIZE_SUFFIX: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 * 1024, g: 1024 * 1024 * 1024 };

/**
 * Reads a size as people write it: `4096`, `10K`, `2M`, `0x5000`.
 * Returns undefined when the text is not a size (the caller knows the name of what was asked for).
 */
export function parseSize(text: string): Bytes | undefined {
  const trimmed = text.trim();
  if (/^0x[0-9a-f]+$/i.test(trimmed)) return Number.parseInt(trimmed.slice(2), 16);
  const match = /^(\d+)([kmg]?)(?:i?b)?$/i.exec(trimmed);
  if (!match) return undefined;
  const value = Number(match[1]) * (SIZE_SUFFIX[(match[2] ?? '').toLowerCase()] ?? 1);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** Reads an address: `0x20001000`, `20001000h`, or decimal. Returns undefined when it is none. */
export function parseAddress(text: string): Address | undefined {
  const trimmed = text.trim();
  const hex = /^(?:0x([0-9a-f]+)|([0-9a-f]+)h)$/i.exec(trimmed);
  if (hex) {
    const value = Number.parseInt(hex[1] ?? hex[2] ?? '', 16);
    return Number.isSafeInteger(value) ? value : undefined;
  }
  return /^\d+$/.test(trimmed) ? Number(trimmed) : undefined;
}

/** Formats an address as gdb does: `0x` and at least 8 hexadecimal digits. */
export function formatAddress(address: Address): string {
  return `0x${address.toString(16).padStart(8, '0')}`;
}

/** Formats an integer with thousands separators: `16,372`. */
export function formatCount(value: number): string {
  const text = String(Math.round(value));
  return text.replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Formats bytes for people, exact below 10 KiB: `960 B`, `1,280 B`, `71.2 KiB`, `3.4 MiB`. */
export function formatBytes(bytes: Bytes): string {
  if (Math.abs(bytes) < 10 * 1024) return `${formatCount(bytes)} B`;
  if (Math.abs(bytes) < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KiB`;
  return `${(bytes / (1024 * 1024)).toFixed(1)} MiB`;
}
