import { channel } from 'node:diagnostics_channel';

/**
 * What goes between this process and its tools. `process`: a program is started, with its arguments. `mi`: a line to or from gdb.
 * `rsp`: a packet of the remote protocol. `server`: a line that a debug server prints.
 */
export interface Traffic {
  readonly layer: 'process' | 'server' | 'mi' | 'rsp';
  readonly direction: '>' | '<';
  /** As it was sent or received; may hold any character. */
  readonly text: string;
}

const traffic = channel('heap-harvest:traffic');

/** Tells who listens; `text` is only made when somebody does. */
export function tellTraffic(layer: Traffic['layer'], direction: Traffic['direction'], text: () => string): void {
  if (traffic.hasSubscribers) traffic.publish({ layer, direction, text: text() } satisfies Traffic);
}

/** Calls `listener` for all that goes between this process and its tools from now on, in order. For diagnosis: it costs time. */
export function watchTraffic(listener: (message: Traffic) => void): void {
  traffic.subscribe((message) => listener(message as Traffic));
}
