/** How a documented command line is tried. */
export type LineKind =
  /** A mention of a command or an option, no whole line: the command and the options must be there. */
  | { readonly kind: 'name' }
  /** Run to its end. */
  | {
      readonly kind: 'run';
      /** Exit statuses; default 0. */
      readonly status?: readonly number[];
      /** What stderr says: of what is not here, a board or a file. */
      readonly says?: RegExp;
      /** Parts that this machine has otherwise: names in capitals, ports, devices. */
      readonly replace?: readonly (readonly [from: string | RegExp, to: string])[];
    };

const NAME: LineKind = { kind: 'name' };
const RUN: LineKind = { kind: 'run' };
/** Names in capitals stand for files. */
const FILES: readonly (readonly [string | RegExp, string])[] = [
  [/\bTRACE\b/, 'capture.harvest'],
  [/\bFILE\b/, 'trace.csv'],
  [/\b(ELF|FW)\b/, 'firmware.elf'],
  [/\bADDRESS\b/, '0x20000000'],
];
const LEAKY = [[/\b(TRACE|FILE|capture\.harvest)(?= |$)/, 'leaky.harvest']] as const;
/** The firmware that logs its heap events, where a line is about that. */
const LISP = [/\b(firmware|fw)\.elf/, 'lisp.elf'] as const;
/** OpenOCD is launched, and finds no probe; or it is not installed. */
const NO_BOARD: LineKind = {
  kind: 'run',
  status: [3, 5],
  says: /HH15\d\d .*(no debug probe|OpenOCD|3333|2331)/,
  replace: [LISP],
};
const NO_FILE: LineKind = { kind: 'run', status: [2], says: /HH1105 \S+: cannot be read: ENOENT/ };
const NO_PORT: LineKind = { kind: 'run', status: [2, 3], says: /HH160\d/ };
const NO_HOST = [/http:\/\/board\.local|\bURL\b/, 'http://127.0.0.1:9'] as const;

/**
 * The kinds by what a line looks like; the first that fits counts, and a line that fits none fails the test. `firmware.elf` and `fw.elf` are the
 * firmware of test/fixtures/documented; lines about gc_... are run on the Lisp firmware.
 */
