import { parseArgs } from 'node:util';
import { type Comparison, compareWithGdb, type Verdict } from './against-gdb.js';
import { type ArmBuild, buildArm, hasTool } from './arm-build.js';

/* Backtraces of many builds, anywhere in the code, against gdb's: minutes, so no part of `npm test`, which tries one build. */

const USAGE = `Compares the backtraces of many builds of one program with gdb's, at stops anywhere in the code; prints the table of docs/truth.md.

  node dist/test/support/every-build-against-gdb.js [options]

  --stops N      stops a build (default: 300)
  --build TEXT   only builds whose name and core, as \`--list\` prints them, have TEXT in them; may be given several times
  --list         print the builds and end
  --help         print this and end

Exit code 1: a frame is wrong and not marked, or a build stopped less often than asked. Why backtraces of ours end early ("cut") is
counted below the table: it must be what the recording lacks, not what the unwinder does not know.
`;

const PROGRAMS = 'test/symbols/programs';
const VERDICTS: readonly Verdict[] = ['same', 'guessed', 'cut', 'further', 'discarded', 'interrupted', 'wrong'];

interface Build {
  readonly name: string;
  readonly cpu: string;
  readonly flags: readonly string[];
  readonly objcopy?: readonly string[];
  readonly compiler?: ArmBuild['compiler'];
}

/** `cpu` of a RISC-V build is its -march. */
const isRiscv = ({ cpu }: Build) => cpu.startsWith('rv');

const BUILDS: readonly Build[] = [
  { name: 'gcc -O0', cpu: 'cortex-m0', flags: ['-O0', '-g'] },
  { name: 'gcc -Og', cpu: 'cortex-m0', flags: ['-Og', '-g'] },
  { name: 'gcc -Os', cpu: 'cortex-m0', flags: ['-Os', '-g'] },
  { name: 'gcc -Oz', cpu: 'cortex-m0', flags: ['-Oz', '-g'] },
  { name: 'gcc -O1', cpu: 'cortex-m3', flags: ['-O1', '-g'] },
  { name: 'gcc -O2, DWARF 4', cpu: 'cortex-m3', flags: ['-O2', '-g', '-gdwarf-4'] },
  { name: 'gcc -O3', cpu: 'cortex-m4', flags: ['-O3', '-g', '-mfloat-abi=softfp', '-mfpu=fpv4-sp-d16'] },
  { name: 'gcc -Os, LTO', cpu: 'cortex-m3', flags: ['-Os', '-g', '-flto'] },
  { name: 'gcc -Os, frame pointers', cpu: 'cortex-m3', flags: ['-Os', '-g', '-fno-omit-frame-pointer'] },
  { name: 'gcc -Os, stripped', cpu: 'cortex-m3', flags: ['-Os', '-g'], objcopy: ['--strip-debug'] },
  {
    name: 'gcc -Og, stripped, .ARM.exidx',
    cpu: 'cortex-m3',
    flags: ['-Og', '-g', '-funwind-tables'],
    objcopy: ['--strip-debug'],
  },
  { name: 'gcc -Og, split DWARF', cpu: 'cortex-m3', flags: ['-Og', '-g', '-gsplit-dwarf'] },
  { name: 'gcc -O2', cpu: 'cortex-m33', flags: ['-O2', '-g'] },
  { name: 'gcc -Os, split DWARF', cpu: 'cortex-m33', flags: ['-Os', '-g', '-gsplit-dwarf'] },
  { name: 'clang -O0', cpu: 'cortex-m3', flags: ['-O0', '-g'], compiler: 'clang' },
  { name: 'clang -O1, split DWARF', cpu: 'cortex-m3', flags: ['-O1', '-g', '-gsplit-dwarf'], compiler: 'clang' },
  {
    name: 'clang -Os, stripped',
    cpu: 'cortex-m3',
    flags: ['-Os', '-g'],
    objcopy: ['--strip-debug'],
    compiler: 'clang',
  },
  {
    name: 'clang -O3',
    cpu: 'cortex-m4',
    flags: ['-O3', '-g', '-mfloat-abi=softfp', '-mfpu=fpv4-sp-d16'],
    compiler: 'clang',
  },
  { name: 'clang -O2', cpu: 'cortex-m33', flags: ['-O2', '-g'], compiler: 'clang' },
  { name: 'clang -Oz', cpu: 'cortex-m3', flags: ['-Oz', '-g'], compiler: 'clang' },
  { name: 'clang -O2', cpu: 'cortex-m0', flags: ['-O2', '-g', '-gdwarf-4'], compiler: 'clang' },
  { name: 'gcc -Og', cpu: 'rv32imac', flags: ['-Og', '-g'] },
  { name: 'gcc -Os', cpu: 'rv32imac', flags: ['-Os', '-g'] },
  { name: 'gcc -O2', cpu: 'rv32imc', flags: ['-O2', '-g'] },
  { name: 'gcc -Os, saved by calls', cpu: 'rv32imafc', flags: ['-Os', '-g', '-msave-restore'] },
  { name: 'gcc -Os, frame pointers', cpu: 'rv32imac', flags: ['-Os', '-g', '-fno-omit-frame-pointer'] },
  { name: 'gcc -Og, stripped', cpu: 'rv32imac', flags: ['-Og', '-g'], objcopy: ['--strip-debug'] },
];

