import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { COMMON_OPTIONS } from '../../cli/command-line.js';
import { COMMANDS } from '../../cli/commands/index.js';
import { argumentSlots, isFlag, type NamedOption } from '../../cli/options/option-set.js';
import { parseArguments } from '../../cli/options/parse-arguments.js';
import { UsageError } from '../../lib/public/command-line.js';
import type { BatchResult } from '../support/cli-batch.js';
import { projectRoot } from '../support/fixture.js';
import { runCli } from '../support/run-cli.js';
import { tempFolder } from '../support/temp-folder.js';

/** What stands behind a command's word so that it gets somewhere: to a trace, or to what is not there. */
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  run: ['nosuch.elf'],
  capture: ['serial', 'nosuch/tty'],
  session: ['nosuch.elf'],
  serve: ['trace.csv', '--port=0'],
  dump: ['nosuch.elf'],
  import: ['trace.csv'],
  export: ['trace.csv'],
  view: ['trace.csv', '--no-open'],
  report: ['trace.csv'],
  resymbolize: ['trace.csv', '--elf=nosuch.elf'],
  tree: ['trace.csv'],
  stats: ['trace.csv'],
  leaks: ['trace.csv'],
  why: ['trace.csv'],
  frag: ['trace.csv'],
  pools: ['trace.csv'],
  whatif: ['trace.csv', '--no-least'],
  diff: ['trace.csv', 'trace.csv'],
  fleet: ['report', 'nosuch'],
  check: ['trace.csv', '--write-baseline=baseline.json'],
  layout: ['nosuch.bin', '--base=0x20000000'],
  mpy: ['nosuch.mpy'],
  symbolize: ['nosuch.elf', '0x100'],
  boards: [],
  allocators: [],
  explain: ['HH1101'],
  completion: ['bash'],
};
/** These run programs: their command lines are taken apart only. */
const PARSED_ONLY = ['demo', 'doctor'];

const TRACE = 'kind,address,size,time\nalloc,0x1000,16,1\nalloc,0x1010,32,2\nfree,0x1000,,3\n';

interface Line {
  readonly argv: readonly string[];
  /** What the rules say of the line, whatever the command makes of it. */
  readonly expected: 'HH1116' | 'HH1117' | 'HH1118' | 'HH1109' | 'parsed' | 'any';
}

/** What nobody means: each option gets some of them, in turns. */
const ODD = [
  ...['-1', '0', '-0', '1e308', 'Infinity', 'NaN', '9'.repeat(40), '0x10', '1.5', '1e-9', '٣', '2147484'],
  ...[
    '\x1b[31mred',
    'a\nHH9999 b',
    '\u202egnp',
    '\x9b1m',
    '__proto__',
    'constructor',
    '../..',
    '%s%n',
    '💥',
    'x'.repeat(5000),
  ],
];
/** Of each option; 22 is coprime to it, so that all values have their turn. */
const ODD_EACH = 3;
/** What may never come out of it again. */
const RAW = ['\x1b[31m', '\x9b', '\u202e', '\nHH9999'];

function oddLines(word: string, rest: readonly string[], { name, type }: NamedOption, turn: number): Line[] {
  if (type === 'boolean') return [];
  return Array.from({ length: ODD_EACH }, (_, i) => ODD[(turn * ODD_EACH + i) % ODD.length] ?? '').map((value) => ({
    argv: [word, ...rest.filter((each) => !each.startsWith(`--${name}=`)), `--${name}=${value}`],
    expected: 'any',
  }));
}

/** A value of the option's type. */
function valueFor({ type, choices }: NamedOption): string {
  return type === 'number' ? '1' : (choices?.[0] ?? 'x');
}

/** One option in every form that a command line can have it. */
function linesOf(word: string, rest: readonly string[], option: NamedOption): Line[] {
  const written = `--${option.name}`;
  const without = rest.filter((each) => !each.startsWith(`${written}=`));
  const line = (expected: Line['expected'], before: readonly string[], behind: readonly string[] = []): Line => ({
    argv: [word, ...before, ...without, ...behind],
    expected,
  });
  if (isFlag(option)) return flagLines(option, line);
  const value = valueFor(option);
  const typed = option.type === 'number' || option.choices !== undefined;
  return [
    line('parsed', [written, value]),
    line('parsed', [], [written, value]),
    line('parsed', [`${written}=${value}`]),
    line('parsed', [], [`${written}=${value}`, '--']),
    line(option.array ? 'parsed' : 'HH1117', [written, value], [`${written}=${value}`]),
    line(typed ? 'HH1118' : 'parsed', [], [written, '-']),
    line(typed && !option.choices?.includes('folder') ? 'HH1118' : 'parsed', [], [written, 'folder']),
    line('HH1116', [], [`${written}=`]),
    line('HH1116', [written, '']),
    line('HH1116', [], [written]),
    line('HH1116', [], [written, '--json']),
    ...(option.alias === undefined
      ? []
      : [line('parsed', [`-${option.alias}`, value]), line('parsed', [], [`-${option.alias}${value}`])]),
  ];
}

function flagLines(
  { name, type }: NamedOption,
  line: (expected: Line['expected'], before: readonly string[], behind?: readonly string[]) => Line,
): Line[] {
  const written = `--${name}`;
  const boolean = type === 'boolean';
  return [
    line('parsed', [written]),
    line('parsed', [written], [written]),
    line('parsed', [], [written, '--']),
    line('HH1118', [`${written}=maybe`]),
    line(boolean ? 'parsed' : 'HH1118', [`${written}=true`]),
    line(boolean ? 'parsed' : 'HH1109', [`--no-${name}`]),
  ];
}

