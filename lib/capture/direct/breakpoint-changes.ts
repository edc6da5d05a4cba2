import type { Address } from '../../base/units.js';
import type { RspClient } from '../../link/rsp/rsp-client.js';

/**
 * Breakpoints that change between two runs, asked for in the write that lets the target run: by themselves each would cost a round trip at
 * every stop. Only what the server took before goes that way (see {@link Breakpoints.isSureOf}); all else is asked for at once, while
 * the target is halted.
 */
export class BreakpointChanges {
  private readonly toSet = new Set<Address>();
  private readonly toRemove = new Set<Address>();

  constructor(private readonly client: RspClient) {}

  /** Whether there is a breakpoint when the target runs on. */
  willHave(address: Address): boolean {
    return this.toSet.has(address) || (this.client.breakpoints.has(address) && !this.toRemove.has(address));
  }

  /** @throws TargetError HH1557 when there is no room for it. */
  async set(address: Address): Promise<void> {
    if (this.toRemove.delete(address) || this.willHave(address)) return;
    const { breakpoints } = this.client;
    const count = breakpoints.addresses.length - this.toRemove.size + this.toSet.size + 1;
    if (this.client.mayPipelineRun && breakpoints.isSureOf(address, count)) {
      this.toSet.add(address);
      return;
    }
    // A comparator that is to be given back may be the one that is wanted now.
    await this.flush();
    await breakpoints.set(address);
  }

  async remove(address: Address): Promise<void> {
    if (this.toSet.delete(address) || !this.client.breakpoints.has(address)) return;
    if (this.client.mayPipelineRun) this.toRemove.add(address);
    else await this.client.breakpoints.remove(address);
  }

  /** What is to be asked for before the target runs: those that make room come first. {@link confirmed} is to be called when all were answered by OK. */
  requests(): string[] {
    const { breakpoints } = this.client;
    return breakpoints.requestsFor({ remove: [...this.toRemove], set: [...this.toSet] });
  }

  confirmed(): void {
    this.client.breakpoints.confirmed({ remove: [...this.toRemove], set: [...this.toSet] });
    this.toRemove.clear();
    this.toSet.clear();
  }

  /** Asks for all of them now. */
  async flush(): Promise<void> {
    const requests = this.requests();
    if (requests.length === 0) return;
    const replies = await Promise.all(this.client.connection.send(requests));
    for (const [index, reply] of replies.entries()) this.client.expectOk(reply, requests[index] ?? '');
    this.confirmed();
  }
}
