import test from 'ava';
import { faultyRun, type ProxySession, proxySessions } from '../attack/attack-proxy.js';
import { eventLines } from '../support/capture.js';
import { judge } from '../support/faulty-link.js';

/*
 * A request that the server answers twice: gdb takes the second answer for that to its next request, and puts itself right without a word when
 * it asks for the registers again. What was read between is other memory than it seems.
 */

const sessions = await proxySessions(24);
/** Behind the packets of the beginning (connecting, comparing code), so many one after another: those of an event. */
const FIRST = 60;
const COUNT = 7;

async function everyPacket(session: ProxySession): Promise<string[]> {
  const clean = eventLines((await faultyRun(session)).trace);
  const verdicts: string[] = [];
  for (let index = FIRST; index < FIRST + COUNT; index++) {
    const captured = await faultyRun(session, { direction: 'toServer', index, fault: { kind: 'duplicate' } });
    verdicts.push(`packet ${index}: ${judge(captured, clean)}`);
  }
  return verdicts;
}

for (const session of sessions.filter(({ engine }) => engine.name === 'gdb')) {
  test.serial(`${session.title}: no event is made of answers to other requests`, async (t) => {
    const verdicts = await everyPacket(session);
    t.deepEqual(
      verdicts.filter((verdict) => !/: (whole|lost, and told)$/.test(verdict)),
      [],
    );
    t.true(
      verdicts.some((verdict) => verdict.endsWith('lost, and told')),
      verdicts.join('\n'),
    );
  });
}
