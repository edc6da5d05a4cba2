import test from 'ava';
import fc from 'fast-check';
import { TargetError } from '../../../lib/errors/errors.js';
import { gdbCrc32 } from '../../../lib/link/rsp/image-access.js';
import { RegisterLayout } from '../../../lib/link/rsp/register-layout.js';
import { readMemoryMap, readTargetXml } from '../../../lib/link/rsp/target-xml.js';

const none = () => Promise.reject(new Error('nothing to include'));

const CORE = `<?xml version="1.0"?><!DOCTYPE feature SYSTEM "gdb-target.dtd">
<feature name="org.gnu.gdb.arm.m-profile">
  ${Array.from({ length: 13 }, (_, index) => `<reg name="r${index}" bitsize="32"/>`).join('')}
  <reg name="sp" bitsize="32" type="data_ptr"/><reg name="lr" bitsize="32"/><reg name="pc" bitsize="32" type="code_ptr"/>
  <reg name="xpsr" bitsize="32" regnum="25"/>
</feature>`;
const TARGET = `<?xml version="1.0"?><target><architecture>arm</architecture><xi:include href="core.xml"/></target>`;

test('numbers registers on from the one before, across included files', async (t) => {
  const registers = await readTargetXml(TARGET, async (name) => (name === 'core.xml' ? CORE : ''));
  t.is(registers.length, 17);
  t.deepEqual(registers.at(15), { name: 'pc', number: 15, sizeBytes: 4 });
  t.deepEqual(registers.at(16), { name: 'xpsr', number: 25, sizeBytes: 4 });
});

test('takes a register from its element alone: not from comments, other elements and quoted text', async (t) => {
  const document = `<?xml version="1.0"?><target><!-- <reg name="no" bitsize="32"/> > --><feature name='a>b'>
    <flags id="f" size="4"><field name="x" start="0" end="1"/></flags><regs name="no" bitsize="8"/>
    <reg\n\tregnum = '4' name='a "quoted" > one' bitsize="9" type="f"></reg><reg bitsize="32" name="b"/></feature></target>`;
  t.deepEqual(await readTargetXml(document, none), [
    { name: 'a "quoted" > one', number: 4, sizeBytes: 2 },
    { name: 'b', number: 5, sizeBytes: 4 },
  ]);
});

test('a description that is none, or whose comment or element does not end, is refused with what was found', async (t) => {
  const refused = (text: string, message: RegExp) =>
    t.throwsAsync(readTargetXml(text, none), { code: 'HH1560', message });
  await refused('no XML', /found no element/);
  await refused('<?xml version="1.0"?>', /found no element/);
  await refused('<target><!-- <reg name="a" bitsize="32"/>', /'<!-- <reg name=.* without an end/);
  await refused('<target><reg name="a" bitsize="32', /'<reg name=.* without an end/);
  await refused('<target><reg name="a" bitsize="32"', /'<reg name=.* without an end/);
  await refused('<target><reg bitsize="32"/></target>', /found register 'undefined' of 32 bits/);
});

test('finds the core registers wherever they lie in the reply, and calls them by their own numbers', async (t) => {
  const before = '<target><feature name="x"><reg name="mode" bitsize="1"/></feature>';
  const registers = await readTargetXml(`${before}${CORE.slice(CORE.indexOf('<feature'))}</target>`, none);
  const layout = RegisterLayout.from(registers);
  const bytes = Buffer.alloc(17 * 4 + 1);
  for (let index = 0; index < 17; index++) bytes.writeUInt32LE(0x100 + index, 1 + index * 4);
  const found = layout.parse(Buffer.from(bytes.toString('hex')));
  t.deepEqual(
    [...(found ?? [])],
    Array.from({ length: 17 }, (_, i) => 0x100 + i),
  );
  t.is(layout.write(15, 0x1234), 'P10=34120000');
});

test('a description without ARM registers says so', async (t) => {
  const registers = await readTargetXml(
    '<target><feature name="f"><reg name="a0" bitsize="32"/></feature></target>',
    none,
  );
  t.throws(() => RegisterLayout.from(registers), { code: 'HH1560', message: /found no 32-bit register r0/ });
});

test('refuses files that include one another without end', async (t) => {
  await t.throwsAsync(
    readTargetXml(TARGET, async () => '<xi:include href="again.xml"/>'),
    { code: 'HH1560', message: /more than 64 includes/ },
  );
});

test('reads the areas of a memory map, with the erase block of flash', (t) => {
  const map = `<?xml version="1.0"?><memory-map><memory type="flash" start="0x0" length="0x40000">
    <property name="blocksize">0x400</property></memory><memory type="ram" start="0x20000000" length="0x4000"/></memory-map>`;
  t.deepEqual(readMemoryMap(map), [
    { kind: 'flash', start: 0, lengthBytes: 0x40000, blockBytes: 0x400 },
    { kind: 'ram', start: 0x20000000, lengthBytes: 0x4000, blockBytes: 0 },
  ]);
});

test('a memory map with another type, without numbers, or flash without blocks is refused with what was found', (t) => {
  const map = (inner: string) => () => readMemoryMap(`<memory-map>${inner}</memory-map>`);
  t.throws(map('<memory type="disk" start="0" length="1"/>'), {
    message: /found type 'disk', expected ram, rom or flash/,
  });
  t.throws(map('<memory type="ram" start="x" length="1"/>'), { message: /found start 'x'/ });
  t.throws(map('<memory type="flash" start="0" length="1"/>'), { message: /flash without a block size/ });
  t.throws(() => readMemoryMap('<other/>'), { message: /found another document/ });
});

test('mutated documents never do more than throw TargetError', async (t) => {
  const everyRun = () =>
    fc.assert(
      fc.asyncProperty(fc.nat(CORE.length - 1), fc.nat(60), fc.string({ maxLength: 8 }), async (at, cut, text) => {
        const document = CORE.slice(0, at) + text + CORE.slice(at + cut);
        try {
          await readTargetXml(document, async () => text);
          readMemoryMap(document);
        } catch (error) {
          if (!(error instanceof TargetError)) throw error;
        }
      }),
      { numRuns: 500 },
    );
  await t.notThrowsAsync(everyRun);
});

test('the CRC is the one of the check value 123456789', (t) => {
  // CRC-32/MPEG-2: polynomial 0x04c11db7, all ones at the start, not reflected, no final xor.
  t.is(gdbCrc32(Buffer.from('123456789')), 0x0376e6e7);
});
