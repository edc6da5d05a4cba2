import {
  AFTER_MODES,
  type AfterMode,
  defined,
  RESET_MODES,
  SERVER_KINDS,
  type ServerKind,
  type TargetOptions,
  UsageError,
} from '../lib/public/command-line.js';
import type { Context } from './context.js';
import { positiveOption } from './number-options.js';
import type { OptionSet } from './options/option-set.js';

/** What the options of {@link withTargetOptions} parse to. */
export type TargetArgs = ReturnType<typeof withTargetOptions>['values'];

/** Which target, through which server: the same options for every command that has one. */
export function withTargetOptions<T>(set: OptionSet<T>) {
  return set
    .option('board', {
      type: 'string',
      alias: 'b',
      describe: 'a board (`harvest boards`), a board file, or auto: by its USB identity',
      values: 'board',
    })
    .option('server', {
      choices: SERVER_KINDS,
      describe: 'which debug server (default: what listens, or fits the probe)',
    })
    .option('gdb-server', { type: 'string', describe: 'HOST:PORT of a debug server that runs' })
    .option('interface', { type: 'string', describe: "OpenOCD's interface (default: by the probe on USB)" })
    .option('probe', { hidden: true, type: 'string', describe: 'the serial number of the probe, of several' })
    .option('server-program', { hidden: true, type: 'string', describe: "the debug server's program" })
    .option('speed', { hidden: true, type: 'number', describe: 'the clock of the debug link in kHz' })
    .option('qemu-arg', { type: 'string', array: true, describe: 'a further argument for QEMU' })
    .option('load', { type: 'boolean', default: false, describe: 'write the ELF file to the target first' })
    .option('verify', { type: 'boolean', default: true, describe: "compare the target's code with the ELF file" })
    .option('reset', {
      choices: RESET_MODES,
      default: 'halt',
      negated: 'none',
      describe: 'where the capture begins: none (--no-reset), halt, or init',
    })
    .option('after', {
      choices: AFTER_MODES,
      default: 'run' satisfies AfterMode,
      describe: 'what the target does then',
    })
    .option('gdb', { type: 'string', describe: 'the gdb program (or HARVEST_GDB)' });
}

/** The library's options; the environment stands in for what the command line leaves out. */
export function targetOptions(
  args: TargetArgs,
  { env }: Pick<Context, 'env'>,
): TargetOptions & { readonly gdb?: string } {
  return {
    load: args.load,
    verify: args.verify,
    reset: args.reset,
    after: args.after,
    ...defined({
      board: args.board ?? env.HARVEST_BOARD,
      server: args.server ?? serverOf(env.HARVEST_SERVER),
      gdbServer: args.gdbServer ?? env.HARVEST_GDB_SERVER,
      interface: args.interface ?? env.HARVEST_INTERFACE,
      probe: args.probe ?? env.HARVEST_PROBE,
      serverProgram: args.serverProgram ?? env.HARVEST_SERVER_PROGRAM,
      speedKhz: args.speed === undefined ? undefined : positiveOption('--speed', args.speed),
      qemuArgs: args.qemuArg,
      gdb: args.gdb ?? env.HARVEST_GDB,
    }),
  };
}

function serverOf(text: string | undefined): ServerKind | undefined {
  if (text === undefined || text === '') return undefined;
  const kind = SERVER_KINDS.find((one) => one === text);
  if (kind) return kind;
  throw new UsageError('HH1118', `HARVEST_SERVER=${text}: expected one of ${SERVER_KINDS.join(', ')}`);
}
