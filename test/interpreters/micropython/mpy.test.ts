import test from 'ava';
import { TraceFormatError } from '../../../lib/errors/errors.js';
import type { MpyCode } from '../../../lib/interpreters/micropython/mpy/mpy-file.js';
import { mpyHeapCost } from '../../../lib/interpreters/micropython/mpy/mpy-heap-cost.js';
import { readMpy } from '../../../lib/interpreters/micropython/mpy/read-mpy.js';
import { STATIC_QSTRS } from '../../../lib/interpreters/micropython/mpy/static-qstrs.js';
import { mpyText } from '../../../lib/report/mpy-text.js';
import { hex, utf8 } from '../../support/decode-ways.js';
import { microPython, mpyCross } from '../../support/mpy-compiler.js';

const TOY = `import gc
NAME = "a string that is longer than ten"
BIG = 123456789012345678901234567890
F = 3.25
B = b"bytes here"
def add(first, second=3):
    return first + second
class Thing:
    def __init__(self, value):
        self.value = value
    def go(self):
        def inner(z):
            return self.value + z
        return inner
`;

const NATIVE = `@micropython.native
def f(x, y=1):
  return x + 1
@micropython.viper
def g(x: int) -> int:
  return x * 2
@micropython.asm_thumb
def h(r0, r1):
  mov(r0, 42)
`;

function outline(code: MpyCode): string {
  const args = code.argNames.length > 0 ? `(${code.argNames.join(',')})` : '';
  const children = code.children.length > 0 ? `{${code.children.map(outline).join(' ')}}` : '';
  return `${code.name}${args}${children}`;
}

// M 6 no-arch 31-bit; 3 qstrs (t.py, <module> static, x), 1 object (str "hi"); bytecode of 9 bytes, no children:
// prelude 00 (state 1) 06 (info 3, cells 0), name 01 <module>, 2 bytes of lines, LOAD_CONST_NONE, STORE_NAME x, RETURN.
const HAND_6 = hex('4d 06 00 1f 03 01 08 74 2e 70 79 00 0f 02 78 00 05 02 68 69 00 48 00 06 01 00 00 51 16 02 63');

test('a hand-assembled version 6 file: header, tables, one code with a stored name', (t) => {
  const file = readMpy(HAND_6);
  t.is(file.version, 6);
  t.is(file.architecture, 'none');
  t.deepEqual(file.qstrs, [
    { text: 't.py', isStatic: false },
    { text: '<module>', isStatic: true },
    { text: 'x', isStatic: false },
  ]);
  t.deepEqual(file.objects, [{ kind: 'str', dataBytes: 2, text: 'hi', items: [] }]);
  t.deepEqual(file.code, {
    name: '<module>',
    kind: 'bytecode',
    codeBytes: 9,
    instructionBytes: 4,
    stateSlots: 1,
    defaultArgs: 0,
    argNames: [],
    storedNames: ['x'],
    objects: [],
    children: [],
    rodataBytes: 0,
    bssBytes: 0,
  });
});

// M 5 flags 2 31-bit, window 32; bytecode of 12 in memory: prelude 00 0a (info 5), qstrs <module> (static 7) and
// "t.py", 1 byte of lines, LOAD_CONST_NONE, STORE_NAME x (its text), RETURN; 1 object (int "7"), no codes.
const HAND_5 = hex('4d 05 02 1f 20 30 00 0a 00 07 08 74 2e 70 79 00 51 16 02 78 63 01 00 69 01 37');

test('a hand-assembled version 5 file: strings written out, constants of their own', (t) => {
  const file = readMpy(HAND_5);
  t.is(file.version, 5);
  t.deepEqual(
    file.qstrs.map((qstr) => qstr.text),
    ['<module>', 't.py', 'x'],
  );
  t.is(file.code.name, '<module>');
  t.is(file.code.codeBytes, 12);
  t.is(file.code.instructionBytes, 5);
  t.deepEqual(file.code.storedNames, ['x']);
  t.deepEqual(file.code.objects, [{ kind: 'int', dataBytes: 1, text: '7', items: [] }]);
});

