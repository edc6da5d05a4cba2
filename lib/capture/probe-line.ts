import type { ProbeLine } from '../link/server/probe-bridge.js';
import { openSerialPort } from '../stream/serial-port.js';

/** The serial device of a probe that speaks the remote protocol (Black Magic Probe). @throws TargetError HH1600, ToolMissingError HH1607 */
export async function openProbeLine(path: string, signal?: AbortSignal): Promise<ProbeLine> {
  const port = await openSerialPort(path, { dtr: true, rts: true });
  return {
    read: async () => {
      const next = await port.read(signal ? { signal } : {}).catch(() => undefined);
      return next?.kind === 'bytes' ? next.bytes : undefined;
    },
    write: (bytes) => port.write(bytes),
    close: () => port.close(),
  };
}
