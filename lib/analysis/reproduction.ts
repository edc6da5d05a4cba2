import { formatCount, type Seq } from '../base/units.js';
import { lifespans } from '../trace/lifespans.js';
import { callerOf } from '../trace/stack-trie.js';
import { EventKind, type Trace } from '../trace/trace.js';
import type { HeapRequests } from './heap-requests.js';
import { POLICIES } from './policies/all-policies.js';
import type { HeapSpace } from './policies/placement-policy.js';
import { PolicyReplay } from './policy-replay.js';

/** How near the policies come to the allocator that was captured. */
export interface Reproduction {
  /** The policy that puts most blocks where the capture has them; the first of {@link POLICIES} where several do. */
  readonly policy: string;
  readonly title: string;
  readonly same: number;
  readonly of: number;
  /** The event of the first block that this policy puts elsewhere; -1 when it puts all where they were. */
  readonly firstDifferentSeq: Seq;
  /** What the trace tells of why; may be empty, and is where everything was reproduced. */
  readonly reasons: readonly string[];
}

/** The functions that ask for an alignment, which the policies do not know of. */
const ALIGNED = /^_*(?:posix_)?(?:memalign|aligned_alloc|valloc|pvalloc)(?:_r|_veneer)?$|aligned_alloc$/;

const known = new WeakMap<Trace, { readonly space: HeapSpace; readonly found: Reproduction | undefined }>();

/** Replays a trace under every policy in the captured heap; undefined when it has no addresses or asks for nothing. */
export function reproduction(trace: Trace, requests: HeapRequests, space: HeapSpace): Reproduction | undefined {
  const before = known.get(trace);
  if (before && before.space.baseAddress === space.baseAddress && before.space.sizeBytes === space.sizeBytes) {
    return before.found;
  }
  const found = trace.info.hasAddresses ? nearest(trace, requests, space) : undefined;
  known.set(trace, { space, found });
  return found;
}

function nearest(trace: Trace, requests: HeapRequests, space: HeapSpace): Reproduction | undefined {
  let best: Omit<Reproduction, 'reasons'> | undefined;
  for (const policy of POLICIES) {
    const replay = new PolicyReplay(requests, policy, space);
    replay.run({ peakSeq: -1, stopAtFailure: false });
    const { agreement, firstDifferentSeq } = replay;
    if (agreement.of === 0) return undefined;
    if (!best || agreement.same > best.same) {
      best = { policy: policy.id, title: policy.title, ...agreement, firstDifferentSeq };
    }
    if (best.same === best.of) break;
  }
  return best && { ...best, reasons: best.same === best.of ? [] : reasonsOf(trace) };
}

/** What a trace tells of requests that no policy can follow. */
function reasonsOf(trace: Trace): string[] {
  const reasons: string[] = [];
  const say = (count: number, what: string, text: string) => {
    if (count > 0) reasons.push(`${formatCount(count)} ${what}${count === 1 ? '' : 's'} ${text}`);
  };
  const { events, info, notes, gaps } = trace;
  say(alignedRequests(trace), 'request', 'for an alignment (memalign), which the policies do not know');
  for (const { code, text } of notes) if (code === 'abandoned-calls') reasons.push(text);
  say(gaps.length, 'gap', 'in the capture: what was asked for there is missing');
  say(
    events.kind.filter((kind) => kind === EventKind.existing).length,
    'block',
    'alive before the capture: what came before them is missing',
  );
  for (const { kind, count } of lifespans(trace).findings) {
    if (kind === 'unknown-free' || kind === 'unknown-realloc')
      say(count, 'block', 'given back that nobody was seen to take');
  }
  if (info.sizeKind === 'block' && !events.requestedBytes)
    reasons.push('the trace has the sizes of blocks, not of requests');
  return reasons;
}

function alignedRequests({ events, frames, stacks, strings }: Trace): number {
  const isAligned = strings.map((name) => ALIGNED.test(name));
  if (!isAligned.includes(true)) return 0;
  const through = new Uint8Array(stacks.count);
  for (let stack = 0; stack < stacks.count; stack++) {
    const own = isAligned[frames.functionName[stacks.frame[stack] ?? -1] ?? -1] === true;
    through[stack] = own || through[callerOf(stacks, stack)] === 1 ? 1 : 0;
  }
  let count = 0;
  for (const [seq, kind] of events.kind.entries()) {
    if (kind === EventKind.alloc && through[events.stack[seq] ?? -1] === 1) count++;
  }
  return count;
}
