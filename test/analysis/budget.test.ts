import test from 'ava';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { budgetCheck } from '../../lib/analysis/budget-check.js';
import { parseBudget } from '../../lib/analysis/budget-file.js';
import { UsageError } from '../../lib/errors/errors.js';
import { budgetJunit } from '../../lib/report/budget-junit.js';
import { budgetText } from '../../lib/report/budget-text.js';
import { traceOf } from '../../lib/trace/collect-trace.js';
import { traceFromText } from '../support/trace-from-text.js';

const TRACE = `
  region heap 0x1000 256 16
  alloc 0x1000 32 main@src/m.c:1 > net_open@src/net/n.c:4
  mark work
  alloc 0x1020 16 main@src/m.c:2 > work@src/w.c:7
  alloc 0x1030 64 main@src/m.c:2 > work@src/w.c:8
  free 0x1020
  failed 4096 main@src/m.c:2 > work@src/w.c:9
  mark idle
  free 0x1030
`;

const check = (toml: string, trace = traceFromText(TRACE)) => budgetCheck(trace, parseBudget(`schema = 1\n${toml}`));
const actuals = (toml: string) => check(toml).results.map((result) => [result.metric, result.actual, result.passed]);

test('limits on the heap', (t) => {
  t.deepEqual(actuals('[heap]\npeak = 112\nlive = 31\nblocks = 1\ncount = 3\nfailures = 0\nlargest_free = "144"'), [
    ['peak', 112, true],
    ['live', 32, false],
    ['blocks', 1, true],
    ['count', 3, true],
    ['failures', 1, false],
    ['largest_free', 144, true],
  ]);
});

test('a function counts all below it, a source only what it requests itself', (t) => {
  t.deepEqual(actuals('[[function]]\nname = "main"\npeak = "1K"\ncount = 2'), [
    ['peak', 112, true],
    ['count', 3, false],
  ]);
  t.deepEqual(actuals('[[source]]\nname = "w.c:8"\npeak = 63'), [['peak', 64, false]]);
  t.deepEqual(actuals('[[source]]\nname = "net/n.c"\nlive = 32'), [['live', 32, true]]);
  t.deepEqual(actuals('[[source]]\nname = "main"\ncount = 0'), [['count', 0, true]]);
});

test('a phase reaches from its mark to the next', (t) => {
  t.deepEqual(
    actuals('[[phase]]\nname = "work"\npeak = 111\ngrowth = 64\ncount = 2\nfailures = 1\nlargest_free = 145'),
    [
      ['peak', 112, false],
      ['growth', 64, true],
      ['count', 2, true],
      ['failures', 1, true],
      ['largest_free', 144, false],
    ],
  );
});

test('a name that nothing fits fails with the one that may be meant; that nothing is allowed holds', (t) => {
  const misspelt = check('[[function]]\nname = "net_opne"\npeak = "1K"');
  t.false(misspelt.passed);
  t.regex(
    budgetText(misspelt),
    /FAIL function net_opne: peak not measured, .*allocates nothing.*did you mean 'net_open'\?/,
  );
  t.regex(
    budgetText(check('[[source]]\nname = "net_opn"\nlive = 64')),
    /FAIL source net_opn:.*did you mean 'net_open'\?/,
  );
  const none = check('[[function]]\nname = "tls_new"\ncount = 0');
  t.true(none.passed);
  t.regex(budgetText(none, { all: true }), /ok {3}function tls_new: count 0, .*allocates nothing in this trace/);
});

test('what cannot be measured fails, and says why', (t) => {
  const result = check('[[phase]]\nname = "nowhere"\npeak = 1');
  t.false(result.passed);
  t.regex(budgetText(result), /FAIL phase nowhere: peak not measured, limit 1 B \(the trace has no mark 'nowhere'\)/);
});

test('an incomplete capture fails unless that is allowed', (t) => {
  const trace = traceFromText(`${TRACE}\ngap lost 3 overflow`);
  const budget = parseBudget('schema = 1\n[heap]\npeak = "1K"');
  t.false(budgetCheck(trace, budget).passed);
  t.true(budgetCheck(trace, budget, { allowIncomplete: true }).passed);
});

test('one line a failure names the excess and who holds it', (t) => {
  t.is(
    budgetText(check('[heap]\npeak = 100\nlive = 32')),
    'FAIL heap: peak 112 B, limit 100 B (12 B over): net_open  src/net/n.c:4 <- main src/m.c:1\nheap.budget.toml: FAILED, 1 of 2 limits kept\n',
  );
});

test('the JUnit report is well-formed, whatever the names', (t) => {
  const frame = { address: 0, functionName: '<b>&"]]>\u0001', file: 'f.c', line: 1 };
  const trace = traceOf([{ kind: 'alloc', address: 16, sizeBytes: 64, backtrace: [frame] }]);
  const xml = budgetJunit(check('[heap]\npeak = 1\nlive = 64', trace));
  t.is(XMLValidator.validate(xml), true);
  const { testsuites } = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '@' }).parse(xml);
  t.is(testsuites.testsuite['@tests'], '3');
  t.is(testsuites.testsuite['@failures'], '1');
  t.is(testsuites.testsuite.testcase.length, 3);
  t.true(testsuites.testsuite.testcase[1].failure['@message'].includes('<b>&"]]>\\x01'));
});

for (const [title, toml, message] of [
  ['what is not TOML', '[heap', /line 2: /],
  ['no schema', undefined, /expected schema = 1/],
  ['an unknown field, with a suggestion', '[heap]\npeek = 1', /\[heap\]: found the field 'peek'.*did you mean 'peak'/],
  ['an unknown table', '[[functions]]\nname = "x"', /found the field 'functions'.*did you mean 'function'/],
  ['a limit that is no size', '[heap]\npeak = "lots"', /\[heap\]: peak: found "lots", expected a size/],
  ['a size where a count belongs', '[heap]\ncount = "4K"', /count: found "4K", expected a whole number/],
  ['a rule without a name', '[[function]]\npeak = 1', /\[\[function\]\] 1: expected name/],
  ['a rule without a limit', '[[function]]\nname = "x"', /found no limit/],
  ['a table where a list belongs', '[function]\nname = "x"', /expected \[\[function\]\]/],
  ['nothing at all', '', /found no limits/],
] as const) {
  test(`refuses a budget with ${title}`, (t) => {
    const text = toml === undefined ? '[heap]\npeak = 1' : `schema = 1\n${toml}`;
    t.throws(() => parseBudget(text, 'b.toml'), { instanceOf: UsageError, code: 'HH1186', message });
  });
}
