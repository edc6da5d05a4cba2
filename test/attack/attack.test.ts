import test from 'ava';
import { attackJournal, attackPackets, attackReaders } from './attack-bytes.js';
import { attackCaptures } from './attack-captures.js';

/* The short form of `npm run attack`. */

test.serial('a journal of 64 KiB that is cut or damaged anywhere never lies', (t) => {
  t.deepEqual(attackJournal({ seed: 7, scale: 3 }).faults, []);
});

test.serial('mutated inputs crash no reader and hold none up', (t) => {
  t.timeout(120_000);
  t.deepEqual(attackReaders({ seed: 7, scale: 1 }).faults, []);
});

test.serial('a faulty proxy makes no wrong event', async (t) => {
  t.timeout(120_000);
  t.deepEqual((await attackPackets({ seed: 7, scale: 1 })).faults, []);
});

test.serial('killed and frozen processes of a capture end it, with no wrong event and no process left', async (t) => {
  t.timeout(600_000);
  const rows = await attackCaptures({ seed: 7, scale: 1 });
  t.deepEqual(
    rows.flatMap(({ faults }) => faults),
    [],
  );
});
