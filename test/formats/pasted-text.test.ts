import test from 'ava';
import fc from 'fast-check';
import { ByteLines } from '../../lib/formats/byte-lines.js';
import { LineSplitter } from '../../lib/formats/line-splitter.js';
import { liveBlocks, readCase } from '../support/case-trace.js';
import { utf8 } from '../support/decode-ways.js';

function lines(text: string, chunk = text.length): string[] {
  const found: string[] = [];
  const splitter = new LineSplitter((line) => found.push(line));
  const bytes = utf8(text);
  for (let at = 0; at < bytes.length; at += chunk) splitter.push(bytes.subarray(at, at + chunk));
  splitter.end();
  return found;
}

const CASES: readonly (readonly [name: string, pasted: string, plain: readonly string[]])[] = [
  ['signs as entities', '@ a &lt; 0x1 &quot;x&quot; &amp;y &#39;z&#39;\n', ['@ a < 0x1 "x" &y \'z\'']],
  ['an entity of an entity is undone once', '&amp;lt;\n', ['&lt;']],
  ['what is no entity stays', 'a & b &c; &d\n', ['a & b &c; &d']],
  ['tags around a block', '<pre><code class="x">one\ntwo</code></pre>\nthree<br>\n', ['one', 'two', 'three']],
  ['other tags stay', '<ptr> <signal handler called>\n', ['<ptr> <signal handler called>']],
  ['blanks that do not break', 'a\u00a0b\u202fc\n', ['a b c']],
  ['curly quotes', '40 bytes \u2018leaked\u2019 \u201cx\u201d\n', ['40 bytes \'leaked\' "x"']],
  ['NULs and marks that show nothing', '\0\0one\u200b\n\ufefftwo\n', ['one', 'two']],
  ['bytes of Python', "b'one\\r\\n'\nb\"it's\\ttwo\\n\"\n", ['one', "it's\ttwo"]],
  ['several lines in one', "b'one\\r\\ntwo\\r\\n'\n", ['one', 'two']],
  ['a line in two pieces', "b'on'\nb'e\\r\\n'\n", ['one']],
  ['a last piece without an end', "b'one\\r\\ntw'\n", ['one', 'tw']],
  ['bytes behind a time', "12:00:01.123 -> b'one\\r\\n'\n", ['one']],
];

for (const [name, pasted, plain] of CASES)
  test(`a pasted text is read as it was: ${name}`, (t) => {
    t.deepEqual(lines(pasted), plain);
    t.deepEqual(lines(pasted, 1), plain, 'byte by byte');
    t.deepEqual(lines(pasted.replaceAll('\n', '\r\n')), plain, 'with CRLF');
  });

test('mtrace from a page: a block that moved has moved', (t) => {
  const text =
    '= Start\n@ ./a:[0x400cdf] + 0xc027b0 0x10\n@ ./a:[0x400cdf] &lt; 0xc027b0\n@ ./a:[0x400cdf] &gt; 0xc02a30 0x40\n= End\n';
  t.deepEqual(liveBlocks(readCase(t, 'mtrace', text)), { '0xc02a30': 64 });
});

test('a log with unbreakable blanks is read for its events, not for the levels between them', (t) => {
  const text =
    'TRACE heap > alloc 7 bytes (53828 free)\nTRACE heap > alloc 3 bytes (53820 free)\nTRACE heap > free 3 bytes (53812 free)\n';
  const trace = readCase(t, 'rust-alloc', text.replaceAll(' ', '\u00a0'));
  t.deepEqual([...trace.events.kind], [0, 0, 1]);
});

test('a serial line that floated before the names of the columns hides none', (t) => {
  const text = '\0\0op,ptr,old,size\nmalloc,0x20001040,,64\nrealloc,0x20001090,0x20001040,128\nfree,0x20001090,,\n';
  t.deepEqual(liveBlocks(readCase(t, 'csv', text)), {});
});

test('logs of gdb, which are not decoded, are cleaned of unbreakable blanks too', (t) => {
  const found: string[] = [];
  const decoder = new TextDecoder();
  const splitter = new ByteLines((bytes, from, to) => found.push(decoder.decode(bytes.subarray(from, to))));
  splitter.push(utf8('\0#0  \u00a0main (x=1)\n    y\u00a0z\nBreakpoint\u00a01, f\n'));
  splitter.end();
  t.deepEqual(found, ['#0   main (x=1)', '    y z', 'Breakpoint 1, f']);
});

test('whatever quotes and escapes there are, the same lines come however the input is cut', (t) => {
  const letters = fc.constantFrom('b', "'", '"', '\\', 'n', '\n', '\r', '&', 'lt;', '<', 'pre>', '\0', '\u00a0', 'x');
  fc.assert(
    fc.property(fc.array(letters, { maxLength: 40 }), (parts) => {
      const text = parts.join('');
      t.deepEqual(lines(text, 1), lines(text));
    }),
    { numRuns: 300 },
  );
});
