import { errorMessage } from '../../errors/errors.js';
import { type AfterMode, SERVER_NAMES, type ServerKind, type Target } from './target.js';

/** How one kind of link lets go of its target. */
export interface Leaving {
  /** Halts the target and takes every breakpoint away. */
  disarm(): Promise<void>;
  /** How many breakpoints may be set still. */
  maybeArmed(): number;
  /** A command to the debug server itself; resolves to its output. */
  monitor(command: string): Promise<string>;
  /** Detaches, after which most servers let the target run on. Resolves to whether the server agreed. */
  detach(): Promise<boolean>;
  /** Ends the connection and leaves the target as it is. */
  disconnect(): Promise<void>;
}

type Commands = Partial<Record<AfterMode, readonly string[]>>;
type Orders = Pick<Target, 'kind' | 'orders'>;

/** What a server must be told before it is left. OpenOCD leaves the target halted at a detach (its documentation says otherwise). */
const AFTER_COMMANDS: Partial<Record<ServerKind, Commands>> = {
  openocd: { run: ['resume'], reset: ['reset run'] },
  jlink: { reset: ['reset'] },
  pyocd: { reset: ['reset halt'] },
  'probe-rs': { reset: ['reset halt'] },
  qemu: { reset: ['system_reset'] },
};
/** Tell what the target does then, and which breakpoints are set, so that nobody must believe it. */
const CHECKS: Partial<Record<ServerKind, { readonly state: string; readonly breakpoints: string }>> = {
  openocd: { state: '[target current] curstate', breakpoints: 'bp' },
};
const DONE: Readonly<Record<AfterMode, string>> = {
  run: 'runs on',
  halt: 'stays halted',
  reset: 'was reset and runs',
};

/** What a debug server must be told before it is left, so that the target does what was ordered. Often empty. */
export function afterCommands({ kind, orders }: Orders): readonly string[] {
  return AFTER_COMMANDS[kind]?.[orders.after ?? 'run'] ?? [];
}

/** Whether a server of this kind can leave its target so. */
export function canLeave(kind: ServerKind, after: AfterMode): boolean {
  // A Black Magic Probe lets its target run when it is left.
  if (kind === 'blackmagic') return after === 'run';
  return after !== 'reset' || AFTER_COMMANDS[kind]?.reset !== undefined;
}

/**
 * Lets go of a target: takes the breakpoints away, leaves it as was ordered, and says in one line what it does now and how that is known.
 * Never throws: what did not work is said too.
 */
export async function letGo(link: Leaving, target: Orders): Promise<string> {
  const name = SERVER_NAMES[target.kind];
  try {
    await link.disarm();
  } catch (error) {
    return `the target may be halted, with ${link.maybeArmed()} breakpoints still set: ${errorMessage(error)}`;
  }
  const after = target.orders.after ?? 'run';
  try {
    for (const command of afterCommands(target)) await link.monitor(command);
    const found = await check(link, target.kind);
    const agreed = after === 'halt' ? await link.disconnect().then(() => false) : await link.detach();
    if (found) return checkedText(found, after, name);
    if (after === 'halt')
      return `the target was left halted, without a breakpoint; ${name} did not say whether it stays so`;
    const done = after === 'reset' ? 'reset and let go' : 'let go';
    return agreed
      ? `the target was ${done} without a breakpoint: ${name} lets it run on`
      : `the target was ${done} without a breakpoint; ${name} did not say whether it runs on`;
  } catch (error) {
    return `the target may be halted, without a breakpoint: ${errorMessage(error)}`;
  }
}

interface Found {
  readonly state: string;
  readonly breakpoints: number;
}

async function check(link: Leaving, kind: ServerKind): Promise<Found | undefined> {
  const asked = CHECKS[kind];
  if (!asked) return undefined;
  const listed = (await link.monitor(asked.breakpoints)).trim();
  const state = (await link.monitor(asked.state)).trim();
  return { state, breakpoints: listed === '' ? 0 : listed.split('\n').length };
}

function checkedText({ state, breakpoints }: Found, after: AfterMode, name: string): string {
  const without = breakpoints === 0 ? 'without a breakpoint' : `with ${breakpoints} breakpoints still set`;
  const isAsOrdered = state === (after === 'halt' ? 'halted' : 'running');
  if (isAsOrdered) return `the target ${DONE[after]}, ${without} (${name} says: ${state})`;
  const ordered = after === 'halt' ? 'to stay halted' : after === 'reset' ? 'to reset and run' : 'to run on';
  return `the target is ${state}, ${without}, though it was told ${ordered}`;
}
