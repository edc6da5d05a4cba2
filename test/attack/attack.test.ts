import test from 'ava';
import { attackJournal, attackPackets } from './attack-bytes.js';
import { attackCaptures } from './attack-captures.js';
import { attackJournalWriter } from './attack-journal-writer.js';
import { attackMemory } from './attack-memory.js';
import { attackOpenocd } from './attack-openocd.js';
import { attackProxy } from './attack-proxy.js';
import { attackReaders } from './attack-readers.js';
import { attackResets } from './attack-resets.js';
import type { AttackRow } from './attack-row.js';
import { attackSerial } from './attack-serial.js';

/* The short form of `npm run attack`. */

test.serial('a journal of 64 KiB that is cut or damaged anywhere never lies', (t) => {
  t.deepEqual(attackJournal({ seed: 7, scale: 3 }).faults, []);
});

const faultsOf = (rows: readonly AttackRow[]) =>
  rows.flatMap(({ attack, faults }) => faults.map((fault) => `${attack}: ${fault}`));

test.serial('a writer that is killed has written what it said to have captured', async (t) => {
  t.timeout(180_000);
  t.deepEqual(faultsOf([await attackJournalWriter({ seed: 7, scale: 1 })]), []);
});

test.serial('a dump over a serial line that is damaged anywhere is read on behind the next line, and says so', (t) => {
  t.timeout(180_000);
  t.deepEqual(faultsOf(attackSerial({ seed: 7, scale: 3 })), []);
});

test.serial('a target that is reset begins a new epoch, and nothing of before counts as a leak', async (t) => {
  t.timeout(120_000);
  t.deepEqual(faultsOf(await attackResets({ seed: 7, scale: 1 })), []);
});

test.serial(
  'an OpenOCD that is killed or frozen is noticed, and leaves no breakpoint for the next attach',
  async (t) => {
    t.timeout(240_000);
    t.deepEqual(faultsOf(await attackOpenocd({ seed: 7, scale: 1 })), []);
  },
);

test.serial('mutated inputs crash no reader and hold none up', async (t) => {
  t.timeout(180_000);
  t.deepEqual((await attackReaders({ seed: 7, scale: 1 })).faults, []);
});

test.serial('a journal, whole or damaged, takes 64 MiB and 8 times its length at the most', async (t) => {
  t.timeout(180_000);
  t.deepEqual((await attackMemory({ seed: 7, scale: 2, match: 'journal' })).faults, []);
});

test.serial('a faulty proxy makes no wrong event', async (t) => {
  t.timeout(120_000);
  t.deepEqual((await attackPackets({ seed: 7, scale: 1 })).faults, []);
});

test.serial('nor does one between gdb or the malloc hooks and an emulator', async (t) => {
  t.timeout(240_000);
  t.deepEqual(faultsOf(await attackProxy({ seed: 7, scale: 1 })), []);
});

test.serial('killed and frozen processes of a capture end it, with no wrong event and no process left', async (t) => {
  t.timeout(600_000);
  t.deepEqual(faultsOf(await attackCaptures({ seed: 7, scale: 1 })), []);
});
