import test from 'ava';
import fc from 'fast-check';
import { StackTrie } from '../../lib/trace/stack-trie.js';

test('a frame and its caller have one node, numbered in order of first sight', (t) => {
  const trie = new StackTrie();
  t.is(trie.push(-1, 0), 0);
  t.is(trie.push(0, 0), 1);
  t.is(trie.push(-1, 0), 0);
  t.is(trie.push(0, 1), 2);
  t.deepEqual([...trie.parent.view()], [-1, 0, 0]);
  t.deepEqual([...trie.frame.view()], [0, 0, 1]);
});

test('the trie answers as a map of pairs does, beyond its first size', (t) => {
  const pushes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 9 })), { maxLength: 4000, size: 'max' });
  fc.assert(
    fc.property(pushes, (steps) => {
      const trie = new StackTrie();
      const model = new Map<string, number>();
      for (const [choice, frame] of steps) {
        const parent = (choice % (model.size + 1)) - 1;
        const key = `${parent}:${frame}`;
        if (!model.has(key)) model.set(key, model.size);
        t.is(trie.push(parent, frame), model.get(key) ?? -1);
      }
    }),
    { numRuns: 20 },
  );
});
