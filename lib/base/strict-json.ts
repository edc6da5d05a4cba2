import type { z } from 'zod';
import { BoardConfigError, errorMessage } from '../errors/errors.js';
import { didYouMean } from './did-you-mean.js';
import { issueText, valueAt } from './schema-issue.js';

/**
 * Parses a JSON description strictly: an unknown field is an error that suggests the one that was meant.
 * @throws BoardConfigError HH1202 (not JSON), HH1203 (does not fit), naming file and field.
 */
export function parseStrictJson<T>(text: string, subject: string, schema: z.ZodType<T>): T {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    const found = errorMessage(cause);
    throw new BoardConfigError('HH1202', `${subject}: not JSON: ${found}`, { cause });
  }
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  // A misspelt field is also a missing one: the misspelling says more.
  const issues = [...result.error.issues].sort((a, b) => rank(a) - rank(b));
  const problems = issues.slice(0, 5).map((issue) => describe(issue, schema, json));
  throw new BoardConfigError('HH1203', `${subject}: ${problems.join('; ')}`, {
    remedy: 'see the schema beside the file: it describes every field',
  });
}

function rank(issue: z.core.$ZodIssue): number {
  return issue.code === 'unrecognized_keys' ? 0 : 1;
}

function describe(issue: z.core.$ZodIssue, schema: z.ZodType, json: unknown): string {
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    const known = fieldsAt(schema, issue.path);
    const names = issue.keys.map((key) => `'${[...issue.path, key].join('.')}'${didYouMean(key, known)}`);
    return `found unknown field ${names.join(', ')}${known.length === 0 ? '' : ` (expected one of: ${known.join(', ')})`}`;
  }
  return `field '${path}': ${issueText(issue, valueAt(json, issue.path))}`;
}

/** The names of the fields that a schema has at a path; empty where it is not an object. */
function fieldsAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let current: unknown = schema;
  for (const step of path) current = inside(unwrap(current), step);
  const object = unwrap(current);
  return isShape(object) ? Object.keys(object.shape) : [];
}

function unwrap(schema: unknown): unknown {
  let current = schema;
  for (let depth = 0; depth < 8 && hasDef(current) && current.def.innerType !== undefined; depth++) {
    current = current.def.innerType;
  }
  return current;
}

function inside(schema: unknown, step: PropertyKey): unknown {
  if (isShape(schema)) return schema.shape[String(step)];
  return hasDef(schema) ? schema.def.element : undefined;
}

function isShape(schema: unknown): schema is { shape: Record<string, unknown> } {
  return typeof schema === 'object' && schema !== null && 'shape' in schema;
}

function hasDef(schema: unknown): schema is { def: { innerType?: unknown; element?: unknown } } {
  return typeof schema === 'object' && schema !== null && 'def' in schema;
}
