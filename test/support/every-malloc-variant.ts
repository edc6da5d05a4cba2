import { DirectEngine } from '../../lib/harvest/direct-engine.js';
import { cFirmware, referenceLines } from './c-firmware.js';
import { captureMalloc, eventForm, referenceForm } from './malloc-capture.js';

/*
 * Every variant of examples/firmware/sqlite and tasks against its reference build: minutes, so no part of `npm test`.
 *
 *   node dist/test/support/every-malloc-variant.js [sqlite|tasks]
 */

interface Variant {
  readonly firmware: 'sqlite' | 'tasks';
  readonly variables: Readonly<Record<string, string | number>>;
}

function* variants(): Generator<Variant> {
  for (const LIBC of ['newlib', 'nano', 'picolibc']) {
    for (const OPT of ['Og', 'Os']) {
      yield { firmware: 'sqlite', variables: { LIBC, OPT } };
      yield { firmware: 'sqlite', variables: { LIBC, OPT, EXHAUST: 1 } };
    }
    for (const STRIP of ['libc', 'all']) yield { firmware: 'sqlite', variables: { LIBC, OPT: 'Os', STRIP } };
  }
  for (const LIBC of ['newlib', 'nano']) {
    for (const OPT of ['Og', 'Os']) {
      for (const ALLOC of ['libc', 'heap4', 'tlsf'])
        yield { firmware: 'tasks', variables: { LIBC, OPT, ALLOC, ROUNDS: 4 } };
    }
  }
}

const ENDS = {
  sqlite: { until: 'sqlite_repl', text: 'sqlite> ' },
  tasks: { until: 'tasks_done', text: 'tasks done' },
} as const;

/** One line about a variant; whether all was as it should be. */
async function check({ firmware, variables }: Variant): Promise<boolean> {
  const end = ENDS[firmware];
  const expected = eventForm(await referenceLines(cFirmware(firmware, { ...variables, REFERENCE: 1 }), end.text));
  const { trace, elapsedMs, error } = await captureMalloc(new DirectEngine(), {
    elfPath: cFirmware(firmware, variables),
    until: [end.until],
  });
  const found = referenceForm(trace);
  const first = expected.findIndex((line, seq) => line !== found[seq]);
  const same = first < 0 && expected.length === found.length && expected.length > 0 && error === undefined;
  const oracle = trace.info.oracle?.outcome ?? 'no oracle';
  const place = same ? '' : `: event ${first}: found ${found[first] ?? error}, expected ${expected[first]}`;
  const rate = Math.round(trace.eventCount / (elapsedMs / 1000));
  process.stdout.write(
    `${same ? 'same' : 'DIFFERS'} ${oracle} ${firmware} ${Object.values(variables).join(' ')}: ${found.length} of ${expected.length} events, ${rate}/s${place}\n`,
  );
  return same && oracle === 'matched';
}

const only = process.argv[2];
let wrong = 0;
for (const variant of variants()) {
  if (only === undefined || variant.firmware === only) wrong += (await check(variant)) ? 0 : 1;
}
process.stdout.write(wrong === 0 ? 'all variants agree\n' : `${wrong} variants differ\n`);
process.exitCode = wrong === 0 ? 0 : 1;
