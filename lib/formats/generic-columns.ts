import { TraceFormatError } from '../errors/errors.js';

/** What a column can mean to a generic importer. */
export const COLUMN_ROLES = [
  'kind',
  'address',
  'size',
  'from',
  'fromSize',
  'time',
  'task',
  'caller',
  'function',
  'file',
  'line',
  'backtrace',
] as const;
export type ColumnRole = (typeof COLUMN_ROLES)[number];

/** The names that are taken for a role when the user names none; compared in lower case without `_`, `-` and blanks. */
const USUAL_NAMES: Readonly<Record<ColumnRole, readonly string[]>> = {
  kind: ['kind', 'event', 'op', 'operation', 'type', 'action'],
  address: ['address', 'addr', 'ptr', 'pointer', 'block', 'result'],
  size: ['size', 'sizebytes', 'bytes', 'length', 'len', 'nbytes', 'newsize'],
  from: ['from', 'fromaddress', 'oldptr', 'oldaddress', 'oldaddr', 'oldpointer'],
  fromSize: ['fromsize', 'fromsizebytes', 'oldsize'],
  time: ['time', 'timestamp', 'ts', 'atus', 'us', 'timeus'],
  task: ['task', 'thread', 'tid', 'pid', 'cpu', 'core'],
  caller: ['caller', 'pc', 'lr', 'ra', 'returnaddress', 'callsite'],
  function: ['function', 'func', 'functionname', 'symbol'],
  file: ['file', 'filename', 'path'],
  line: ['line', 'lineno', 'linenumber'],
  backtrace: ['backtrace', 'stack', 'callstack', 'callers', 'trace'],
};

/** How the values of a column are to be read: `ptr:hex` for bare hexadecimal, `ts:ms` for milliseconds. */
export interface ColumnChoice {
  readonly name: string;
  readonly hex: boolean;
  /** Of the time column. */
  readonly usPerUnit: number;
}

const TIME_UNITS: Readonly<Record<string, number>> = { ns: 1e-3, us: 1, ms: 1e3, s: 1e6 };

function normal(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replace(/[\s_-]+/g, '');
}

/** The columns that the user named, by role. @throws TraceFormatError HH1452 for a role that does not exist. */
export function chosenColumns(columns: Readonly<Record<string, string>> = {}): Map<ColumnRole, ColumnChoice> {
  const chosen = new Map<ColumnRole, ColumnChoice>();
  for (const [role, value] of Object.entries(columns)) {
    const known = COLUMN_ROLES.find((name) => normal(name) === normal(role));
    if (!known) {
      throw new TraceFormatError(
        'HH1452',
        `columns: found the role '${role}', expected one of ${COLUMN_ROLES.join(', ')}`,
        {
          remedy: "write --columns 'address=ptr,size=bytes'",
        },
      );
    }
    chosen.set(known, parseChoice(value));
  }
  return chosen;
}

function parseChoice(value: string): ColumnChoice {
  const suffix = /^(.*):(hex|ns|us|ms|s)$/.exec(value);
  const unit = suffix?.[2] ?? 'us';
  return { name: suffix?.[1] ?? value, hex: unit === 'hex', usPerUnit: TIME_UNITS[unit] ?? 1 };
}

/**
 * Which of the names that an input has serves which role: those that the user chose, then the usual ones.
 * @throws TraceFormatError HH1452 when a chosen name is not there.
 */
export function matchColumns(
  names: readonly string[],
  chosen: ReadonlyMap<ColumnRole, ColumnChoice>,
  subject: string,
): Map<ColumnRole, ColumnChoice> {
  const matched = new Map<ColumnRole, ColumnChoice>();
  const taken = new Set<string>();
  for (const [role, choice] of chosen) {
    const exact =
      names.find((name) => name === choice.name) ?? names.find((name) => normal(name) === normal(choice.name));
    if (exact === undefined) {
      const shown = names.slice(0, 30).join(', ').slice(0, 300);
      throw new TraceFormatError(
        'HH1452',
        `${subject}: columns: found ${shown}, expected '${choice.name}' (for ${role})`,
        {
          remedy: "name the columns that are there, as in --columns 'address=ptr,size=bytes'",
        },
      );
    }
    matched.set(role, { ...choice, name: exact });
    taken.add(exact);
  }
  for (const role of COLUMN_ROLES) {
    if (matched.has(role)) continue;
    const name = names.find((candidate) => !taken.has(candidate) && USUAL_NAMES[role].includes(normal(candidate)));
    if (name === undefined) continue;
    matched.set(role, { name, hex: false, usPerUnit: 1 });
    taken.add(name);
  }
  return matched;
}

/** Whether these roles are enough to make events of: a size, and something that tells one block or event from another. */
export function rolesSuffice(roles: { has(role: ColumnRole): boolean }): boolean {
  return roles.has('address') ? roles.has('size') || roles.has('kind') : roles.has('size') && roles.has('kind');
}
