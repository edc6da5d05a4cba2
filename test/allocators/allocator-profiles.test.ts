import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { allocatorJsonSchema } from '../../lib/allocators/allocator-schema.js';
import { parseHook } from '../../lib/allocators/hook-text.js';
import { allAllocators, loadAllocator, parseAllocator } from '../../lib/allocators/load-allocator.js';
import { BoardConfigError } from '../../lib/errors/errors.js';
import { projectRoot } from '../support/fixture.js';

const folder = join(projectRoot, 'board-configs', 'allocators');
const newlibText = () => readFileSync(join(folder, 'newlib.json'), 'utf8');

test('every profile is read, and tells at least an allocation and a unit', async (t) => {
  const profiles = await allAllocators();
  const names = profiles.map(({ name }) => name);
  for (const name of ['newlib', 'newlib-nano', 'picolibc', 'freertos-heap-4', 'micropython-gc', 'tlsf', 'custom']) {
    t.true(names.includes(name), name);
  }
  for (const { name, hooks } of profiles) {
    t.is(
      hooks.some(({ kind }) => kind === 'alloc'),
      name !== 'custom',
      name,
    );
  }
  const newlib = await loadAllocator('newlib');
  t.like(newlib.hooks[0], { function: '_malloc_r', size: 1, kind: 'alloc' });
  t.is(newlib.reallocZero, 'keeps');
});

test('the JSON Schema beside the profiles is the one of the reader', (t) => {
  const onDisk: unknown = JSON.parse(readFileSync(join(folder, 'allocator.schema.json'), 'utf8'));
  t.deepEqual(onDisk, JSON.parse(allocatorJsonSchema()));
});

test('an unknown field is refused, with the one that was meant', (t) => {
  const text = newlibText().replace('"reallocZero"', '"reallocZeor"');
  const error = t.throws(() => parseAllocator(text, 'mine'), { instanceOf: BoardConfigError, code: 'HH1203' });
  t.regex(error?.message ?? '', /unknown field 'reallocZeor', did you mean 'reallocZero'\?/);
});

test('a hook without the argument that its kind needs is refused', (t) => {
  const hook = (fields: object) =>
    JSON.stringify({ title: 't', verified: 'unverified', unitBytes: 8, hooks: [{ function: 'f', ...fields }] });
  t.throws(() => parseAllocator(hook({ kind: 'alloc' }), 'mine'), { code: 'HH1211', message: /found no size/ });
  t.throws(() => parseAllocator(hook({ kind: 'free' }), 'mine'), { code: 'HH1211', message: /found no pointer/ });
  const covered = hook({ kind: 'alloc', size: 0, coveredBy: 'g' });
  t.throws(() => parseAllocator(covered, 'mine'), { code: 'HH1211', message: /coveredBy g/ });
  t.throws(() => parseAllocator(hook({ kind: 'alloc', size: 4 }), 'mine'), { code: 'HH1203' });
});

test('a misspelt profile suggests the near one', async (t) => {
  const error = await t.throwsAsync(loadAllocator('newlib-nan'), { instanceOf: BoardConfigError, code: 'HH1210' });
  t.regex(error?.message ?? '', /did you mean 'newlib-nano'\?/);
  await t.throwsAsync(loadAllocator('./none.json'), { code: 'HH1210' });
});

test('a hook on the command line looks like a declaration', (t) => {
  t.like(parseHook('pool_get(_, size)'), { function: 'pool_get', kind: 'alloc', size: 1 });
  t.like(parseHook('my_calloc(count, size)'), { kind: 'alloc', count: 0, size: 1 });
  t.like(parseHook(' grow ( ptr , size ) '), { function: 'grow', kind: 'realloc', pointer: 0, size: 1 });
  t.like(parseHook('pool_put(_, _, ptr)'), { kind: 'free', pointer: 2, nests: true });
});

test('a hook that says nothing is refused', (t) => {
  for (const text of ['malloc', 'malloc()', 'malloc(_)', 'f(bytes)', 'f(_,_,_,_,size)', '(size)', 'f(size']) {
    t.throws(() => parseHook(text), { instanceOf: BoardConfigError, code: 'HH1212' }, text);
  }
  t.throws(() => parseHook('f(sizes)'), { message: /did you mean 'size'/ });
});
