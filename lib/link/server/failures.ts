import { didYouMean } from '../../base/did-you-mean.js';
import { type PluggedProbe, udevRuleFor } from '../../boards/usb-probes.js';
import { type HarvestError, TargetError } from '../../errors/errors.js';

/*
 * One error for each way in which a debug server cannot work, whichever server says it. `found` is the server's own line.
 */

/** What a message needs to know besides the server's line. */
export interface FailureContext {
  /** `OpenOCD`. */
  readonly server: string;
  readonly board: string;
  /** The probes that USB shows; empty where none is, or where the system does not tell. */
  readonly probes: readonly PluggedProbe[];
}

/** Servers tell a probe that they may not open as one that is not there, or that does not open: the system knows better. */
function withoutPermission(context: FailureContext): FailureContext | undefined {
  const denied = context.probes.filter(({ device }) => device.isDenied);
  return denied.length === 0 ? undefined : { ...context, probes: denied };
}

export function noProbe(context: FailureContext, found: string): HarvestError {
  const denied = withoutPermission(context);
  if (denied) return noPermission(denied, found);
  const { server, probes } = context;
  const seen = probes.map(({ kind, device }) => `${kind.title} (${device.vid}:${device.pid})`).join(', ');
  return new TargetError('HH1522', `${server}: no debug probe: found '${found}'`, {
    remedy:
      seen === ''
        ? 'plug the probe in (USB shows none); a charging cable has no data lines'
        : `USB shows ${seen}, which this does not drive: name its interface with options.interface, or another server with options.server`,
  });
}

export function noPermission({ server, probes }: FailureContext, found: string): HarvestError {
  const [probe] = probes;
  const rule = probe ? udevRuleFor(probe.device) : udevRuleFor({ vid: 'VVVV', pid: 'PPPP' });
  return new TargetError('HH1523', `${server}: no permission for the probe: found '${found}'`, {
    remedy: `put this line into /etc/udev/rules.d/60-heap-harvest.rules, run 'sudo udevadm control --reload' and plug the probe in again: ${rule}`,
  });
}

export function wrongChip({ server, board }: FailureContext, found: string): HarvestError {
  return new TargetError(
    'HH1524',
    `${server}: another chip answers: found '${found}', expected that of board ${board}`,
    {
      remedy: 'name the board that is connected with options.board; `harvest boards` lists them',
    },
  );
}

export function chipSilent({ server }: FailureContext, found: string): HarvestError {
  return new TargetError('HH1525', `${server}: the probe works, the chip does not answer: found '${found}'`, {
    remedy:
      'is the board powered, are SWDIO, SWCLK and GND connected, is it asleep? hold its reset button while connecting, or try options.speedKhz 100',
  });
}

export function chipLocked({ server }: FailureContext, found: string): HarvestError {
  return new TargetError('HH1526', `${server}: the chip is locked: found '${found}'`, {
    remedy: 'its debug port is protected; unlocking erases all of its flash, with the tool of its vendor',
  });
}

export function noVoltage({ server }: FailureContext, found: string): HarvestError {
  return new TargetError('HH1527', `${server}: the target has no supply voltage: found '${found}'`, {
    remedy: 'power the board, and connect the probe’s VTref pin to its 3.3 V',
  });
}

export function portInUse({ server }: FailureContext, found: string): HarvestError {
  return new TargetError('HH1528', `${server}: its port is in use: found '${found}'`, {
    remedy: 'another server or debugger runs: end it, or attach to it with options.gdbServer HOST:PORT',
  });
}

export function otherFlavour({ server, board }: FailureContext, found: string): HarvestError {
  return new TargetError('HH1529', `${server}: this build does not know what board ${board} needs: found '${found}'`, {
    remedy:
      '`harvest boards show` names the build (mainline, espressif, raspberrypi); give its program with options.serverProgram',
  });
}

/** OpenOCD's interface scripts that people have probes for, by name. */
const INTERFACES = ['cmsis-dap', 'jlink', 'stlink', 'stlink-dap', 'esp_usb_jtag', 'raspberrypi-native', 'kitprog'];

export function badConfiguration({ server }: FailureContext, found: string): HarvestError {
  const [, name] = /Can't find interface\/(\S+)\.cfg/.exec(found) ?? [];
  if (name !== undefined) {
    return new TargetError(
      'HH1530',
      `${server}: options.interface ${name}: it has no such script${didYouMean(name, INTERFACES)}`,
      {
        remedy: `the usual ones: ${INTERFACES.join(', ')}; a script of your own is named by its path, with .cfg`,
      },
    );
  }
  return new TargetError('HH1530', `${server}: its configuration is wrong: found '${found}'`, {
    remedy: 'see the board file’s `openocd` part (docs/boards.md) and options.interface; -v shows the command',
  });
}

export function probeBusy(context: FailureContext, found: string): HarvestError {
  const denied = withoutPermission(context);
  if (denied) return noPermission(denied, found);
  const { server } = context;
  return new TargetError('HH1534', `${server}: another program holds the probe: found '${found}'`, {
    remedy: 'end the other debugger or IDE, or attach to its server with options.gdbServer HOST:PORT',
  });
}

export function severalProbes({ server, probes }: FailureContext, found: string): HarvestError {
  const list = probes.map(({ kind, device }) => `${device.serialNumber || '?'} (${kind.title})`).join(', ');
  return new TargetError('HH1535', `${server}: several probes are plugged in: found '${found}'`, {
    remedy: `say which one: options.probe SERIAL${list === '' ? '' : `, of ${list}`}`,
  });
}
