import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { journalBytes } from '../../lib/trace/journal-bytes.js';
import { TraceBuilder } from '../../lib/trace/trace-builder.js';
import { testWithChromium } from '../support/chromium-test.js';
import { symbolAddresses } from '../support/lisp-firmware.js';
import { tempFolder } from '../support/temp-folder.js';
import { journalFromText, openViewer, withoutChromium } from '../support/viewer-page.js';

const test = testWithChromium();

const SOURCE = `
void *pvPortMalloc(unsigned size) { return (void *)(0x20000000 + size); }
void *volatile kept;
__attribute__((noinline)) void net_init(void) { kept = pvPortMalloc(64); }
int main(void) { net_init(); return 0; }
`;

test('an ELF file names addresses in the page, and nothing is sent anywhere', async (t) => {
  const { browser } = t.context;
  if (!browser) return withoutChromium(t);
  const folder = tempFolder(t);
  writeFileSync(join(folder, 'net.c'), SOURCE);
  const args = [
    '-mcpu=cortex-m0',
    '-mthumb',
    '-g',
    '-O1',
    '-fno-inline',
    '-fno-optimize-sibling-calls',
    '-nostdlib',
    '-Wl,-emain',
  ];
  execFileSync('arm-none-eabi-gcc', [...args, 'net.c', '-o', 'firmware.elf'], { cwd: folder, timeout: 60_000 });
  const address = symbolAddresses(join(folder, 'firmware.elf'));
  const builder = new TraceBuilder();
  const frame = (name: string, offset: number) => ({
    address: address(name) + offset,
    functionName: '',
    file: '',
    line: 0,
  });
  const backtrace = [frame('pvPortMalloc', 2), frame('net_init', 8), frame('main', 6)];
  builder.add({ kind: 'alloc', address: 0x20000000, sizeBytes: 64, backtrace });
  await using viewer = await openViewer(browser);
  await viewer.open(Buffer.concat(journalBytes(builder.build())));
  const { page } = viewer;
  const source = () => page.textContent('.row [data-column=source]');
  t.regex((await source()) ?? '', /^0x/, 'addresses as long as there are no names');
  await page.setInputFiles('#elf-file', join(folder, 'firmware.elf'));
  await viewer.until(`document.querySelector('.row [data-column=source]').textContent.includes('net_init')`);
  t.is(await source(), 'net_init  net.c:4', 'pvPortMalloc only hands on');
  t.is(await page.textContent('.row [data-column=stack]'), 'pvPortMalloc ← net_init ← main');
  await page.click('.row [data-column=address] button');
  await page.waitForSelector('.toast.on');
  t.regex((await page.textContent('.toast')) ?? '', /arm-none-eabi-addr2line -e firmware\.elf -afipC/);
  // Names stay for the next trace; a file that is no ELF changes nothing.
  await page.setInputFiles('#elf-file', { name: 'no.elf', mimeType: '', buffer: Buffer.from('<b>') });
  await page.waitForSelector('.bar.error');
  t.regex((await page.textContent('.bar.error')) ?? '', /HH13/);
  await viewer.open(journalFromText(`alloc 0x20000000 8 f@f.c:1`));
  await viewer.open(Buffer.concat(journalBytes(builder.build())));
  await viewer.until(`document.querySelector('.row [data-column=source]')?.textContent.includes('net_init')`);
  t.true(readFileSync(join(folder, 'firmware.elf')).length > 0);
  t.deepEqual(viewer.complaints, []);
  t.deepEqual(viewer.requests, []);
});
