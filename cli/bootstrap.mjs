#!/usr/bin/env node
// Makes a fresh clone ready: npm packages, Debian packages, compiled sources. Plain JavaScript without imports from the
// project, because nothing is installed or compiled yet when it runs.
//
//   node cli/bootstrap.mjs --for demo|test|bench|all   (all: what `npm run test:all` needs besides test's)
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const purpose = process.argv[process.argv.indexOf('--for') + 1] ?? 'demo';

/** What is looked for, and the Debian package that has it. */
const PROGRAMS = [
  { program: 'gdb-multiarch', package: 'gdb-multiarch', for: ['demo', 'test', 'bench'] },
  { program: 'qemu-system-arm', package: 'qemu-system-arm', for: ['demo', 'test', 'bench'] },
  { program: 'arm-none-eabi-gcc', package: 'gcc-arm-none-eabi', for: ['demo', 'test', 'bench'] },
  { program: 'make', package: 'make', for: ['demo', 'test', 'bench'] },
  { file: '/usr/lib/arm-none-eabi/newlib/libc.a', package: 'libnewlib-arm-none-eabi', for: ['demo', 'test', 'bench'] },
  { file: '/usr/include/newlib/c++', package: 'libstdc++-arm-none-eabi-newlib', for: ['test', 'bench'] },
  { file: '/usr/lib/picolibc/arm-none-eabi', package: 'picolibc-arm-none-eabi', for: ['test', 'bench'] },
  { program: 'riscv64-unknown-elf-gcc', package: 'gcc-riscv64-unknown-elf', for: ['test', 'bench'] },
  { program: 'qemu-system-riscv32', package: 'qemu-system-misc', for: ['test', 'bench'] },
  {
    file: '/usr/lib/picolibc/riscv64-unknown-elf',
    package: 'picolibc-riscv64-unknown-elf',
    for: ['test', 'bench'],
  },
  { program: 'xtensa-lx106-elf-gcc', package: 'gcc-xtensa-lx106', for: ['test'] },
  { program: 'qemu-system-xtensa', package: 'qemu-system-misc', for: ['test'] },
  { program: 'openocd', package: 'openocd', for: ['test', 'bench'] },
  { program: 'chromium', package: 'chromium', for: ['test', 'bench'] },
  { program: 'socat', package: 'socat', for: ['test'] },
  { program: 'heaptrack_print', package: 'heaptrack', for: ['test'] },
  { program: 'ms_print', package: 'valgrind', for: ['test'] },
  { program: 'go', package: 'golang-go', for: ['test'] },
  { program: 'python3', package: 'python3', for: ['bench', 'test'] },
  { program: 'clang', package: 'clang', for: ['all'] },
];

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(5);
}

function run(program, args, options = {}) {
  const result = spawnSync(program, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], ...options });
  return result.error ? -1 : (result.status ?? -1);
}

function onPath(program) {
  const names = process.platform === 'win32' ? [`${program}.exe`, `${program}.cmd`] : [program];
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.some((folder) => names.some((name) => existsSync(join(folder, name))));
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  fail(`Node ${process.versions.node}: expected 20.19 or later`);
}

/** The packages of the lock file, once: a stamp in node_modules says which lock file it was made from. */
function npmPackages() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const stamp = join(root, 'node_modules', '.heap-harvest-lock');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  process.stdout.write('installing npm packages\n');
  // --ignore-scripts: none of them needs its install script (the serial binding ships prebuilt).
  const status = run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']);
  if (status !== 0) fail('npm ci failed: see above');
  writeFileSync(stamp, lock);
}

function debianPackages() {
  const missing = PROGRAMS.filter((entry) => entry.for.includes(purpose))
    .filter((entry) => (entry.program ? !onPath(entry.program) : !existsSync(entry.file)))
    .map((entry) => entry.package);
  if (missing.length === 0) return;
  const packages = [...new Set(missing)];
  if (!onPath('apt-get'))
    fail(
      `missing: ${packages.join(', ')} (Debian's names)\n` +
        'macOS: brew install qemu arm-none-eabi-gdb open-ocd socat && brew install --cask gcc-arm-embedded chromium\n' +
        'Windows: use WSL with Debian or Ubuntu, where this script installs them itself',
    );
  const sudo = process.getuid?.() === 0 ? [] : ['sudo'];
  if (sudo.length > 0 && !onPath('sudo')) fail(`missing: run as root: apt-get install ${packages.join(' ')}`);
  process.stdout.write(`installing with apt: ${packages.join(' ')}\n`);
  const apt = (...args) => {
    const [program = 'apt-get', ...rest] = [...sudo, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...args];
    return run(program, rest);
  };
  apt('update', '-q=2');
  const status = apt('install', '-q=2', '-y', '--no-install-recommends', ...packages);
  if (status !== 0) fail(`apt-get install ${packages.join(' ')} failed: see above`);
}

function compile() {
  const status = run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.json']);
  if (status !== 0) fail('the sources do not compile: see above');
  for (const part of ['cli/bundle.mjs', 'viewer/build.mjs']) {
    if (run(process.execPath, [join(root, part)]) !== 0) fail(`${part} failed: see above`);
  }
}

checkNode();
npmPackages();
debianPackages();
compile();