test('the static strings end with zip, as the format says', (t) => {
  t.is(STATIC_QSTRS.at(-1), 'zip');
  t.is(STATIC_QSTRS[7], '<module>');
  t.is(new Set(STATIC_QSTRS).size, STATIC_QSTRS.length - 1);
});

for (const version of [5, 6] as const) {
  test.serial(`a real compiler's version ${version} file gives the tree of the source`, async (t) => {
    const file = readMpy(await mpyCross(version, 'toy.py', TOY));
    t.is(file.version, version);
    t.is(outline(file.code), '<module>{add(first,second) Thing{__init__(self,value) go(self){inner(*,z)}}}');
    t.deepEqual(file.code.storedNames, ['gc', 'NAME', 'BIG', 'F', 'B', 'add', 'Thing']);
    const objects = version === 6 ? file.objects : file.code.objects;
    t.deepEqual(
      objects.map((object) => [object.kind, object.text]),
      [
        ['str', 'a string that is longer than ten'],
        ['int', '123456789012345678901234567890'],
        ['float', '3.25'],
        ['bytes', ''],
      ],
    );
    t.is(file.code.children[0]?.defaultArgs, 1);
  });

  test.serial(`version ${version} native, viper and assembler code is read to its end`, async (t) => {
    const file = readMpy(await mpyCross(version, 'nat.py', NATIVE, ['-march=armv7m']));
    t.is(file.architecture, 'armv7m');
    t.deepEqual(
      file.code.children.map((child) => child.kind),
      ['native', 'viper', 'asm'],
    );
    t.is(file.code.children[0]?.name, 'f');
    t.is(file.code.children[2]?.argNames.length, 2);
  });

  test.serial(
    `a version ${version} file cut or damaged anywhere is an error that names the byte, never a crash`,
    async (t) => {
      for (const bytes of [
        await mpyCross(version, 'toy.py', TOY),
        await mpyCross(version, 'nat.py', NATIVE, ['-march=armv7m']),
      ]) {
        for (let end = 0; end < bytes.length; end++) {
          const error = t.throws(() => readMpy(bytes.subarray(0, end), 'x.mpy'), { instanceOf: TraceFormatError });
          t.true((error?.offset ?? -1) <= end);
        }
        for (let at = 0; at < bytes.length; at++) {
          const damaged = Uint8Array.from(bytes);
          damaged[at] = (damaged[at] ?? 0) ^ (1 << (at % 8));
          try {
            mpyHeapCost(readMpy(damaged));
          } catch (error) {
            t.true(error instanceof TraceFormatError);
          }
        }
      }
    },
  );
}

test('another file or version is refused by its first bytes', (t) => {
  t.throws(() => readMpy(utf8('import gc\n')), { instanceOf: TraceFormatError, code: 'HH1460' });
  const error = t.throws(() => readMpy(hex('4d 07 00 1f 00')), { instanceOf: TraceFormatError, code: 'HH1460' });
  t.regex(error?.message ?? '', /found version 7, expected a .mpy file of version 0 to 6/);
  t.is(readMpy(Uint8Array.from([0x43, ...HAND_6.subarray(1)])).flavour, 'circuitpython');
});

test('the cost of a hand-made module adds up', (t) => {
  const cost = mpyHeapCost(readMpy(HAND_6));
  // 16 module, 16 + 48 globals (x, __name__, __file__ in 4 pairs), tables 6 -> 8 + 4 -> 16, "hi" 16 + 16.
  t.deepEqual(cost.module, { objectBytes: 16, globalsBytes: 48, tableBytes: 16, constantBytes: 32 });
  t.deepEqual(
    cost.functions.map((each) => [each.path, each.codeBytes, each.tableBytes, each.runtimeBytes]),
    [['<module>', 16, 16, 0]],
  );
  t.is(cost.totalBytes, 16 + 48 + 16 + 32 + 16 + 16);
  t.deepEqual(cost.newQstrs, { count: 2, bytes: 4 + 1 + 6 + (1 + 1 + 6) });
});