export const KINDS: readonly (readonly [pattern: RegExp, kind: LineKind])[] = [
  // Mentions.
  [
    /^harvest( (tree|stats|leaks|why|frag|whatif|pools|diff|view|report|import|capture|session|dump|layout|export|mpy|serve|resymbolize|symbolize|boards show))?$/,
    NAME,
  ],
  [/^harvest fleet( query)?$/, NAME],
  [/^harvest (pools --pools K|check --[a-z-]+( \S+\.toml)?|capture ring|COMMAND --help)$/, NAME],
  [
    /^harvest (import FILE --(format|pattern) (\.\.\.|'alloc: .*')|export --format (allocation-history|heaptrack))$/,
    NAME,
  ],
  [/^harvest( \w+)? --help$|^harvest --version$/, RUN],
  // Logs and traces that are not here.
  [/^harvest (import|layout) (log\.txt|core0\.svdat|dump\.txt)/, NO_FILE],
  [/^harvest doctor (--board|-b)/, { kind: 'run', status: [0, 3, 5], replace: [['NAME', 'metro_m0_express'], LISP] }],
  // Who holds which block: of the capture of a firmware that loses blocks at main.c:34. A dump of a target without MicroPython holds no objects.
  [/^harvest why ram-/, { kind: 'run', status: [2], says: /HH(1105|2051) ram-0000\.bin/ }],
  [/^harvest leaks --proven$/, NAME],
  [/^harvest leaks \S+ --proven --max 0$/, { kind: 'run', status: [1], says: /HH2053 leak/, replace: LEAKY }],
  [/^harvest leaks \S+ --proven$/, { kind: 'run', replace: LEAKY }],
  // A mark at which a session read who holds which block: a plain capture has none.
  [/^harvest why .* --at after$/, { kind: 'run', status: [2], says: /HH2170 mark 'after'/, replace: LEAKY }],
  [
    /^harvest why /,
    { kind: 'run', replace: [...LEAKY, [/\w+\.py:12/, 'main.c:34'], [/0x20\w+/, '$(cat leaky-address)']] },
  ],
  // Captures.
  [/metro_m0_express (fw|firmware)\.elf/, NO_BOARD],
  [/^harvest session firmware\.elf --board metro_m0_express$/, RUN],
  [/ring --via-gdb .*--gdb-server :3333/, { kind: 'run', status: [2], says: /HH1619 .*alloctrace_ring/ }],
  [
    /--gdb-server :3333/,
    {
      kind: 'run',
      status: [3],
      says: /HH15\d\d .*:9\b/,
      replace: [[':3333', '127.0.0.1:9'], LISP, ['main_loop', 'pyexec_friendly_repl']],
    },
  ],
  [
    /^harvest dump .*(gc_\w+|--period)/,
    { kind: 'run', replace: [...FILES, LISP, ['--max-dumps 10', '--max-dumps 2']] },
  ],
  [
    /^printf .* \| harvest session firmware\.elf$/,
    {
      kind: 'run',
      replace: [LISP, ['(f)', '(+ 1 2)']],
    },
  ],
  [
    /harvest session (--nodemcu|.*--nodemcu)/,
    {
      ...NO_PORT,
      replace: [
        ['/dev/ttyUSB0', 'COM3'],
        ['PORT', 'COM3'],
      ],
    },
  ],
  [/^harvest session firmware\.elf$/, RUN],
  [
    /^harvest --ring N firmware\.elf$/,
    {
      kind: 'run',
      status: [4],
      replace: [
        ['N', '20'],
        ['firmware.elf', 'firmware.elf --allocator auto --no-stop-on-full'],
      ],
    },
  ],
  [/^harvest (--allocator|--hook)/, RUN],
  [
    /^harvest demo/,
    {
      kind: 'run',
      replace: [
        ['--variant small', ''],
        // Takes minutes, and sources from elsewhere: every-script-frame runs it.
        [' --micropython', ''],
        ['demo', 'demo --variant small'],
      ],
    },
  ],
  [/^harvest (FILE|capture\.harvest)$/, { kind: 'run', replace: [['FILE', 'capture.harvest']] }],
  [
    /^harvest capture ring (http|URL)/,
    { kind: 'run', status: [3], says: /HH16\d\d .*127\.0\.0\.1:9/, replace: [NO_HOST] },
  ],
  [/^harvest capture (swo|serial) \/dev/, { ...NO_PORT, replace: [[/\/dev\/tty\w+/, '/dev/nosuch']] }],
  // Of a checkout that was built: the examples' tests run them.
  [
    /^npx harvest .*examples\/firmware\/sqlite/,
    {
      kind: 'run',
      status: [2],
      says: /HH1101 nosuch\.elf/,
      replace: [
        ['npx ', ''],
        [/examples\S+/, 'nosuch.elf'],
      ],
    },
  ],
  [
    /^npx harvest /,
    {
      kind: 'run',
      replace: [
        ['npx ', ''],
        ['out/', ''],
      ],
    },
  ],
  // Servers are interrupted once they serve.
  [
    /^harvest (view|serve) /,
    {
      kind: 'run',
      replace: [
        ...FILES,
        ['8080', '0'],
        LISP,
        [/^harvest serve (?=\w)/, 'harvest serve --port 0 '],
        ['viewer.html', 'page.html'],
        ['trace.harvest', 'capture.harvest'],
        [/ --no-open$/, ''],
        ['harvest view', 'harvest view --no-open'],
      ],
    },
  ],
  // Traces.
  [
    /^harvest leaks capture\.harvest --mark cycle=loop_body --max 0$/,
    { kind: 'run', status: [1], replace: [['loop_body', 'eval_text']] },
  ],
  [/^harvest check .*--(budget|baseline)/, { kind: 'run', replace: FILES }],
  [/^harvest (diff A B)$/, { kind: 'run', replace: [['A B', 'main.harvest branch.harvest']] }],
  [/^harvest export TRACE --format ID/, { kind: 'run', replace: [...FILES, ['ID', 'folded'], [/\[(.*)\]/, '$1']] }],
  [/^harvest import FILE --format ID$/, { kind: 'run', replace: [...FILES, ['ID', 'csv']] }],
  [/flamegraph\.pl/, { kind: 'run', replace: [['flamegraph.pl', 'grep -q main']] }],
  [/^harvest pools heaptrace/, { kind: 'run', replace: [['10K', '1M']] }],
  [
    /^harvest export (captures|inbox)\/.* --dataset fleet/,
    { kind: 'run', replace: [[/(captures|inbox)\/(\*\/)?\*\.harvest/, 'capture.harvest main.harvest']] },
  ],
  [
    /^harvest export (TRACE(\.\.\.)?|capture\.harvest) --format parquet --dataset DIR$/,
    { kind: 'run', replace: [['TRACE...', 'TRACE'], ...FILES, ['DIR', 'new-fleet']] },
  ],
  // The fleet of one capture, whose build is the only one.
  [/^harvest fleet regressions fleet/, { kind: 'run', status: [2], says: /HH2027/ }],
  [
    /^harvest fleet /,
    {
      kind: 'run',
      replace: [
        ['DIR', 'fleet'],
        ['--path tls_new', '--path main'],
      ],
    },
  ],
  [
    /^harvest (import|export|report|resymbolize|tree|stats|leaks|frag|pools|whatif|diff|check|mpy|symbolize)\b/,
    { kind: 'run', replace: FILES },
  ],
  [/^harvest layout heap\.bin/, RUN],
  [/^harvest layout /, { kind: 'run', replace: [...FILES, LISP, ['dumps/', '']] }],
  // Set up.
  [/^harvest boards (show )?NAME$/, { kind: 'run', replace: [['NAME', 'generic']] }],
  [/^harvest boards import FILE/, { kind: 'run', status: [2], says: /HH1542/, replace: FILES }],
  [/^harvest boards import board\.cfg/, NO_FILE],
  [/^harvest explain CODE$/, { kind: 'run', replace: [['CODE', 'HH1101']] }],
  [/^harvest boards new --mcu CHIP/, { kind: 'run', status: [2], says: /HH1542/ }],
  [/^harvest boards new$/, { kind: 'run', status: [2], says: /HH1106/ }],
  [/^harvest doctor --gdb/, { kind: 'run', status: [0, 5] }],
  [
    /^harvest (boards|allocators|doctor|explain|completion)\b/,
    { kind: 'run', replace: [...FILES, [/>+ ~\/\S+/, '> completion.txt']] },
  ],
];

export function kindOf(line: string): LineKind | undefined {
  return KINDS.find(([pattern]) => pattern.test(line))?.[1];
}
