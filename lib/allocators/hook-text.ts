import { didYouMean } from '../base/did-you-mean.js';
import { BoardConfigError } from '../errors/errors.js';
import type { HookDescription } from './allocator-schema.js';

const ROLES: readonly string[] = ['size', 'count', 'align', 'ptr', '_'];

/**
 * A hook in the form of its declaration: `pool_get(_, size)`, `pool_put(_, ptr)`, `pool_grow(ptr, size)`. A function with a `size`
 * and a `ptr` is a realloc, one with a `ptr` alone a free, one with a `size` alone an alloc; `_` stands for any other argument.
 * @throws BoardConfigError HH1212
 */
export function parseHook(text: string): HookDescription {
  const match = /^\s*([\w$.]+)\s*\(([^()]*)\)\s*$/.exec(text);
  const roles = (match?.[2] ?? '').split(',').map((role) => role.trim());
  if (!match || roles.length > 4) throw wrongText(text, 'a function with at most 4 arguments, such as my_alloc(size)');
  const unknown = roles.find((role) => !ROLES.includes(role));
  if (unknown !== undefined) {
    throw wrongText(text, `arguments named ${ROLES.join(', ')}, not '${unknown}'${didYouMean(unknown, ROLES)}`);
  }
  const at = (role: string) => (roles.includes(role) ? roles.indexOf(role) : undefined);
  const [size, pointer] = [at('size'), at('ptr')];
  if (size === undefined && pointer === undefined) throw wrongText(text, 'an argument `size`, `ptr` or both');
  const kind = size === undefined ? 'free' : pointer === undefined ? 'alloc' : 'realloc';
  const [count, alignment] = [at('count'), at('align')];
  return {
    function: match[1] ?? '',
    aliases: [],
    kind,
    nests: kind === 'free',
    ...(size === undefined ? {} : { size }),
    ...(count === undefined ? {} : { count }),
    ...(alignment === undefined ? {} : { alignment }),
    ...(pointer === undefined ? {} : { pointer }),
  };
}

function wrongText(text: string, expected: string): BoardConfigError {
  return new BoardConfigError('HH1212', `options.hooks ${text}: expected ${expected}`, {
    remedy: "for example 'pool_get(_, size)' and 'pool_put(_, ptr)'",
  });
}
