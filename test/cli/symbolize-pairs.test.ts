import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { runCli } from '../support/run-cli.js';
import { tempFolder } from '../support/temp-folder.js';

test('symbolize takes pairs as dumps have them, and a pasted backtrace, in quotes or not', async (t) => {
  const folder = tempFolder(t);
  const [source, elf] = [join(folder, 'p.c'), join(folder, 'p.elf')];
  writeFileSync(source, 'int inner(void) { return 1; }\nint main(void) { return inner(); }\n');
  const options = ['-g', '-O0', '-mcpu=cortex-m0', '-mthumb', '-nostdlib', '-Wl,-e,main', '-Wl,-Ttext=0x8000'];
  execFileSync('arm-none-eabi-gcc', [...options, source, '-o', elf], { stdio: 'ignore' });
  const symbols = execFileSync('arm-none-eabi-nm', [elf], { encoding: 'utf8' });
  const at = (name: string) => `0x${new RegExp(`^(\\w+) T ${name}$`, 'm').exec(symbols)?.[1]}`;
  const [main, inner] = [at('main'), at('inner')];
  const names = async (...words: string[]) => {
    const { stdout } = await runCli(['symbolize', elf, ...words]);
    return stdout
      .trim()
      .split('\n')
      .map((line) => line.split(/\s+/)[1]);
  };
  t.deepEqual(await names(`${main}:0x20001000`), ['main'], 'a stack pointer is no code');
  t.deepEqual(await names(`${inner}:${main}`), ['inner', 'main'], 'two callers of a heap trace');
  const line = ['Backtrace:', `${inner}:0x20001000`, `${main}:0x20001010`, '|<-CORRUPTED'];
  t.deepEqual(await names(line.join(' ')), ['inner', 'main']);
  t.deepEqual(await names(...line), ['inner', 'main']);
  t.deepEqual(
    await names(`Backtrace:${inner}:0x20001000${main}:0x20001010`),
    ['inner', 'main'],
    'without a blank between',
  );
});
