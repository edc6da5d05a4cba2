import type { Frame } from '../../lib/trace/heap-event.js';

/** A frame of a function in the file of its name. */
export const frameNamed = (functionName: string, more: Partial<Frame> = {}): Frame => ({
  address: 0x100 + functionName.length,
  functionName,
  file: `${functionName}.c`,
  line: 1,
  ...more,
});
