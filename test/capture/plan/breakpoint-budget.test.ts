import test from 'ava';
import fc from 'fast-check';
import { BreakpointBudget } from '../../../lib/capture/plan/breakpoint-budget.js';

const ENTRIES = [0x100, 0x200, 0x300];
const END = 0x900;

test('malloc, free, realloc and an end condition fit the 4 breakpoints of a Cortex-M0', (t) => {
  t.true(BreakpointBudget.fits(4, 3, 1));
  t.false(BreakpointBudget.fits(4, 4, 0), 'no room for a return');
  const budget = new BreakpointBudget(4, { entries: ENTRIES, ends: [END] });
  t.deepEqual([...budget.next([]).addresses], [...ENTRIES, END]);
  const during = budget.next([0x1000]);
  t.deepEqual([...during.addresses], [...ENTRIES, 0x1000]);
  t.true(during.endLeftOut);
  t.deepEqual(budget.next([]).addresses.has(END), true);
});

test('the most recent call keeps its return when not all can be watched', (t) => {
  const { unseenReturns, addresses } = new BreakpointBudget(4, { entries: ENTRIES, ends: [] }).next([0x1000, 0x2000]);
  t.true(addresses.has(0x1000));
  t.deepEqual(unseenReturns, [0x2000]);
});

test('spare comparators keep the returns of late', (t) => {
  const budget = new BreakpointBudget(6, { entries: ENTRIES, ends: [END] });
  budget.next([0x1000]);
  t.deepEqual([...budget.next([]).addresses], [...ENTRIES, END, 0x1000]);
  t.deepEqual([...budget.next([0x2000]).addresses], [...ENTRIES, 0x2000, END, 0x1000]);
});

test('never more than the limit, entries always, ends whenever no call is open', (t) => {
  const returns = fc.array(fc.integer({ min: 0x1000, max: 0x1008 }), { maxLength: 6 });
  fc.assert(
    fc.property(fc.integer({ min: 4, max: 8 }), fc.array(returns), (limit, steps) => {
      const budget = new BreakpointBudget(limit, { entries: ENTRIES, ends: [END] });
      for (const step of steps) {
        const wanted = [...new Set(step)];
        const { addresses, unseenReturns } = budget.next(wanted);
        t.true(addresses.size <= limit);
        for (const entry of ENTRIES) t.true(addresses.has(entry));
        for (const address of wanted) t.not(addresses.has(address), unseenReturns.includes(address));
        if (wanted.length === 0) t.true(addresses.has(END));
      }
    }),
  );
});

test('with two comparators the entry of free gives way to the return of an open call, and the one of malloc never', (t) => {
  t.false(BreakpointBudget.fits(2, 2, 0));
  t.true(BreakpointBudget.fitsInTurns(2, 2, 0));
  t.false(BreakpointBudget.fitsInTurns(2, 2, 1), 'an end condition has no room: its text must do');
  const budget = new BreakpointBudget(2, { entries: [0x100, 0x200], yielding: [0x200], ends: [] });
  t.is(budget.returnSlots, 1);
  t.deepEqual([...budget.next([]).addresses], [0x100, 0x200]);
  t.deepEqual([...budget.next([0x1000]).addresses], [0x100, 0x1000]);
  const two = budget.next([0x2000, 0x1000]);
  t.deepEqual([...two.addresses], [0x100, 0x2000]);
  t.deepEqual(two.unseenReturns, [0x1000]);
  t.deepEqual([...budget.next([]).addresses], [0x100, 0x200]);
});
