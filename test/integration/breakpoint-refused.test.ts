import test from 'ava';
import { loadBoard } from '../../lib/boards/load-board.js';
import { DirectEngine } from '../../lib/capture/direct/direct-engine.js';
import { makeLogPlan } from '../../lib/capture/plan/make-plan.js';
import { loadFirmware } from '../../lib/firmware/load-firmware.js';
import { connect } from '../../lib/link/server/connect.js';
import { capture } from '../support/capture.js';
import { lispFirmware } from '../support/lisp-firmware.js';
import { type RspProxyOptions, startRspProxy } from '../support/rsp-proxy.js';

const elf = lispFirmware({ board: 'microbit', opt: 'Os', variant: 'tiny' });

/** Refuses the breakpoint of this number, hardware and software alike, and counts what is set. */
function refusing(nth: number) {
  const set = new Set<string>();
  let asked = 0;
  const onPacket: NonNullable<RspProxyOptions['onPacket']> = (direction, _, payload) => {
    if (direction !== 'toServer') return { kind: 'pass' };
    const place = /^([Zz])1,([0-9a-f]+)/.exec(payload);
    if (place?.[1] === 'z') set.delete(place[2] ?? '');
    if (place?.[1] !== 'Z') return { kind: 'pass' };
    asked++;
    // A breakpoint kind that no server has: QEMU answers with an error.
    if (asked === nth) return { kind: 'replace', payload: payload.replace(/^Z1/, 'Z9') };
    set.add(place[2] ?? '');
    return { kind: 'pass' };
  };
  return { onPacket, set, asked: () => asked };
}

for (const [nth, until] of [
  [3, ['gc_realloc']],
  [5, ['gc_realloc', 'gc_free', 'gc_collect']],
] as const) {
  test.serial(
    `a server that refuses breakpoint ${nth}: the capture does not begin, and none is left armed`,
    async (t) => {
      t.timeout(120_000);
      const board = { ...(await loadBoard('qemu-microbit')), comparators: { breakpoints: 8, watchpoints: 2 } };
      await using target = await connect(board, { elf });
      target.lost.catch(() => undefined);
      const refuse = refusing(nth);
      await using proxy = await startRspProxy({ targetPort: target.server.port, onPacket: refuse.onPacket });
      const { plan } = makeLogPlan(await loadFirmware(elf, board), board, { untilRepl: true, until });
      const through = { ...target, server: { host: '127.0.0.1', port: proxy.port } };
      const signal = new AbortController().signal;
      const { error, trace } = await capture(new DirectEngine(), { target: through, plan, signal });
      t.true(refuse.asked() >= nth);
      t.like(error, { code: 'HH1557' });
      t.is(trace.eventCount, 0);
      t.deepEqual([...refuse.set], []);
    },
  );
}
