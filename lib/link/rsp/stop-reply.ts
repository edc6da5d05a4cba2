/** Why the target stopped, as the server says it (gdb manual, "Stop Reply Packets"). */
export type StopReply =
  | {
      readonly kind: 'stopped';
      /** Of the host's kind: 2 SIGINT (our interrupt), 5 SIGTRAP (breakpoint), 11 SIGSEGV... */
      readonly signal: number;
      /** `thread`, `watch`, `hwbreak`, ... and expedited registers by their hexadecimal number. Empty for `S`. */
      readonly fields: ReadonlyMap<string, string>;
    }
  | { readonly kind: 'exited'; readonly text: string };

export const SIGINT = 2;
export const SIGTRAP = 5;

/** Undefined when the payload is no stop reply. */
export function parseStopReply(payload: Uint8Array): StopReply | undefined {
  const text = Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString('latin1');
  if (/^[WX][0-9a-f]{2}/i.test(text)) return { kind: 'exited', text };
  const match = /^[TS]([0-9a-f]{2})(.*)$/i.exec(text);
  if (!match) return undefined;
  const fields = new Map<string, string>();
  for (const field of (match[2] ?? '').split(';')) {
    const colon = field.indexOf(':');
    if (colon > 0) fields.set(field.slice(0, colon), field.slice(colon + 1));
  }
  return { kind: 'stopped', signal: Number.parseInt(match[1] ?? '0', 16), fields };
}

const SIGNAL_NAMES: Readonly<Record<number, string>> = {
  2: 'SIGINT',
  4: 'SIGILL',
  5: 'SIGTRAP',
  6: 'SIGABRT',
  7: 'SIGEMT',
  8: 'SIGFPE',
  10: 'SIGBUS',
  11: 'SIGSEGV',
  15: 'SIGTERM',
};

/** `SIGSEGV`, or `signal 37` for one without a common name. */
export function signalName(signal: number): string {
  return SIGNAL_NAMES[signal] ?? `signal ${signal}`;
}
