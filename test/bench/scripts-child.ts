import { createHash } from 'node:crypto';
import { harvestEvents } from '../../lib/capture/harvest-events.js';
import { collectTrace } from '../../lib/trace/collect-trace.js';
import { withoutScripts } from '../../lib/trace/script-stack.js';
import { backtraceOf } from '../../lib/trace/trace.js';

/*
 * One capture of a MicroPython, in a process of its own: prints how many events, how many frames of scripts, and a digest of all else.
 *
 *   scripts-child.js ELF EVENTS
 */
const [, , elf = '', events = ''] = process.argv;
const target = { elf, board: 'micropython-qemu-mps2', allocator: 'auto', engine: 'direct', objects: false } as const;
const trace = await collectTrace(harvestEvents({ ...target, maxEvents: Number(events), timeoutMs: 600_000 }));
const hash = createHash('sha256');
let scripts = 0;
for (let seq = 0; seq < trace.eventCount; seq++) {
  const { kind, address, sizeBytes, stack } = trace.events;
  const frames = backtraceOf(trace, stack[seq] ?? -1);
  const native = withoutScripts(frames);
  scripts += frames.length - native.length;
  hash.update(`${kind[seq]} ${address[seq]} ${sizeBytes[seq]} ${native.map((frame) => frame.address).join()}\n`);
}
process.stdout.write(JSON.stringify([trace.eventCount, scripts, hash.digest('hex')]));
