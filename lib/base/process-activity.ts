import { readdirSync, readFileSync } from 'node:fs';

/** What the processes of a group do at a moment. */
export interface GroupActivity {
  /** Processor time of all of them so far, in ticks of the kernel (mostly 10 ms). */
  readonly ticks: number;
  /** Whether one of them would go on if it had a processor. */
  readonly wantsToRun: boolean;
}

/** Their processor time is rounded. */
const IDLE_TICKS = 1;

/** Undefined where the system does not tell (it has no /proc), or nobody is left in the group. */
export function groupActivity(group: number): GroupActivity | undefined {
  let ticks = 0;
  let wantsToRun = false;
  let isThere = false;
  for (const pid of processIds()) {
    const stat = statOf(pid);
    if (stat?.group !== group) continue;
    isThere = true;
    ticks += stat.ticks;
    // D is a wait for a disk: it has something to do.
    wantsToRun ||= stat.state === 'R' || stat.state === 'D';
  }
  return isThere ? { ticks, wantsToRun } : undefined;
}

/** So many looks tell. */
const LOOKS = 3;

/**
 * Whether it neither computes nor would, by the last three looks at it, the latest last; not by fewer. One of the three may have met it running: who
 * waits looks for an answer now and then.
 */
export function isIdle(looks: readonly (GroupActivity | undefined)[]): boolean {
  const last = looks.slice(-LOOKS).filter((it) => it !== undefined);
  const [first] = last;
  if (last.length < LOOKS || !first) return false;
  const ticks = (last.at(-1)?.ticks ?? 0) - first.ticks;
  return last.filter(({ wantsToRun }) => wantsToRun).length <= 1 && ticks <= IDLE_TICKS * (LOOKS - 1);
}

function processIds(): string[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

/** proc(5): the name in parentheses may hold anything; behind it state, parent, group, and as the 12th and 13th the times. */
function statOf(pid: string): { readonly state: string; readonly group: number; readonly ticks: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const [state = '', , group] = fields;
    return { state, group: Number(group), ticks: Number(fields[11]) + Number(fields[12]) };
  } catch {
    // It has ended meanwhile.
    return undefined;
  }
}
