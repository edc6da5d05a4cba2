import { readFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { SymbolError } from '../../lib/errors/errors.js';
import { createSymbolizer, type Symbolizer } from '../../lib/symbols/symbolizer.js';
import { buildArm, missingTools } from '../support/arm-build.js';
import { notRun } from '../support/not-run.js';

const missing = missingTools(['arm-none-eabi-gcc']);

function build(t: ExecutionContext, ...flags: string[]): Uint8Array | undefined {
  if (missing.length > 0) return notRun(t, `${missing.join(', ')} not installed`);
  const sources = ['test/symbols/programs/stacks.c'];
  const script = 'test/symbols/programs/program.ld';
  return readFileSync(buildArm({ sources, script, flags: ['-mcpu=cortex-m3', ...flags] }));
}

/** Asks everything that a caller can ask; nothing but a SymbolError may come out, and only where it is documented. */
function askEverything(symbolizer: Symbolizer): void {
  const registers = Array.from({ length: 16 }, (_, index) => index * 4);
  registers[13] = 0x20003f00;
  for (let address = 0; address < 0x900; address += 14) {
    symbolizer.locate(address);
    symbolizer.functionAt(address);
    registers[15] = address;
    const stack = symbolizer.unwind(registers, (at) => (at * 2654435761) >>> 0, { psp: 0x20001000, maxDepth: 50 });
    for (const frame of stack.frames) symbolizer.sourcesOf(frame);
  }
  symbolizer.symbol('main');
  symbolizer.symbolsByPrefix('re');
  symbolizer.inlinedInstances('inlined_inner');
  symbolizer.lineAddresses('stacks.c', 40);
  symbolizer.sourceFiles();
  try {
    symbolizer.structFieldOffset('process_stack', '[3]');
  } catch (error) {
    if (!(error instanceof SymbolError)) throw error;
  }
}

function tryFile(bytes: Uint8Array): void {
  let symbolizer: Symbolizer;
  try {
    symbolizer = createSymbolizer(bytes);
  } catch (error) {
    if (!(error instanceof SymbolError)) throw error;
    return;
  }
  askEverything(symbolizer);
}

const edit = fc.record({ place: fc.nat(), kind: fc.nat(5), value: fc.nat(255), section: fc.nat() });

const mutates = test.macro({
  exec(t, flags: readonly string[]) {
    const original = build(t, ...flags);
    if (!original) return;
    const good = createSymbolizer(original);
    const sections = good.elfFile.sections.filter(
      (section) => section.sizeBytes > 0 && /debug|ARM|tab/.test(section.name),
    );
    t.true(sections.length > 8);
    const damaged = fc.array(edit, { minLength: 1, maxLength: 12 });
    t.notThrows(() =>
      fc.assert(
        fc.property(damaged, (edits) => {
          const bytes = Uint8Array.from(original);
          for (const { place, kind, value, section } of edits) {
            const target = kind === 0 ? undefined : sections[section % sections.length];
            const at = target ? target.offset + (place % target.sizeBytes) : place % 200;
            if (kind === 1) bytes.fill(0xff, at, at + 8);
            else if (kind === 2) bytes.fill(0, at, at + 4);
            else bytes[at] = value;
          }
          tryFile(bytes);
        }),
        { numRuns: 120 },
      ),
    );
  },
  title: (_, flags: readonly string[]) => `survives damaged files: ${flags.join(' ')}`,
});

test(mutates, ['-Os', '-g3']);
test(mutates, ['-Os', '-g', '-gdwarf-4', '-funwind-tables']);
test(mutates, ['-Og', '-g', '-Wl,--compress-debug-sections=zlib']);

test('survives files that are cut anywhere', (t) => {
  const original = build(t, '-Os', '-g3');
  if (!original) return;
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.nat(original.length), (length) => tryFile(original.subarray(0, length))),
      { numRuns: 80 },
    ),
  );
});

test('keeps what is readable when one section is garbage', (t) => {
  const original = build(t, '-Os', '-g3');
  if (!original) return;
  const bytes = Uint8Array.from(original);
  const good = createSymbolizer(original);
  const lines = good.elfFile.section('.debug_line');
  if (!lines) return t.fail();
  bytes.fill(0xff, lines.offset, lines.offset + lines.sizeBytes);
  const symbolizer = createSymbolizer(bytes);
  const main = symbolizer.symbol('main')?.address ?? 0;
  t.is(symbolizer.locate(main).at(-1)?.functionName, 'main');
  t.is(symbolizer.locate(main)[0]?.line, 0);
  t.true(symbolizer.problems.length > 0);
  t.true(
    symbolizer.problems.every((problem) => problem instanceof SymbolError && problem.message.includes('.debug_line')),
  );
});
