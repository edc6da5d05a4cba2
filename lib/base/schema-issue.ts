import type { z } from 'zod';

/** What a value lacks, in our words: `found "big", expected a number`. */
export function issueText(issue: z.core.$ZodIssue, found: unknown): string {
  // A message that a schema of ours gives itself.
  if (!/^(Invalid|Too (small|big)|Unrecognized)\b/.test(issue.message)) return issue.message;
  switch (issue.code) {
    case 'invalid_type':
      return found === undefined
        ? `missing, expected ${named(issue.expected)}`
        : `found ${shown(found)}, expected ${named(issue.expected)}`;
    case 'invalid_value':
      return `found ${shown(found)}, expected ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map(String).join(', ')}`;
    case 'too_small':
      return `found ${shown(found)}, expected ${sized(issue.origin, 'at least', issue.minimum)}`;
    case 'too_big':
      return `found ${shown(found)}, expected ${sized(issue.origin, 'at most', issue.maximum)}`;
    case 'invalid_format':
      return `found ${shown(found)}, expected ${issue.pattern === undefined ? issue.format : `a text of the form ${issue.pattern}`}`;
    case 'not_multiple_of':
      return `found ${shown(found)}, expected a multiple of ${issue.divisor}`;
    case 'unrecognized_keys':
      return `found unknown field ${issue.keys.join(', ')}`;
    case 'invalid_union':
      return unionText(issue, found);
    case 'invalid_key':
    case 'invalid_element':
      return `found ${shown(found)}, which does not fit`;
    case 'custom':
      return issue.message;
  }
}

/** The value that an issue is about. */
export function valueAt(json: unknown, path: readonly PropertyKey[]): unknown {
  let value = json;
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Object.entries(value).find(([key]) => key === String(step))?.[1];
  }
  return value;
}

function unionText(issue: Extract<z.core.$ZodIssue, { code: 'invalid_union' }>, found: unknown): string {
  // Each branch says what it misses: those that are about the value itself name what could be there.
  const branches = issue.errors.map(([first]) => first).filter((first) => first !== undefined);
  const own = branches.filter((branch) => branch.path.length === 0);
  const texts = (own.length > 0 ? own : branches).map((branch) => issueText(branch, valueAt(found, branch.path)));
  const expected = [...new Set(texts.map((text) => text.replace(/^.*expected /, '')))];
  return expected.length === 0
    ? `found ${shown(found)}, which does not fit`
    : `found ${shown(found)}, expected ${expected.join(' or ')}`;
}

function named(type: string): string {
  if (type === 'int') return 'a whole number';
  if (type === 'record') return 'an object';
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}

function sized(origin: string, how: string, limit: number | bigint): string {
  if (origin === 'string') return `${how} ${limit} characters`;
  return origin === 'array' || origin === 'set' ? `${how} ${limit} entries` : `${how} ${limit}`;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
