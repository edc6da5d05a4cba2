import { errorMessage } from '../../errors/errors.js';
import type { RspClient } from '../../link/rsp/rsp-client.js';
import { letsGo, SERVER_NAMES, type ServerKind, type Target } from '../../link/server/target.js';

/** OpenOCD leaves the target halted at a detach (its documentation says otherwise): it is told before. */
const RESUME_COMMANDS: Partial<Record<ServerKind, string>> = { openocd: 'resume' };
/** Tells what the target does then, so that nobody must believe it. */
const STATE_COMMANDS: Partial<Record<ServerKind, string>> = { openocd: '[target current] curstate' };

/** What a debug server must be told before it is detached from, so that the target runs on; undefined where detaching does it. */
export function resumeCommand({ kind, orders }: Pick<Target, 'kind' | 'orders'>): string | undefined {
  return (orders.after ?? 'run') === 'run' ? RESUME_COMMANDS[kind] : undefined;
}

/**
 * Lets go of a target: takes the breakpoints away, lets it run on, and says in one line what it does now and how that is known. Never
 * throws: what did not work is said too.
 */
export async function letGo(client: RspClient, target: Target): Promise<string> {
  const name = SERVER_NAMES[target.kind];
  try {
    await client.interrupt();
    await client.breakpoints.removeAll();
  } catch (error) {
    const left = client.breakpoints.maybeSet.length;
    return `the target may be halted, with ${left} breakpoints still set: ${errorMessage(error)}`;
  }
  if (!letsGo(target)) return 'the target is halted, without a breakpoint';
  const resume = resumeCommand(target);
  try {
    if (resume !== undefined) await client.monitor(resume);
    const asked = STATE_COMMANDS[target.kind];
    const state = asked === undefined ? undefined : (await client.monitor(asked)).trim();
    const said = (await client.connection.request('D', 2_000).catch(() => Buffer.alloc(0))).toString('latin1');
    if (state !== undefined && state !== 'running')
      return `the target is ${state}, without a breakpoint, though it was told to run on`;
    if (state !== undefined) return `the target runs on, without a breakpoint (${name} says: ${state})`;
    return said === 'OK'
      ? `the target was let go without a breakpoint: ${name} lets it run on`
      : `the target was let go without a breakpoint; ${name} did not say whether it runs on`;
  } catch (error) {
    return `the target may be halted, without a breakpoint: ${errorMessage(error)}`;
  } finally {
    client.connection.destroy();
  }
}
