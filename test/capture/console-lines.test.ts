import test from 'ava';
import { ConsoleLines } from '../../lib/capture/console/console-lines.js';

function linesOf(pieces: readonly string[]): string[] {
  const lines: string[] = [];
  const console = new ConsoleLines((text) => lines.push(text));
  for (const piece of pieces) console.push(piece);
  console.end();
  return lines;
}

test('lines come whole, without escapes, wherever the text is cut', (t) => {
  const text = 'a\x1b[31mred\x1b[0m\r\n\x1b]0;bar\x1b\\two\n\n>>> ';
  for (let at = 0; at <= text.length; at++)
    t.deepEqual(linesOf([text.slice(0, at), text.slice(at)]), ['ared', 'two', '', '>>> ']);
});

test('nothing of a line can reach a terminal or begin a line of its own', (t) => {
  t.deepEqual(linesOf(['a\x07b\x9bc\u2028d\re\tf\n']), ['abcde f']);
});

test('text without an end of line is told in pieces: memory is bounded', (t) => {
  const lines = linesOf(Array.from({ length: 40 }, () => 'x'.repeat(10_000)));
  t.true(lines.length > 4);
  t.is(lines.join('').length, 400_000);
});
