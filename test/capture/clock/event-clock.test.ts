import test from 'ava';
import { eventClock } from '../../../lib/capture/clock/event-clock.js';
import type { TargetClock } from '../../../lib/capture/clock/parse-clock.js';

const COUNTER = 0xe0001004;
const CONTROL = 0xe0001000;

/** Words of a target's memory, of 32 bits. */
function memoryOf(words: ReadonlyMap<number, number>) {
  return {
    readMemory: async (address: number, length: number) => {
      const bytes = new Uint8Array(8);
      new DataView(bytes.buffer).setUint32(0, words.get(address) ?? 0, true);
      return bytes.subarray(0, length);
    },
  };
}

const CYCLES: TargetClock = {
  name: 'DWT_CYCCNT, 1,000,000 Hz',
  address: COUNTER,
  bytes: 4,
  hertz: 1_000_000,
  enabled: { address: CONTROL, bit: 0, remedy: 'enable it' },
};

async function timesOf(clock: TargetClock, counts: readonly number[]): Promise<number[]> {
  const read = eventClock(clock);
  const times: number[] = [];
  for (const count of counts) {
    await read.tick(
      memoryOf(
        new Map([
          [COUNTER, count],
          [CONTROL, 1],
        ]),
      ),
    );
    times.push(read.nowUs);
  }
  return times;
}

test('a cycle counter that runs tells the time, over one wrap too', async (t) => {
  t.deepEqual(await timesOf(CYCLES, [1000, 1500]), [1000, 1500]);
  t.deepEqual(await timesOf(CYCLES, [0xffff_fff0, 16]), [4_294_967_280, 4_294_967_312]);
});

test('a counter that began anew with the firmware goes on from where it was', async (t) => {
  t.deepEqual(await timesOf(CYCLES, [5000, 9000, 200, 700]), [5000, 9000, 9200, 9700]);
});

test('a counter that does not run is an error at the first event, with the remedy', async (t) => {
  const read = eventClock(CYCLES);
  const memory = memoryOf(new Map([[COUNTER, 77]]));
  await t.throwsAsync(read.tick(memory), { code: 'HH1373', message: /bit 0 of 0xe0001000 clear/ });
});

test('counters of 2 bytes wrap at theirs', async (t) => {
  t.deepEqual(await timesOf({ ...CYCLES, bytes: 2 }, [65_000, 65_535, 100]), [65_000, 65_535, 65_636]);
});
