import type { Milliseconds } from '../../base/units.js';
import { DeviceLostError, errorMessage, TargetError } from '../../errors/errors.js';

/*
 * Every error of the protocol client is made here, so that one fault always reads the same.
 * After a DeviceLostError the connection is gone: what was in flight cannot be told apart any more.
 */

const RESTART = 'end the debug server, start it again and repeat the capture';

export function connectFailed(where: string, cause: unknown): TargetError {
  const reason = errorMessage(cause);
  return new TargetError('HH1550', `debug server ${where}: no connection: ${reason}`, {
    cause,
    remedy: 'start the debug server, or give the port that it listens on',
  });
}

export function linkClosed(where: string, during: string, cause?: unknown): DeviceLostError {
  const reason = cause instanceof Error ? `: ${cause.message}` : '';
  return new DeviceLostError(
    'HH1551',
    `debug server ${where}: the server closed the connection during ${during}${reason}`,
    {
      cause,
      remedy: 'see what the server printed last; it may allow one client only, or the probe was unplugged',
    },
  );
}

export function replyTimeout(where: string, request: string, afterMs: Milliseconds): DeviceLostError {
  return new DeviceLostError('HH1552', `debug server ${where}: no reply to '${request}' within ${afterMs} ms`, {
    remedy: 'a second client may hold the server (QEMU serves one); else restart it',
  });
}

export function corruptPacket(where: string, reason: string): DeviceLostError {
  return new DeviceLostError('HH1553', `debug server ${where}: corrupt packet: found ${reason}`, { remedy: RESTART });
}

export function outOfStep(where: string, found: string, expected: string): DeviceLostError {
  return new DeviceLostError(
    'HH1554',
    `debug server ${where}: out of step: found reply '${found}', expected ${expected}`,
    {
      remedy: RESTART,
    },
  );
}

/** The server answered `Exx`, or `E.text`: the request failed, the link is well. */
export function requestRefused(where: string, request: string, reply: string): TargetError {
  return new TargetError('HH1555', `debug server ${where}: '${request}' failed: found ${reply}, expected OK`);
}

export function requestUnsupported(where: string, request: string): TargetError {
  return new TargetError('HH1556', `debug server ${where}: '${request}' is not supported by this server`, {
    remedy: 'capture with options.engine gdb',
  });
}

export function breakpointRefused(
  where: string,
  address: string,
  details: { set: number; reply: string },
): TargetError {
  const { set, reply } = details;
  return new TargetError(
    'HH1557',
    `debug server ${where}: breakpoint at ${address}: found ${reply}, with ${set} breakpoints already set`,
    { remedy: 'the chip has no comparator left: name fewer stops, or allow software breakpoints in RAM' },
  );
}

export function targetExited(where: string, reply: string): DeviceLostError {
  return new DeviceLostError('HH1558', `debug server ${where}: the target is gone: found '${reply}', expected a stop`);
}

export function memoryUnreadable(where: string, range: string, reply: string): TargetError {
  return new TargetError('HH1559', `debug server ${where}: memory at ${range}: found ${reply}, expected data`);
}

export function notHalted(request: string): TargetError {
  return new TargetError('HH1561', `${request}: found a running target, expected a halted one`, {
    remedy: 'interrupt the target first',
  });
}

export function interruptUnanswered(where: string, afterMs: Milliseconds): DeviceLostError {
  return new DeviceLostError(
    'HH1564',
    `debug server ${where}: the target did not stop within ${afterMs} ms of an interrupt`,
    {
      remedy: 'the core may sleep with its debug port off, or the probe lost it: reset the board',
    },
  );
}
