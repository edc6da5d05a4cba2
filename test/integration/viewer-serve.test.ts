import { spawn } from 'node:child_process';
import { once } from 'node:events';
import test from 'ava';
import { lispFirmware } from '../support/lisp-firmware.js';
import { CLI } from '../support/run-cli.js';
import { keepScreenshot, openViewer, settled, startChromium, withoutChromium } from '../support/viewer-page.js';

test('the viewer connects to `harvest serve` while that captures from QEMU, and shows what was caught', async (t) => {
  const browser = await startChromium();
  if (!browser) return withoutChromium(t);
  t.teardown(() => browser.close());
  const elf = lispFirmware({ board: 'microbit', opt: 'Og', variant: 'small' });
  const args = ['serve', '--live', elf, '--board', 'qemu-microbit', '--port', '0', '--json', '--ring', '100000'];
  const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (piece: Buffer) => {
    complaint += piece.toString();
  });
  t.teardown(async () => {
    const ended = once(child, 'exit');
    child.kill('SIGINT');
    await ended;
  });
  const [line] = (await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])) as [Buffer];
  const { port } = JSON.parse(line.toString()) as { port: number };
  await using viewer = await openViewer(browser);
  const { page } = viewer;
  await page.keyboard.press('c');
  await page.fill('#host', `127.0.0.1:${port}`);
  await page.click('#do-connect');
  await page.waitForSelector('#link-state.connected');
  await viewer.until(`Number(document.querySelector('[data-status=captured]').textContent.replaceAll(',', '')) >= 50`);
  await page.click('#load');
  await settled(page);
  t.is(await viewer.ask('state().error'), undefined, complaint);
  t.true((await viewer.ask<number>('state().loaded.trace.eventCount')) >= 50);
  t.true((await viewer.ask<number>('state().loaded.sources.list.filter((it) => it.file.endsWith(".c")).length')) > 1);
  await keepScreenshot(page, 'served-from-qemu');
});
