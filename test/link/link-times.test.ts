import test from 'ava';
import fc from 'fast-check';
import { Latencies, linkReport, RunTimes } from '../../lib/link/link-times.js';

test('percentiles are those of the sorted times, within two percent', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.002, max: 60_000, noNaN: true }), { minLength: 1, maxLength: 300 }),
        (times) => {
          const latencies = new Latencies();
          for (const ms of times) latencies.add(ms);
          const sorted = [...times].sort((a, b) => a - b);
          for (const part of [0.5, 0.95, 0.99, 1]) {
            const exact = sorted[Math.max(1, Math.ceil(part * sorted.length)) - 1] ?? 0;
            const found = latencies.percentileMs(part);
            if (Math.abs(found - exact) > 0.02 * exact) return false;
          }
          return latencies.maxMs === sorted.at(-1);
        },
      ),
    ),
  );
});

test('a link that was not used says nothing of itself', (t) => {
  t.deepEqual(linkReport(new Latencies(), new RunTimes()), {});
});

test('what took no time, and what took for ever, have their place', (t) => {
  const latencies = new Latencies();
  latencies.add(0);
  latencies.add(1e12);
  t.true(latencies.percentileMs(0.5) < 0.01);
  t.is(latencies.maxMs, 1e12);
});

test('the halted share is of the time from the first run on', (t) => {
  const times = new RunTimes();
  t.is(times.haltedPercent, undefined);
  const start = performance.now() - 1_000;
  times.began(start);
  times.stopped(start + 250);
  const shareAt = (now: number) => Math.round(100 * (1 - 250 / (now - start)));
  const earliest = shareAt(performance.now());
  const found = times.haltedPercent ?? 0;
  t.true(found >= earliest && found <= shareAt(performance.now()), `${found}`);
  t.true(earliest >= 75);
});
