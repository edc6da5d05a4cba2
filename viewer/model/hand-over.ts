/** How plain data comes to another thread. */
export interface HandOver<T> {
  readonly value: T;
  /** To be transferred with it. */
  readonly buffers: ArrayBuffer[];
}

/**
 * A copy of plain data for another thread, with its arrays in memory of their own and no longer than they are: what is sent as it is
 * would be copied twice, with all that its arrays have room for. Where threads may share memory the arrays of the copy are shared: who
 * sends it uses the copy from then on, and there is one.
 */
export function handOver<T>(value: T, shared = mayShare()): HandOver<T> {
  const buffers: ArrayBuffer[] = [];
  return { value: copied(value, shared ? undefined : buffers) as T, buffers };
}

/** Only a page that its server isolates from all others may: `harvest view` and `harvest serve` do. */
export function mayShare(): boolean {
  return typeof crossOriginIsolated !== 'undefined' && crossOriginIsolated;
}

/** Without `buffers` into shared memory. */
function copied(value: unknown, buffers: ArrayBuffer[] | undefined): unknown {
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    const column = value as Uint8Array;
    if (!buffers) return sharedCopy(column);
    const own = column.slice();
    buffers.push(own.buffer as ArrayBuffer);
    return own;
  }
  // Lists hold texts and small records.
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Map) return value;
  const made: Record<string, unknown> = {};
  for (const [key, of] of Object.entries(value)) if (typeof of !== 'function') made[key] = copied(of, buffers);
  return made;
}

function sharedCopy(column: Uint8Array): Uint8Array {
  // It is any of the typed arrays.
  const Kind = column.constructor as new (buffer: SharedArrayBuffer) => Uint8Array;
  const own = new Kind(new SharedArrayBuffer(column.byteLength));
  own.set(column);
  return own;
}

/**
 * Gives back the memory of what was copied and is not used again: a thread that rests collects no garbage, and hundreds of megabytes would stay.
 * Browsers that cannot do that collect it some time.
 */
export function letGo(value: unknown): void {
  if (ArrayBuffer.isView(value)) {
    const { buffer } = value;
    if (buffer instanceof ArrayBuffer && 'transfer' in buffer && !buffer.detached) buffer.transfer(0);
    return;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Map) return;
  for (const of of Object.values(value)) letGo(of);
}

/** The buffers of what is given away, not copied. */
export function buffersOf(value: object): ArrayBuffer[] {
  const own = Object.values(value).filter((it): it is Uint8Array => ArrayBuffer.isView(it));
  return [...new Set(own.map((it) => it.buffer as ArrayBuffer))];
}
