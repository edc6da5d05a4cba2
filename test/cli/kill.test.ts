import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { ExitCode, eventAt, type HeapEvent, readJournal } from '../../lib/public/command-line.js';
import { eventually } from '../support/eventually.js';
import { lispFirmware } from '../support/lisp-firmware.js';
import { runCli } from '../support/run-cli.js';
import { tempFolder } from '../support/temp-folder.js';

const big = () => lispFirmware({ board: 'mps2-an385', opt: 'Og', variant: 'big' });

async function waitForBytes(path: string, bytes: number): Promise<void> {
  const isThere = await eventually(() => existsSync(path) && statSync(path).size >= bytes);
  if (!isThere) throw new Error(`${path} does not grow to ${bytes} bytes`);
}

/** The command lines of running processes that name a folder. */
function processesOf(folder: string): string[] {
  const lines = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).split('\n');
  return lines.filter((line) => line.includes(folder));
}

/** The clock is ours, not the target's. */
function untimed({ atUs: _, ...event }: HeapEvent): object {
  return event;
}

test.serial('kill -9 at any moment leaves a readable journal, whose outputs can be written afterwards', async (t) => {
  t.timeout(280_000);
  const elf = big();
  let longest: ReturnType<typeof readJournal> | undefined;
  // Moments from the very beginning to some way in, in bytes of journal.
  for (const bytes of [1, 300, 2_000, 9_000, 20_000]) {
    const out = tempFolder(t);
    const journal = join(out, 'capture.harvest');
    // A copy of its own, so that its processes can be told from those of other tests.
    const firmware = join(out, 'firmware.elf');
    copyFileSync(elf, firmware);
    const { signal } = await runCli([firmware, '--out', out, '--quiet'], {
      started: (child) => {
        waitForBytes(journal, bytes).then(
          () => child.kill('SIGKILL'),
          () => child.kill('SIGKILL'),
        );
      },
    });
    t.is(signal, 'SIGKILL');
    await eventually(() => processesOf(out).length === 0);
    t.deepEqual(processesOf(out), [], 'neither gdb nor QEMU outlives the capture');
    const builder = readJournal(readFileSync(journal));
    t.false(builder.info.complete);
    if (bytes > 1_000) t.true(builder.eventCount > 0, `${builder.eventCount} events in ${bytes} bytes`);
    const finished = await runCli([journal, '--json']);
    t.is(finished.status, ExitCode.partial);
    t.is((JSON.parse(finished.stdout) as { events: number }).events, builder.eventCount);
    t.true(existsSync(join(out, 'allocation_history.json')));
    // The target is deterministic: every journal is a prefix of the longest.
    const [shorter, longer] = [longest ?? builder, builder].sort((a, b) => a.eventCount - b.eventCount);
    if (shorter && longer) {
      const [a, b] = [shorter.build(), longer.build()];
      for (let seq = 0; seq < a.eventCount; seq++) t.deepEqual(untimed(eventAt(a, seq)), untimed(eventAt(b, seq)));
      longest = longer;
    }
  }
});

/** What a user, a service manager and a terminal that closes send. */
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  test.serial(`${signal} ends the capture cleanly, writes everything and exits with 130`, async (t) => {
    t.timeout(180_000);
    const out = tempFolder(t);
    const journal = join(out, 'capture.harvest');
    const { status, stdout } = await runCli([big(), '--out', out, '--json'], {
      started: (child) => {
        waitForBytes(journal, 3_000).then(
          () => child.kill(signal),
          () => child.kill('SIGKILL'),
        );
      },
    });
    t.is(status, ExitCode.interrupted);
    const summary = JSON.parse(stdout) as { events: number; endReason: string; oracle: { outcome: string } };
    t.true(summary.events > 0);
    t.regex(summary.endReason, /^interrupted; the target is in /);
    t.not(summary.oracle.outcome, 'differs');
    t.true(existsSync(join(out, 'allocation_history.json')));
  });

test.serial('a second Ctrl-C ends at once, and says what may be left in the target', async (t) => {
  t.timeout(180_000);
  const out = tempFolder(t);
  const journal = join(out, 'capture.harvest');
  const { status, stderr } = await runCli([big(), '--out', out], {
    started: (child) => {
      const twice = async () => {
        await waitForBytes(journal, 3_000);
        // Behind the first one's answer: the system merges signals that come together.
        child.stderr?.on('data', (text) => {
          if (String(text).includes('Ctrl-C again ends at once')) child.kill('SIGINT');
        });
        child.kill('SIGINT');
      };
      twice().catch(() => child.kill('SIGKILL'));
    },
  });
  t.is(status, ExitCode.interrupted);
  t.regex(
    stderr,
    /ended at once: a target may be halted, with breakpoints still set; the next capture takes them away/,
  );
});
