/**
 * A copy of plain data for another thread, with its arrays in memory of their own and no longer than they are: what is sent as it is
 * would be copied twice, with all that its arrays have room for. `buffers` are to be transferred.
 */
export function handOver<T>(value: T, buffers: ArrayBuffer[]): T {
  return copied(value, buffers) as T;
}

function copied(value: unknown, buffers: ArrayBuffer[]): unknown {
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    const own = (value as Uint8Array).slice();
    buffers.push(own.buffer as ArrayBuffer);
    return own;
  }
  // Lists hold texts and small records.
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Map) return value;
  const made: Record<string, unknown> = {};
  for (const [key, of] of Object.entries(value)) if (typeof of !== 'function') made[key] = copied(of, buffers);
  return made;
}

/** The buffers of what is given away, not copied. */
export function buffersOf(value: object): ArrayBuffer[] {
  const own = Object.values(value).filter((it): it is Uint8Array => ArrayBuffer.isView(it));
  return [...new Set(own.map((it) => it.buffer as ArrayBuffer))];
}
