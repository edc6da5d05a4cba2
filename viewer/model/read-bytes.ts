import { TraceFormatError } from '../../lib/public/browser.js';

/** Decompressed input may be this large; beyond 16 MiB it may be at most 200 times as large as the file. */
const MAX_BYTES = 1024 * 1024 * 1024;
const FREE_BYTES = 16 * 1024 * 1024;
const MAX_RATIO = 200;

/** Whether an input that begins so is packed. */
export function isGzip(head: Uint8Array): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}

/**
 * The bytes of an input, unpacked when they are gzip.
 * @throws TraceFormatError HH1921 (not whole gzip data) or HH1922 (grows beyond all bounds).
 */
export async function unpacked(bytes: Uint8Array<ArrayBuffer>, subject: string): Promise<Uint8Array<ArrayBuffer>> {
  if (!isGzip(bytes)) return bytes;
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip')).getReader();
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      size += next.value.length;
      if (size > MAX_BYTES || (size > FREE_BYTES && size > bytes.length * MAX_RATIO)) throw bomb(subject, size);
      parts.push(next.value);
    }
  } catch (cause) {
    if (cause instanceof TraceFormatError) throw cause;
    // A cut file is worth what came before the cut: the readers say what is missing.
    if (size === 0) throw damaged(subject, bytes.length, cause);
  } finally {
    reader.cancel().catch(() => undefined);
  }
  return joined(parts, size);
}

function joined(parts: readonly Uint8Array[], size: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function bomb(subject: string, size: number): TraceFormatError {
  return new TraceFormatError('HH1922', `${subject}: found more than ${size} bytes when unpacked, expected fewer`, {
    remedy: 'unpack it yourself with gunzip, then open the result',
  });
}

function damaged(subject: string, size: number, cause: unknown): TraceFormatError {
  return new TraceFormatError('HH1921', `${subject}: found ${size} bytes that do not unpack, expected gzip data`, {
    cause,
    remedy: 'the file is damaged or cut: copy it again',
  });
}
