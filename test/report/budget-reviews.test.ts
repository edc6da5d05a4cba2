import test from 'ava';
import { budgetCheck } from '../../lib/analysis/budget-check.js';
import { parseBudget } from '../../lib/analysis/budget-file.js';
import { budgetJunit } from '../../lib/report/budget-junit.js';
import { budgetAnnotations, budgetMarkdown } from '../../lib/report/budget-reviews.js';
import { traceFromText } from '../support/trace-from-text.js';

const check = (text: string, toml: string) => budgetCheck(traceFromText(text), parseBudget(`schema = 1\n${toml}`));

test('an annotation names the line that holds the most, from the root of the checkout', (t) => {
  const trace =
    'region heap 0x1000 256 16\nalloc 0x1000 32 net_open@/ci/repo/src/n.c:4\nalloc 0x1020 16 main@/ci/repo/src/m.c:1';
  const broken = check(trace, '[heap]\npeak = 40\n[[function]]\nname = "main"\npeak = 16');
  t.is(
    budgetAnnotations(broken, '/ci/repo/'),
    '::error file=src/n.c,line=4,title=heap budget::heap: peak 48 B, limit 40 B (8 B over): net_open  /ci/repo/src/n.c:4\n',
  );
  t.regex(budgetAnnotations(broken), /^::error title=heap budget::heap: peak/, 'a file outside of the checkout');
  const relative = check('alloc 0x1000 64 gc_alloc@../../py/gc.c:7', '[heap]\npeak = 1');
  t.regex(budgetAnnotations(relative), /^::error file=py\/gc\.c,line=7,/);
});

test('nothing that a firmware is named ends a command or a cell', (t) => {
  const broken = check('alloc 0x1000 64 a%b@src/x,y:z.c:7', '[heap]\npeak = 1');
  t.is(
    budgetAnnotations(broken),
    '::error file=src/x%2Cy%3Az.c,line=7,title=heap budget::heap: peak 64 B, limit 1 B (63 B over): a%25b  src/x,y:z.c:7\n',
  );
  const rows = budgetMarkdown(check('alloc 0x1000 64 a|`b@m.c:7', '[heap]\npeak = 1')).split('\n');
  t.is(rows[4], "| **broken** | `heap` | peak | 64 | 1 | `a\\|'b m.c:7` |  |");
});

test('a budget that is kept has no annotation, and one on an incomplete capture says why it is not', (t) => {
  t.is(budgetAnnotations(check('alloc 0x1000 8 a@m.c:7', '[heap]\npeak = 8')), '');
  const cut = check('alloc 0x1000 8 a@m.c:7\ngap lost', '[heap]\npeak = 8');
  t.regex(budgetAnnotations(cut), /^::error title=heap budget::the capture is incomplete/);
  t.regex(budgetMarkdown(cut), /Heap budget: \*\*broken\*\*[\s\S]*\*\*the capture is incomplete/);
});

test('a JUnit report names the source of each limit from the root of the checkout', (t) => {
  const broken = check('alloc 0x1000 32 net_open@/ci/repo/src/n.c:4', '[heap]\npeak = 16');
  t.regex(budgetJunit(broken, '/ci/repo'), /<testcase classname="heap" name="peak" file="src\/n\.c" line="4">/);
  t.regex(budgetJunit(broken), /<testcase classname="heap" name="peak">/, 'a file outside of the checkout');
  const windows = check('alloc 0x1000 32 net_open@..\\src\\n.c:4', '[heap]\npeak = 64');
  t.regex(budgetJunit(windows), /file="src\/n\.c" line="4"\/>/);
});
