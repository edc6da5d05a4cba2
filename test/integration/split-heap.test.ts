import test from 'ava';
import { captureSummary } from '../../lib/analysis/capture-summary.js';
import { fragmentation } from '../../lib/analysis/fragmentation.js';
import { heapMap } from '../../lib/analysis/heap-map.js';
import { heapPeak } from '../../lib/analysis/heap-usage.js';
import { DirectEngine } from '../../lib/capture/direct/direct-engine.js';
import { GdbEngine } from '../../lib/capture/gdb/gdb-engine.js';
import { findGdb } from '../../lib/link/mi/find-gdb.js';
import { fragmentationText } from '../../lib/report/fragmentation-text.js';
import { journalBytes } from '../../lib/trace/journal-bytes.js';
import { readJournal } from '../../lib/trace/journal-reader.js';
import { lifespans } from '../../lib/trace/lifespans.js';
import { captureInQemu, eventLines } from '../support/capture.js';
import { lispFirmware } from '../support/lisp-firmware.js';

const firmware = (variant: string) => lispFirmware({ board: 'mps2-an385', opt: 'Og', variant });
const setupOf = (variant: string) => ({ boardName: 'qemu-mps2-an385', elf: firmware(variant) });

test.serial(
  'a heap in three areas: each block in its own, the same in both engines, checked in all areas',
  async (t) => {
    t.timeout(240_000);
    const direct = await captureInQemu(new DirectEngine(), setupOf('split'));
    const gdb = await captureInQemu(new GdbEngine(await findGdb()), setupOf('split'));
    t.is(direct.error, undefined);
    t.deepEqual(eventLines(direct.trace), eventLines(gdb.trace));
    t.deepEqual(
      direct.trace.regions.map(({ name, sizeBytes }) => [name, sizeBytes]),
      // 4,096 bytes in two, one and one quarters, less the tables: 2,048 bytes have 31 bytes of table and 124 blocks.
      [
        ['gc', 124 * 16],
        ['gc 2', 60 * 16],
        ['gc 3', 60 * 16],
      ],
    );
    t.is(direct.trace.info.oracle?.outcome, 'matched', JSON.stringify(direct.trace.info.oracle));
    t.deepEqual(direct.trace.info.oracle, gdb.trace.info.oracle);
    t.regex(direct.trace.info.oracle?.detail ?? '', /tables of 3 areas/);
    const { findings, reallocations, liveAllocations } = captureSummary(direct.trace);
    t.deepEqual(findings, []);
    // By block number alone, blocks of different areas would look like one that is reallocated.
    t.true(reallocations < 10, `${reallocations}`);
    t.is(direct.trace.info.oracle?.liveAllocations, liveAllocations);
    // The map has all of them, as they were when the heap was fullest, and each block lies in the area that it is counted in.
    const { seq } = heapPeak(direct.trace);
    const map = heapMap(direct.trace, seq);
    t.deepEqual([map.outsideCount, map.boundsKnown], [0, true]);
    t.deepEqual(map.regions.map(({ region }) => region.name).sort(), ['gc', 'gc 2', 'gc 3']);
    const { address, sizeBytes } = lifespans(direct.trace);
    for (const { region, blocks, gaps, usedBytes, freeBytes } of map.regions) {
      t.true(blocks.length > 0, region.name);
      t.is(usedBytes + freeBytes, region.sizeBytes);
      t.is(
        blocks.reduce((sum, span) => sum + (sizeBytes[span] ?? 0), 0),
        usedBytes,
      );
      t.is(
        gaps.reduce((sum, gap) => sum + gap.sizeBytes, 0),
        freeBytes,
      );
      const isInside = (at = 0) => at >= region.baseAddress && at < region.baseAddress + region.sizeBytes;
      t.true([...blocks].every((span) => isInside(address[span])) && gaps.every((gap) => isInside(gap.address)));
    }
    // So has the page that `harvest report` writes, which holds the trace itself.
    t.deepEqual(readJournal(Buffer.concat(journalBytes(direct.trace))).build().regions, direct.trace.regions);
    const text = fragmentationText(fragmentation(direct.trace, { atSeq: seq }));
    for (const name of ['gc', 'gc 2', 'gc 3']) t.regex(text, new RegExp(`^  ${name} at 0x`, 'm'));
  },
);

test.serial('areas that lie in descending order are told apart just as well, in both engines', async (t) => {
  t.timeout(240_000);
  const direct = await captureInQemu(new DirectEngine(), setupOf('splitdown'));
  const gdb = await captureInQemu(new GdbEngine(await findGdb()), setupOf('splitdown'));
  t.is(direct.error, undefined);
  t.deepEqual(eventLines(direct.trace), eventLines(gdb.trace));
  const [first, second, third] = direct.trace.regions.map(({ baseAddress }) => baseAddress);
  t.true((first ?? 0) > (second ?? 0) && (second ?? 0) > (third ?? 0));
  t.is(direct.trace.info.oracle?.outcome, 'matched', JSON.stringify(direct.trace.info.oracle));
  t.regex(direct.trace.info.oracle?.detail ?? '', /tables of 3 areas/);
  t.deepEqual(captureSummary(direct.trace).findings, []);
});

test.serial('a split heap ends after the number of events that was asked for', async (t) => {
  t.timeout(240_000);
  const { trace } = await captureInQemu(new DirectEngine(), { ...setupOf('split'), plan: { maxEvents: 190 } });
  t.is(trace.eventCount, 190);
  t.is(trace.info.oracle?.outcome, 'matched', JSON.stringify(trace.info.oracle));
});

test.serial('gc_init that was inlined: a restart shows in the table, in both engines', async (t) => {
  t.timeout(240_000);
  const direct = await captureInQemu(new DirectEngine(), setupOf('restart'));
  const gdb = await captureInQemu(new GdbEngine(await findGdb()), setupOf('restart'));
  t.is(direct.error, undefined);
  t.deepEqual(eventLines(direct.trace), eventLines(gdb.trace));
  t.deepEqual(direct.trace.epochs, gdb.trace.epochs);
  // The boot script runs three times, each time with the same events.
  const { eventCount, epochs } = direct.trace;
  t.is(eventCount % 3, 0);
  t.deepEqual(
    epochs.map(({ beforeSeq }) => beforeSeq),
    [eventCount / 3, (2 * eventCount) / 3],
  );
  t.deepEqual(captureSummary(direct.trace).findings, []);
  t.is(direct.trace.info.oracle?.outcome, 'matched', JSON.stringify(direct.trace.info.oracle));
});
