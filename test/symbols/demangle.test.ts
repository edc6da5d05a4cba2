import test from 'ava';
import * as fc from 'fast-check';
import { demangle, demanglerReady, functionNameOf, loadDemangler, symbolName } from '../../lib/symbols/demangle.js';
import { demangleCpp } from '../../lib/symbols/itanium/demangle-cpp.js';
import { missingTools, run } from '../support/arm-build.js';
import { notRun } from '../support/not-run.js';

test('demangles C++ and Rust as binutils spells them', (t) => {
  t.true(demanglerReady());
  const names: [string, string][] = [
    ['_ZN5Stack4pushERKi', 'Stack::push(int const&)'],
    ['_ZN3VecIiLj4EE4pushERKi', 'Vec<int, 4u>::push(int const&)'],
    ['_ZN1fILb1EE1gEv', 'f<true>::g()'],
    ['_ZN12_GLOBAL__N_13barEv', '(anonymous namespace)::bar()'],
    ['_ZNK3FooltERKS_', 'Foo::operator<(Foo const&) const'],
    ['_Znwj', 'operator new(unsigned int)'],
    ['_ZN4core3fmt9Formatter9write_fmt17h0123456789abcdefE', 'core::fmt::Formatter::write_fmt'],
    ['_RNvCs1234_7mycrate4main', 'mycrate::main'],
    ['main', 'main'],
    ['_malloc_r', '_malloc_r'],
    ['_Z', '_Z'],
    ['_Reset', '_Reset'],
    ['__Zero', '__Zero'],
  ];
  for (const [mangled, text] of names) t.is(demangle(mangled), text);
});

test('leaves parameters and results out as gdb does in backtraces', (t) => {
  const names: [string, string][] = [
    ['_ZNK3VecIPFicEE4pushES1_l', 'Vec<int (*)(char)>::push'],
    ['_ZNK3FooclEv', 'Foo::operator()'],
    ['_ZN12_GLOBAL__N_13barEv', '(anonymous namespace)::bar'],
    ['_ZNO1f1gEv', 'f::g'],
    ['_Znwj', 'operator new'],
    [
      '_ZSt4swapIiENSt9enable_ifIXsr6__and_ISt6__not_ISt15__is_tuple_likeIT_EESt21is_move_constructibleIS3_ESt18is_move_assignableIS3_EEE5valueEvE4typeERS3_SC_',
      'std::swap<int>',
    ],
    [
      '_ZSt11make_sharedI1XJRiEESt10shared_ptrINSt9enable_ifIXntsrSt8is_arrayIT_E5valueES5_E4typeEEDpOT0_',
      'std::make_shared<X, int&>',
    ],
    ['_ZNSsD1Ev', 'std::basic_string<char, std::char_traits<char>, std::allocator<char> >::~basic_string'],
    ['_ZZ4mainENKUlT_E_clIiEEDaS_', 'main::{lambda(auto:1)#1}::operator()<int>'],
    ['_ZN1AcvT_IiEEv', 'A::operator int<int>'],
    ['_ZThn8_N1C1gEv', 'non-virtual thunk to C::g()'],
    ['_ZN4core3fmt9Formatter9write_fmt17h0123456789abcdefE', 'core::fmt::Formatter::write_fmt'],
  ];
  for (const [mangled, name] of names) t.is(functionNameOf(mangled), name);
});

test('an argument pack without items leaves no comma behind', (t) => {
  t.is(demangle('_Z1fIiJEEvDpT0_'), 'f<int>()');
  t.is(demangle('_Z1fIJEiEvT0_DpT_'), 'f<int>(int)');
});

test('names clones without debug information as gdb does', (t) => {
  t.is(symbolName('recurse.isra.0'), 'recurse.isra');
  t.is(symbolName('_free_r.part.0'), '_free_r.part.0');
  t.is(symbolName('Reset.isra.0'), 'Reset.isra.0');
  t.is(symbolName('_ZNK3Foo3getEv.isra.0'), 'Foo::get');
});

test('every C++ name of libstdc++ is spelled as c++filt spells it', (t) => {
  const missing = missingTools(['arm-none-eabi-g++', 'arm-none-eabi-nm', 'arm-none-eabi-c++filt']);
  if (missing.length > 0) return notRun(t, `${missing.join(', ')} not installed`);
  const library = run('arm-none-eabi-g++', ['-mcpu=cortex-m3', '-mthumb', '-print-file-name=libstdc++.a']).trim();
  const symbols = run('arm-none-eabi-nm', [library])
    .split('\n')
    .flatMap((line) => /\b_Z\S+$/.exec(line)?.[0] ?? []);
  const names = [...new Set(symbols)];
  t.true(names.length > 5000, `${names.length} names`);
  const theirs = run('arm-none-eabi-c++filt', [], `${names.join('\n')}\n`).split('\n');
  const differing = names.filter(
    (name, index) => demangleCpp(name, { withResults: true, withClones: true }) !== theirs[index],
  );
  t.deepEqual(differing, []);
});

test('any text ends in a name or in itself, in little time', (t) => {
  const pieces = [
    '_Z',
    'N',
    'I',
    'E',
    'S_',
    'S0_',
    'T_',
    'St',
    'Ss',
    'K',
    'P',
    'R',
    'F',
    'v',
    'i',
    '3foo',
    'J',
    'Dp',
    'X',
    'L',
    'Ul',
    'cl',
    'sr',
    'C1',
    'cv',
    'Z',
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 60 }), (parts) => {
      const name = `_Z${parts.join('')}`;
      return demangle(name).length < 1_000_001 && functionNameOf(name) !== '';
    }),
    { numRuns: 2000 },
  );
  // Each substitution doubles what the one before it stands for.
  const bomb = `_Z1f${'I1aEN1bI'.repeat(1)}${Array.from({ length: 40 }, (_, i) => (i === 0 ? 'S_S_' : `S${(i - 1).toString(36).toUpperCase()}_S${(i - 1).toString(36).toUpperCase()}_`)).join('EN1cI')}E`;
  t.true(demangle(bomb).length < 1_000_001);
});

test('refuses a module that is not the demangler', (t) => {
  t.throws(() => loadDemangler(Uint8Array.from([0, 97, 115, 109, 9])), { code: 'HH1312' });
  t.is(demangle('_ZN5Stack4pushERKi'), 'Stack::push(int const&)');
});
