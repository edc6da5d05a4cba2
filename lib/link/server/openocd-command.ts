import { dirname, resolve } from 'node:path';
import type { Board, OpenocdConfig } from '../../boards/board.js';
import type { PluggedProbe } from '../../boards/usb-probes.js';
import { UsageError } from '../../errors/errors.js';
import type { AfterMode } from './target.js';

export interface OpenocdPorts {
  readonly gdb: number;
  readonly tcl: number;
}

export interface OpenocdChoice {
  /** `interface/NAME.cfg` or a path; absent: the board's, else the probe's. */
  readonly interface?: string;
  /** The probe's serial number, where it must be told. */
  readonly serial?: string;
  readonly speedKhz?: number;
  /** The probe that USB shows, when it is the only one that fits. */
  readonly probe?: PluggedProbe;
}

/** What OpenOCD is driven by, and how the user may know. */
export interface OpenocdCommand {
  readonly args: readonly string[];
  /** `interface cmsis-dap, target at91samdXX`. */
  readonly about: string;
}

/**
 * OpenOCD's command line: interface, transport, target in this order, because targets choose JTAG where nothing was selected before
 * them, and some then fail.
 * @throws UsageError HH1536 when nothing says which interface
 */
export function openocdCommand(
  board: Board,
  config: OpenocdConfig,
  { ports, choice, after }: OpenocdSetup,
): OpenocdCommand {
  const interfaceName =
    choice.interface ?? config.interface ?? (config.board ? undefined : choice.probe?.kind.interface);
  const ownDriver = config.before.length > 0 && choice.interface === undefined;
  if (interfaceName === undefined && config.board === undefined && !ownDriver) throw noInterface(board, choice);
  const script = config.board ?? config.target;
  const args: string[] = [];
  const run = (command: string) => args.push('-c', command);
  if (ownDriver) for (const command of config.before) run(command);
  else if (interfaceName !== undefined) args.push('-f', scriptPath('interface', interfaceName, board));
  const transport = transportOf(config, choice, interfaceName);
  if (transport !== undefined && !(config.board !== undefined && interfaceName === undefined))
    run(`transport select ${transport}`);
  if (choice.serial !== undefined) run(`adapter serial ${tclWord(choice.serial)}`);
  if (script !== undefined) args.push('-f', scriptPath(config.board ? 'board' : 'target', script, board));
  const speed = choice.speedKhz ?? config.speedKhz;
  if (speed !== undefined) run(`adapter speed ${speed}`);
  for (const command of config.commands) run(command);
  // After the scripts, which may name ports of their own.
  run(`gdb_port ${ports.gdb}`);
  run(`tcl_port ${ports.tcl}`);
  run('telnet_port disabled');
  run(`lappend pre_shutdown_commands {${leavingScript(after)}}`);
  const driver = interfaceName ?? (ownDriver ? 'of the board' : undefined);
  const about = [
    driver === undefined ? undefined : `interface ${driver}`,
    `${config.board ? 'board' : 'target'} ${script ?? 'none'}`,
  ];
  return { args, about: about.filter((part) => part !== undefined).join(', ') };
}

interface OpenocdSetup {
  readonly ports: OpenocdPorts;
  readonly choice: OpenocdChoice;
  readonly after: AfterMode;
}

/** Breakpoints off, and all comparators free: two writes, which a running core takes, too (Armv7-M Architecture Reference Manual, FP_CTRL). */
const COMPARATORS_OFF = 'mww 0xe0002000 2; mww 0xe0002008 0 8';
const IS_CORTEX_M = '[lsearch {cortex_m hla_target} [[target current] cget -type]] >= 0';

/**
 * How OpenOCD leaves its target when it is ended by whatever: without a breakpoint, and as was ordered. Nothing of it ends in an error.
 * The adapter may be slow and the time short, so that what does harm goes first, and a core that runs is not halted for it.
 */
function leavingScript(after: AfterMode): string {
  const state = '[[target current] curstate]';
  const halted = `catch {if {${state} ne "halted"} {halt}}; catch {rbp all}`;
  const running = `catch {if {${state} ne "halted"} {poll}}; catch {if {${state} ne "halted" && !(${IS_CORTEX_M})} {halt}}; catch {if {${state} eq "halted"} {catch {rbp all}; resume}}`;
  const last = { run: running, halt: halted, reset: `${halted}; catch {reset run}` }[after];
  return `catch {if {${IS_CORTEX_M}} {${COMPARATORS_OFF}}}; ${last}`;
}

/** A script of OpenOCD's by its name; one of the user's by its path, from the board file's folder on. */
function scriptPath(folder: 'interface' | 'target' | 'board', name: string, board: Board): string {
  if (!name.endsWith('.cfg')) return `${folder}/${name}.cfg`;
  return board.path === undefined || name.startsWith(`${folder}/`) ? name : resolve(dirname(board.path), name);
}

/** An interface that the user names brings its own transport, where it is known to need one. */
function transportOf(
  config: OpenocdConfig,
  choice: OpenocdChoice,
  interfaceName: string | undefined,
): string | undefined {
  if (interfaceName === 'stlink') return 'hla_swd';
  if (interfaceName === 'stlink-dap') return config.transport === 'jtag' ? 'dapdirect_jtag' : 'dapdirect_swd';
  // A script of the user's says itself what it can do.
  if (interfaceName?.endsWith('.cfg') && interfaceName !== config.interface) return undefined;
  if (choice.interface !== undefined && config.transport !== 'jtag') return 'swd';
  return config.transport;
}

/** Quoted for Tcl: serial numbers may hold any character. */
function tclWord(text: string): string {
  return `{${text.replace(/[{}\\]/g, '')}}`;
}

function noInterface(board: Board, { probe }: OpenocdChoice): UsageError {
  const found = probe ? `${probe.kind.title}, for which OpenOCD 0.12 has no interface,` : 'no debug probe on USB';
  return new UsageError('HH1536', `board ${board.name}: found ${found} and no options.interface, expected one`, {
    remedy: 'plug the probe in, or name what drives it: options.interface cmsis-dap, jlink, stlink-dap or a .cfg file',
  });
}