/** Every command with every option, and with its arguments in every form. */
async function allLines(words: readonly string[]): Promise<Line[]> {
  const lines: Line[] = [];
  let turn = 0;
  for (const { word, load } of COMMANDS.filter((command) => words.includes(command.word))) {
    const { options } = await load();
    const rest = ARGUMENTS[word] ?? [];
    const opens = (each: NamedOption) => word === 'view' && each.name === 'open';
    for (const option of [...options, ...COMMON_OPTIONS].filter((each) => !opens(each)))
      lines.push(...linesOf(word, rest, option), ...oddLines(word, rest, option, turn++));
    const flags = rest.filter((each) => each.startsWith('--'));
    for (const argument of ['-', 'folder', '', 'nosuch'])
      lines.push(
        { argv: [word, ...flags, argument], expected: 'parsed' },
        { argv: [word, ...flags, '--', argument], expected: 'parsed' },
      );
    lines.push(
      { argv: [word, ...flags, '--', '--json'], expected: 'parsed' },
      { argv: [word, ...flags, '--nosuch'], expected: 'HH1109' },
    );
    lines.push({ argv: [word, ...rest, 'one', 'two', 'three', 'four', '-'], expected: 'parsed' });
  }
  return lines;
}

test('every command has arguments in this test', (t) => {
  t.deepEqual(
    COMMANDS.map(({ word }) => word).filter((word) => !(word in ARGUMENTS) && !PARSED_ONLY.includes(word)),
    [],
  );
});

test('every command takes every option once, twice, with =, before and behind its arguments, -, --, empty, odd and a folder, without a fault', async (t) => {
  t.timeout(280_000);
  const cwd = tempFolder(t);
  mkdirSync(join(cwd, 'folder'));
  writeFileSync(join(cwd, 'trace.csv'), TRACE);
  const lines = await allLines(Object.keys(ARGUMENTS));
  t.true(lines.length > 2000, `${lines.length}`);
  const results = await runBatch(
    lines.map(({ argv }) => argv),
    cwd,
  );
  t.is(results.length, lines.length, `hung or ended at ${JSON.stringify(lines[results.length]?.argv)}`);
  const wrong = lines.flatMap((line, i) => faultOf(line, results[i]));
  t.deepEqual(wrong.slice(0, 20), []);
});

/** What a result shows that the line does not deserve. */
function faultOf({ argv, expected }: Line, result: BatchResult | undefined): string[] {
  const { status = -1, errors = '' } = result ?? {};
  const at = argv.join(' ');
  if (![0, 1, 2, 3, 4, 5].includes(status) || /fault of harvest|\n {4}at /.test(errors))
    return [`${at}: ${status} ${errors}`];
  if (expected === 'any') return RAW.some((raw) => errors.includes(raw)) ? [`${at}: raw in ${errors}`] : [];
  const ruled =
    expected === 'parsed'
      ? // The command itself may refuse a value later, for what it is.
        !/^HH1117|no such option/.test(errors)
      : errors.startsWith(expected) && status === 2;
  return ruled ? [] : [`${at}: expected ${expected}, found ${status} ${errors}`];
}

/** The results of command lines in one process, as far as it comes: a line may take 100 s. */
function runBatch(lines: readonly (readonly string[])[], cwd: string): Promise<BatchResult[]> {
  return new Promise((resolve) => {
    const script = join(projectRoot, 'dist', 'test', 'support', 'cli-batch.js');
    const child = spawn(process.execPath, [script], {
      cwd,
      stdio: ['pipe', 'pipe', 'inherit'],
      // Thousands of lines read one standard input: that is the test's doing.
      env: { ...process.env, NODE_NO_WARNINGS: '1' },
    });
    const results: BatchResult[] = [];
    let rest = '';
    const end = () => child.kill('SIGKILL');
    let timer = setTimeout(end, 120_000);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      clearTimeout(timer);
      timer = setTimeout(end, 100_000);
      const parts = (rest + text).split('\n');
      rest = parts.pop() ?? '';
      for (const part of parts) results.push(JSON.parse(part) as BatchResult);
    });
    child.once('close', () => {
      clearTimeout(timer);
      resolve(results);
    });
    child.stdin.end(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  });
}

test('the command lines of commands that run programs are taken apart by the same rules', async (t) => {
  for (const { word, load } of COMMANDS.filter((command) => PARSED_ONLY.includes(command.word))) {
    const { name, options, positionals } = await load();
    const all = [...options, ...COMMON_OPTIONS];
    const signature = { subject: word, options: all, slots: argumentSlots(name), positionals };
    for (const { argv, expected } of all.flatMap((option) => linesOf(word, [], option))) {
      const parse = () => parseArguments(argv.slice(1), signature);
      if (expected === 'parsed') t.notThrows(parse, argv.join(' '));
      else t.is(t.throws(parse, { instanceOf: UsageError }, argv.join(' '))?.code, expected, argv.join(' '));
    }
  }
});

function rulesOf(t: ExecutionContext, argv: readonly string[], expected: RegExp) {
  return runCli(argv).then(({ stderr, status }) => {
    t.regex(stderr, expected, argv.join(' '));
    t.is(status, 2);
  });
}

test('lists take one value each time, so that the firmware may stand behind them', async (t) => {
  await rulesOf(t, ['--allocator', 'auto', '--until', 'main_loop', 'nosuch.elf'], /^HH1101 nosuch\.elf/);
  await rulesOf(t, ['--until', 'a', '--until', 'b', '--hook', 'f(size)', 'nosuch.elf'], /^HH1101 nosuch\.elf/);
});

test('two addresses to listen on are refused: never is it any address', async (t) => {
  await rulesOf(
    t,
    ['serve', 'nosuch', '--host', '127.0.0.1', '--host', '::1'],
    /^HH1117 harvest serve: --host: found 127\.0\.0\.1 and ::1, expected one value/,
  );
});
