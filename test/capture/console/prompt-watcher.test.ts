import test from 'ava';
import fc from 'fast-check';
import { PromptWatcher } from '../../../lib/capture/console/prompt-watcher.js';

const TEXTS = { prompt: '>>> ', waitText: 'Press any key' };

/** What is seen when a text comes in pieces, cut at these places. */
function seenIn(text: string, cuts: readonly number[]): string[] {
  const watcher = new PromptWatcher(TEXTS);
  const ends = [...cuts.map((cut) => cut % (text.length + 1)), text.length].sort((a, b) => a - b);
  let from = 0;
  return ends.flatMap((end) => {
    const seen = watcher.push(text.slice(from, end));
    from = end;
    return seen ?? [];
  });
}

test('a prompt at the end and a text anywhere are seen, however they are cut, through escapes', (t) => {
  const cases = [
    ['Code done.\r\n\x1b]0;bar\x1b\\Press any\x1b[1m key to enter\r\n', 'wait-text'],
    ['CircuitPython 9\r\n>>\x1b[0m> ', 'prompt'],
  ] as const;
  for (const [text, seen] of cases)
    t.notThrows(() =>
      fc.assert(fc.property(fc.array(fc.nat(), { maxLength: 4 }), (cuts) => seenIn(text, cuts).join() === seen)),
    );
});

test('a prompt within a text is none, and what was seen is not seen again', (t) => {
  const watcher = new PromptWatcher(TEXTS);
  t.is(watcher.push('>>> print(1)\r\n1\r\n'), undefined);
  t.is(watcher.push('>>> '), 'prompt');
  t.is(watcher.push('1'), undefined);
  t.is(watcher.push('\r\nPress any key to'), 'wait-text');
  t.is(watcher.push(' enter the REPL.\r\n'), undefined);
  t.is(new PromptWatcher({}).push('>>> '), undefined);
});
