import type { Server } from 'node:http';
import { TargetError, UsageError } from '../errors/errors.js';

/** Where a server listens: an interface and a port, 0 for any free one. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * Resolves to the port, as soon as the server listens. `subject` is what cannot do so.
 * @throws UsageError HH1900 for what is no port, TargetError HH1640 when it cannot be opened
 */
export async function listen(server: Server, { host, port }: ListenAddress, subject: string): Promise<number> {
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new UsageError('HH1900', `options.port ${port}: expected a port, 1 to 65535, or 0 for any free one`);
  return await new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const remedy = 'choose another options.port, or 0 for any free one';
      reject(
        new TargetError('HH1640', `${subject}: ${host}:${port}: cannot listen: ${cause.message}`, { cause, remedy }),
      );
    });
    server.listen(port, host, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });
}

/** Ends a server and its open connections. Doing so twice is fine. */
export function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    // The callback's error says that it was closed before, which is what was asked for.
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** A host as it stands in an address: `::1` as `[::1]`. */
export function bracketed(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}
