import test from 'ava';
import { LinkCheck, type SeenStop } from '../../lib/capture/link-check.js';

/** A target of which the code can be made to read as zeros, as behind a server whose probe is gone. */
async function checked() {
  const state = { gone: false, reads: 0 };
  const memory = {
    readMemory: async (_address: number, length: number) => {
      state.reads++;
      return state.gone ? new Uint8Array(length) : Uint8Array.of(0x70, 0x47, 0, 0xbf).subarray(0, length);
    },
  };
  const check = new LinkCheck(memory, 0x100);
  await check.begin();
  return { state, check };
}

const stop = (r0: number, fields: Partial<SeenStop> = {}): SeenStop => ({
  registers: Uint32Array.from({ length: 16 }, (_, i) => (i === 0 ? r0 : i)),
  sp: 0x20001000,
  stack: Uint8Array.from({ length: 64 }, (_, i) => i),
  ...fields,
});

test('stops that differ, with a stack of something, cost no read', async (t) => {
  const { state, check } = await checked();
  for (let i = 0; i < 5; i++) await check.check(stop(i));
  t.is(state.reads, 1, 'the one at the start');
});

for (const [what, first, second] of [
  ['the same registers again', stop(1), stop(1)],
  ['a stack whose outer end is zeros', stop(1), stop(2, { sp: 0x20000f00, stack: new Uint8Array(64) })],
  ['other variables of the heap', stop(1), stop(2, { heapChanged: true })],
] as const) {
  test(`${what}: the code is read, and the stop is refused when it is not the same`, async (t) => {
    const sound = await checked();
    await sound.check.check(first);
    await t.notThrowsAsync(sound.check.check(second));
    t.is(sound.state.reads, 2);
    const broken = await checked();
    await broken.check.check(first);
    broken.state.gone = true;
    await t.throwsAsync(broken.check.check(second), { code: 'HH1591' });
  });
}

test('a stack that ends in zeros and was found sound is not asked for again', async (t) => {
  const { state, check } = await checked();
  for (let i = 0; i < 5; i++) await check.check(stop(i, { stack: new Uint8Array(64) }));
  t.is(state.reads, 2);
  // A deeper one, with the same zeros at its outer end.
  const deeper = new Uint8Array(128).fill(1, 0, 64);
  await check.check(stop(5, { sp: 0x20001000 - 64, stack: deeper }));
  t.is(state.reads, 2);
  // The zeros begin further in: they may be those of a probe that is gone.
  state.gone = true;
  const cut = new Uint8Array(128).fill(1, 0, 32);
  await t.throwsAsync(check.check(stop(6, { sp: 0x20001000 - 64, stack: cut })), { code: 'HH1591' });
});