const MACHINES: Readonly<Record<string, string>> = {
  'cortex-m0': 'microbit',
  'cortex-m3': 'mps2-an385',
  'cortex-m4': 'mps2-an386',
  'cortex-m33': 'mps2-an505',
};

const { values } = parseArgs({
  options: {
    stops: { type: 'string', default: '300' },
    build: { type: 'string', multiple: true, default: [''] },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const stops = Number(values.stops);
const labelOf = ({ name, cpu }: Build) => `${name} ${cpu}`;
const wanted = BUILDS.filter((build) => values.build.some((text) => labelOf(build).includes(text)));
if (values.help || values.list) {
  process.stdout.write(values.help ? USAGE : wanted.map((build) => `${labelOf(build)}\n`).join(''));
  process.exit(0);
}
if (!Number.isInteger(stops) || stops < 1 || wanted.length === 0) {
  process.stderr.write(`no such stops or builds; ${USAGE}`);
  process.exit(2);
}
const totals = new Map<Verdict, number>();
/** Why backtraces that end early do. */
const cutBy = new Map<string, number>();
process.stdout.write(
  `| build | core | stops | ${VERDICTS.join(' | ')} |\n|---|---|---|${VERDICTS.map(() => '---|').join('')}\n`,
);
for (const build of wanted) {
  const { name, cpu, compiler } = build;
  const tool = isRiscv(build) ? 'riscv64-unknown-elf-gcc' : (compiler ?? 'arm-none-eabi-gcc');
  if (!hasTool(tool)) {
    process.stdout.write(`| ${name} | ${cpu} | not run: ${tool} is not installed |\n`);
    continue;
  }
  const found = compareBuild(build);
  const counts = new Map<Verdict, number>();
  for (const { verdict, ours, gdbs, end } of found) {
    counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
    totals.set(verdict, (totals.get(verdict) ?? 0) + 1);
    if (verdict === 'cut') cutBy.set(end, (cutBy.get(end) ?? 0) + 1);
    if (verdict === 'wrong')
      process.stderr.write(`${name}: ${end}\n  ours ${ours.join(' < ')}\n  gdb  ${gdbs.join(' < ')}\n`);
  }
  if (found.length < stops) process.exitCode = 1;
  process.stdout.write(
    `| ${name} | ${cpu} | ${found.length} | ${VERDICTS.map((verdict) => counts.get(verdict) ?? 0).join(' | ')} |\n`,
  );
}
process.stdout.write(
  `| all | | ${[...totals.values()].reduce((a, b) => a + b, 0)} | ${VERDICTS.map((verdict) => totals.get(verdict) ?? 0).join(' | ')} |\n`,
);
if (cutBy.size > 0)
  process.stdout.write(`\ncut by: ${[...cutBy].map(([end, count]) => `${end} ${count}`).join(', ')}\n`);
if ((totals.get('wrong') ?? 0) > 0) process.exitCode = 1;

function compareBuild(build: Build): readonly Comparison[] {
  const { cpu, flags, objcopy = [], compiler = 'gcc' } = build;
  // A guard against hanging: a stop takes a tenth of a second on an idle machine.
  const options = { breakpoint: '*probe', stops, steps: true, limitMs: 600_000 + stops * 3000 };
  const sources = [`${PROGRAMS}/stacks.c`];
  if (isRiscv(build)) {
    const abi = [`-march=${cpu}`, `-mabi=${cpu.includes('f') ? 'ilp32f' : 'ilp32'}`, '-misa-spec=2.2'];
    const script = `${PROGRAMS}/program-rv32.ld`;
    const elf = buildArm({ sources, script, flags: [...abi, ...flags], objcopy, target: 'riscv' });
    return compareWithGdb(elf, { ...options, machine: 'virt', processor: 'riscv', stackTop: 0x80040000 });
  }
  const isSecure = cpu === 'cortex-m33';
  const script = `${PROGRAMS}/${isSecure ? 'program-an505' : 'program'}.ld`;
  const elf = buildArm({ sources, script, flags: [`-mcpu=${cpu}`, ...flags], objcopy, compiler });
  const stackTop = isSecure ? 0x38004000 : 0x20004000;
  return compareWithGdb(elf, { ...options, machine: MACHINES[cpu] ?? '', stackTop });
}
