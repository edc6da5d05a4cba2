import test from 'ava';
import { boardFileOf, chipNamed, chipsIn } from '../../lib/boards/import-board.js';
import { parseBoard } from '../../lib/boards/load-board.js';

const JLINK = `<DataBase>
  <Device>
    <ChipInfo Vendor="Acme" Name="ACM32F4" Core="JLINK_CORE_CORTEX_M4" WorkRAMAddr="0x20000000" WorkRAMSize="0x00008000" />
    <FlashBankInfo Name="Internal flash" BaseAddr="0x08000000" MaxSize="0x00040000" Loader="a.elf" LoaderType="FLASH_ALGO_TYPE_OPEN" />
  </Device>
  <Device><ChipInfo Vendor="Acme" Name="ACM0" Core="JLINK_CORE_CORTEX_M0" /></Device>
</DataBase>`;

const PACK = `<?xml version="1.0"?><package><devices><family Dfamily="Acme F" Dvendor="Acme:99">
  <processor Dcore="Cortex-M0+" />
  <memory id="IROM1" start="0x08000000" size="0x10000" default="1" startup="1" />
  <subFamily DsubFamily="F1">
    <memory name="IRAM1" access="rwx" start="0x20000000" size="0x2000" />
    <device Dname="ACF101"><memory id="IRAM2" start="0x10000000" size="0x800" /></device>
    <device Dname="ACF102"><processor Dcore="Cortex-M33" /></device>
  </subFamily>
</family></devices></package>`;

const SCRIPT = `# a board
source [find interface/cmsis-dap.cfg]
transport select swd
set CHIPNAME acme_f4
source [find target/stm32f4x.cfg]
`;

test('a J-Link device becomes a board with its flash, its work RAM and the comparators of its core', (t) => {
  const chip = chipNamed(chipsIn(JLINK, 'JLinkDevices.xml'), 'acm32f4', 'JLinkDevices.xml');
  const board = parseBoard(boardFileOf(chip), 'mine');
  t.is(board.verified, 'unverified');
  t.is(board.mcu.core, 'cortex-m4');
  t.deepEqual(
    board.memory.map(({ kind, baseAddress, sizeBytes }) => [kind, baseAddress, sizeBytes]),
    [
      ['flash', 0x08000000, 0x40000],
      ['ram', 0x20000000, 0x8000],
    ],
  );
  t.deepEqual(board.comparators, { breakpoints: 6, watchpoints: 4 });
  t.is(board.servers.jlink?.device, 'ACM32F4');
});

test('a device of a CMSIS pack inherits from family and subfamily, and its own word counts more', (t) => {
  const chips = chipsIn(PACK, 'acme.pdsc');
  const first = parseBoard(boardFileOf(chipNamed(chips, 'ACF101', 'acme.pdsc')), 'mine');
  t.is(first.mcu.core, 'cortex-m0plus');
  t.deepEqual(
    first.memory.map(({ kind, baseAddress, sizeBytes }) => [kind, baseAddress, sizeBytes]),
    [
      ['flash', 0x08000000, 0x10000],
      ['ram', 0x20000000, 0x2000],
      ['ram', 0x10000000, 0x800],
    ],
  );
  t.is(parseBoard(boardFileOf(chipNamed(chips, 'ACF102', 'x')), 'mine').mcu.core, 'cortex-m33');
});

test('an OpenOCD board script gives interface, transport and target; memory comes from the ELF file', (t) => {
  const [chip] = chipsIn(SCRIPT, 'boards/acme.cfg');
  if (!chip) return t.fail();
  const board = parseBoard(boardFileOf(chip, 'Acme F4'), 'mine');
  t.like(board.servers.openocd, { interface: 'cmsis-dap', transport: 'swd', target: 'stm32f4x' });
  t.deepEqual(board.memory, []);
  t.is(board.title, 'Acme F4');
  return undefined;
});

test('a device that is not there is refused with the near one, and so is a file of another kind', (t) => {
  const chips = chipsIn(JLINK, 'x');
  t.throws(() => chipNamed(chips, 'ACM32F5', 'x'), { code: 'HH1542', message: /did you mean 'ACM32F4'/ });
  t.throws(() => chipNamed(chips, undefined, 'x'), { code: 'HH1542', message: /2 devices and no options\.device/ });
  t.throws(() => chipsIn('hello', 'x'), { code: 'HH1542' });
});

test('a damaged file is refused with what is wrong in it', (t) => {
  for (const text of ['<package><devices><device Dname="X', '<DataBase><Device><ChipInfo Name="']) {
    t.throws(() => chipsIn(text, 'a.pdsc'), { code: 'HH1542', message: /^a\.pdsc: found / });
  }
});