test.serial('the estimate is near what a real MicroPython allocates on import', async (t) => {
  const functions = Array.from(
    { length: 20 },
    (_, i) => `def func_number_${i}(a, b=2):\n  x = a + b\n  for i in range(x):\n    x += i * ${i}\n  return x\n`,
  );
  for (const [name, source] of [
    ['toy_m', TOY.replace('import gc\n', '')],
    ['many_m', functions.join('')],
  ] as const) {
    const bytes = await mpyCross(6, `${name}.py`, source);
    const python = await microPython();
    python.FS.writeFile(`/${name}.mpy`, bytes);
    python.runPython(
      `import gc, sys\nsys.path.append('/')\ndef measure():\n  gc.collect()\n  before = gc.mem_alloc()\n  import ${name}\n  gc.collect()\n  return gc.mem_alloc() - before\nmeasured = measure()\n`,
    );
    const measured = Number(python.globals.get('measured'));
    const cost = mpyHeapCost(readMpy(bytes));
    const estimate = cost.totalBytes + cost.newQstrs.bytes;
    t.true(
      estimate > measured * 0.8 && estimate < measured * 1.2,
      `${name}: estimated ${estimate}, measured ${measured}`,
    );
  }
});

test.serial(
  'what a real MicroPython takes lies within the bounds, in a fresh one and in one that has imported others before',
  async (t) => {
    const functions = Array.from(
      { length: 20 },
      (_, i) => `def func_no_${i}(first_${i}, b=2):\n  return first_${i} + b\n`,
    );
    const modules = {
      tiny: 'x = 1\n',
      fun: 'def alpha_one(a):\n  return a+1\n',
      cls: 'class Thing_of_mine:\n  def __init__(self):\n    self.value_in = 3\n  def go_away(self, n):\n    return n\n',
      strs: Array.from({ length: 10 }, (_, i) => `name_of_${i} = "some text number ${i} which is long enough"\n`).join(
        '',
      ),
      many: functions.join(''),
      toy: TOY.replace('import gc\n', ''),
    };
    // One at a time: a second instance ends the first.
    let python = await microPython();
    for (const state of ['fresh', 'aged'] as const) {
      for (const [name, source] of Object.entries(modules)) {
        const bytes = await mpyCross(6, `${name}.py`, source);
        const { totalBytes, mostBytes } = mpyHeapCost(readMpy(bytes));
        if (state === 'fresh' || name === 'tiny') python = await microPython();
        python.FS.writeFile(`/${name}.mpy`, bytes);
        python.runPython(
          `import gc, sys\nsys.path.append('/')\na = b = 0\ngc.collect()\na = gc.mem_alloc()\nimport ${name}\ngc.collect()\nb = gc.mem_alloc()\nwith open('/taken', 'w') as file:\n  file.write(str(b - a))\n`,
        );
        // Not by `globals`: a collection of the host's frees what an instance that is gone handed out, in the one that runs.
        const measured = Number(python.FS.readFile('/taken', { encoding: 'utf8' }));
        t.log(`${name}, ${state}: ${totalBytes} <= ${measured} <= ${mostBytes}`);
        t.true(measured >= totalBytes && measured <= mostBytes, `${name}, ${state}: ${measured} B`);
      }
    }
  },
);

test('the report has a line for each function, the totals and the assumptions', (t) => {
  const file = readMpy(HAND_6);
  const text = mpyText(file, mpyHeapCost(file), 't.mpy').split('\n');
  t.is(text[0], 't.mpy: .mpy version 6.0 (micropython), 31 bytes, 31-bit small integers');
  t.is(text[4], '<module>  bytecode      4    16      16       0        0    32');
  t.true(text.some((line) => line.startsWith('importing takes 144 B to ')));
});
