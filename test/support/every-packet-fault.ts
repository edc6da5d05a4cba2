import { eventLines } from './capture.js';
import { FAULTS, type Faulty, faultySession, judge } from './faulty-link.js';

/*
 * Every fault at every packet of a session of 120 events, some 500 packets each way: no wrong event, no silent loss, no hang. Minutes,
 * so no part of `npm test`, which tries every seventh packet of a shorter session.
 *
 *   node dist/test/support/every-packet-fault.js
 */

const EVENTS = 120;
/** Most sessions wait for what never comes. */
const AT_ONCE = 16;

const clean = await faultySession({ events: EVENTS });
const cleanLines = eventLines(clean.captured.trace);
const waiting: (Faulty & { readonly name: string })[] = [];
for (const direction of ['toServer', 'toClient'] as const) {
  for (const [name, fault] of FAULTS) {
    for (let index = 0; index < clean.packets[direction]; index++) waiting.push({ direction, index, fault, name });
  }
}
const total = waiting.length;
const verdicts = new Map<string, number>();
let wrong = 0;

async function work(): Promise<void> {
  for (let faulty = waiting.pop(); faulty; faulty = waiting.pop()) {
    const verdict = judge((await faultySession({ events: EVENTS, faulty })).captured, cleanLines);
    verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
    if (verdict === 'whole' || verdict === 'lost, and told') continue;
    wrong++;
    process.stdout.write(`packet ${faulty.index} ${faulty.direction}, ${faulty.name}: ${verdict}\n`);
  }
}

await Promise.all(Array.from({ length: AT_ONCE }, work));
for (const [verdict, count] of verdicts) process.stdout.write(`${verdict}: ${count} of ${total}\n`);
process.exitCode = wrong === 0 ? 0 : 1;
