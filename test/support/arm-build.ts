/** Builds small firmware at test time with arm-none-eabi-gcc (or RISC-V's) and keeps the results by content under build/. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';

const CACHE = resolve('build', 'test-programs');
/** Seconds that a tool may take: the machine may be shared by many. */
const LIMIT_MS = 300_000;

export interface ArmBuild {
  /** Paths from the project's root; the first is the main source. */
  readonly sources: readonly string[];
  /** Compiler and linker flags besides the fixed ones. */
  readonly flags?: readonly string[];
  /** A linker script; without one the program is linked at gcc's default addresses. */
  readonly script?: string;
  /** What compiles C; GNU's linker and library are taken anyway. Default: gcc. */
  readonly compiler?: 'gcc' | 'clang';
  /** RISC-V: with picolibc, rv32 by `flags`. Default: Thumb, with newlib. */
  readonly target?: 'riscv';
  /** Objcopy flags to run on the result: `--strip-debug`, `--compress-debug-sections=zlib`, ... */
  readonly objcopy?: readonly string[];
}

/** Whether a program can be started here. */
export function hasTool(name: string): boolean {
  return spawnSync(name, ['--version'], { stdio: 'ignore', timeout: 30_000 }).error === undefined;
}

/** Which of some tools are not installed: a test that needs one says so and checks nothing else. */
export function missingTools(names: readonly string[]): readonly string[] {
  return names.filter((name) => !hasTool(name));
}

/** Compiles and links; returns the path of the ELF file. Throws with the compiler's own message when it refuses. */
export function buildArm(build: ArmBuild): string {
  const { sources, flags = [], script, objcopy = [], compiler = 'gcc', target: isa } = build;
  const prefix = isa === 'riscv' ? 'riscv64-unknown-elf-' : 'arm-none-eabi-';
  const files = [...sources, ...(script ? [script] : [])];
  const hash = createHash('sha256');
  for (const file of files) hash.update(file).update(readFileSync(file));
  hash.update(
    JSON.stringify(compiler === 'gcc' ? [flags, objcopy, ...(isa ? [isa] : [])] : [flags, objcopy, compiler]),
  );
  const name = `${basename(sources[0] ?? 'program').replace(/\.\w+$/, '')}-${hash.digest('hex').slice(0, 16)}.elf`;
  const target = join(CACHE, name);
  if (existsSync(target)) return target;
  mkdirSync(CACHE, { recursive: true });
  // Two test files may build the same program at once: each writes its own and the last rename wins.
  const temporary = `${target}.${process.pid}`;
  const link = script ? ['-T', script, '-nostartfiles', '-Wl,--gc-sections', '-Wl,--build-id=sha1'] : [];
  const fixed = [
    ...(isa === 'riscv' ? ['--specs=picolibc.specs'] : ['-mthumb']),
    '-ffunction-sections',
    '-Wl,--no-warn-rwx-segments',
    ...link,
  ];
  // Not g++, which would take the C sources beside the C++ ones for C++.
  const libraries = sources.some((file) => file.endsWith('.cpp')) ? ['-lstdc++'] : [];
  const inputs = compiler === 'clang' ? sources.map((source) => clangObject(source, temporary, flags)) : sources;
  // Clang's own options mean nothing to gcc as the linker.
  const options = compiler === 'clang' ? flags.filter((flag) => flag.startsWith('-m')) : flags;
  run(`${prefix}gcc`, [...fixed, ...options, ...inputs, ...libraries, '-o', temporary]);
  if (objcopy.length > 0) run(`${prefix}objcopy`, [...objcopy, temporary]);
  renameSync(temporary, target);
  return target;
}

/** Compiles one C source with clang, against newlib's headers. */
function clangObject(source: string, base: string, flags: readonly string[]): string {
  const object = `${base}.${basename(source)}.o`;
  const target = ['--target=thumbv7m-none-eabi', '-mthumb', '-ffunction-sections', '-isystem', '/usr/include/newlib'];
  run('clang', [...target, ...flags, '-c', source, '-o', object]);
  return object;
}

/** One source compiled once and linked several times under different names: a large program with real debug information. */
export function buildCopies(source: string, flags: readonly string[], copies: number): string {
  const hash = createHash('sha256')
    .update(readFileSync(source))
    .update(JSON.stringify([flags, copies]));
  const base = join(CACHE, `copies-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(`${base}.elf`)) return `${base}.elf`;
  mkdirSync(CACHE, { recursive: true });
  run('arm-none-eabi-gcc', ['-mthumb', ...flags, '-c', source, '-o', `${base}.o`]);
  const objects = Array.from({ length: copies }, (_, index) => {
    const object = `${base}.${index}.o`;
    run('arm-none-eabi-objcopy', [`--prefix-symbols=${String.fromCharCode(97 + index)}_`, `${base}.o`, object]);
    return object;
  });
  const link = [
    '-mthumb',
    '-nostdlib',
    '-Wl,--unresolved-symbols=ignore-all',
    '-Wl,--no-warn-rwx-segments',
    '-Wl,-e,0x8000',
  ];
  run('arm-none-eabi-gcc', [...link, ...objects, '-o', `${base}.elf.part`]);
  renameSync(`${base}.elf.part`, `${base}.elf`);
  return `${base}.elf`;
}

/** Runs a tool and returns what it prints. @throws Error with the end of its messages when it fails. */
export function run(command: string, args: readonly string[], input = ''): string {
  const options = { input, maxBuffer: 1 << 30, timeout: LIMIT_MS, stdio: 'pipe' } as const;
  try {
    return execFileSync(command, args, options).toString();
  } catch (error) {
    const messages = error instanceof Error && 'stderr' in error ? String(error.stderr).slice(-2000) : String(error);
    throw new Error(`${command} ${args.join(' ')}: ${messages}`, { cause: error });
  }
}
