import test from 'ava';
import { eventClock } from '../../../lib/capture/clock/event-clock.js';
import type { CounterClock, SysTickClock, TargetClock } from '../../../lib/capture/clock/parse-clock.js';

const COUNTER = 0xe0001004;
const CONTROL = 0xe0001000;

/** Words of a target's memory, of 32 bits. */
function memoryOf(words: ReadonlyMap<number, number>) {
  return {
    monitor: async (command: string) => `unknown command: '${command}'\r\n`,
    readMemory: async (address: number, length: number) => {
      const bytes = new Uint8Array(8);
      new DataView(bytes.buffer).setUint32(0, words.get(address) ?? 0, true);
      return bytes.subarray(0, length);
    },
  };
}

const CYCLES: CounterClock = {
  kind: 'counter',
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

const TICKS = 0x20000100;
const SYSTICK: SysTickClock = {
  kind: 'systick',
  name: 'SysTick and uwTick, 1,000,000 Hz',
  hertz: 1_000_000,
  ticks: { address: TICKS, bytes: 4 },
  enabled: { address: 0xe000e010, bit: 0, remedy: 'start it' },
};

/** `left` is what SysTick still counts down, of 1,000 a tick. */
function sysTickAt(ticks: number, left: number, pending = false) {
  return memoryOf(
    new Map([
      [TICKS, ticks],
      [0xe000e010, 7],
      [0xe000e014, 999],
      [0xe000e018, left],
      [0xe000ed04, pending ? 1 << 26 : 0],
    ]),
  );
}

async function sysTickTimes(stops: readonly ReturnType<typeof memoryOf>[]): Promise<number[]> {
  const read = eventClock(SYSTICK);
  const times: number[] = [];
  for (const stop of stops) {
    await read.tick(stop);
    times.push(read.nowUs);
  }
  return times;
}

test('SysTick tells what has gone of the tick that its variable counted', async (t) => {
  t.deepEqual(await sysTickTimes([sysTickAt(0, 999), sysTickAt(0, 499), sysTickAt(7, 1)]), [0, 500, 7998]);
});

test('a tick whose handler has not run counts, before it is counted and in the handler', async (t) => {
  // Begun anew and pending; then in the handler, in front of the line that counts; then behind it.
  t.deepEqual(
    await sysTickTimes([sysTickAt(3, 9), sysTickAt(3, 989, true), sysTickAt(3, 969), sysTickAt(4, 949)]),
    [3990, 4010, 4030, 4050],
  );
  // Pending, and about to begin anew again: the bit is that of the tick which the variable lacks.
  t.deepEqual(await sysTickTimes([sysTickAt(3, 0, true)]), [4000]);
});

test('SysTick and its variable may begin anew with the firmware', async (t) => {
  t.deepEqual(await sysTickTimes([sysTickAt(50, 499), sysTickAt(0, 899), sysTickAt(1, 999)]), [50_500, 50_500, 51_400]);
});

test('a SysTick that does not run is an error', async (t) => {
  const clock = eventClock(SYSTICK);
  await t.throwsAsync(clock.tick(memoryOf(new Map())), { code: 'HH1373', message: /bit 0 of 0xe000e010 clear/ });
});

test('a server that counts no instructions is an error that shows what it said', async (t) => {
  const clock = eventClock({ kind: 'instructions', name: 'icount', hertz: 1e9 });
  await t.throwsAsync(clock.tick(memoryOf(new Map())), { code: 'HH1840', message: /unknown command: 'info replay'/ });
  const recording = {
    ...memoryOf(new Map()),
    monitor: async () => 'Recording execution: instruction count = 5971\r\n',
  };
  await clock.tick(recording);
  t.is(clock.nowUs, 6);
});
