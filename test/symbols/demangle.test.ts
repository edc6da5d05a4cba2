import test from 'ava';
import { demangle, demanglerReady, loadDemangler, symbolName, withoutParameters } from '../../lib/symbols/demangle.js';

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

test('leaves parameters out as gdb does in backtraces', (t) => {
  const names: [string, string][] = [
    ['Vec<int (*)(char)>::push(int (*)(char), long) const', 'Vec<int (*)(char)>::push'],
    ['Foo::operator()() const', 'Foo::operator()'],
    ['(anonymous namespace)::bar()', '(anonymous namespace)::bar'],
    ['core::fmt::Formatter::write_fmt', 'core::fmt::Formatter::write_fmt'],
    ['f() &&', 'f'],
  ];
  for (const [text, name] of names) t.is(withoutParameters(text), name);
});

test('names clones without debug information as gdb does', (t) => {
  t.is(symbolName('recurse.isra.0'), 'recurse.isra');
  t.is(symbolName('_free_r.part.0'), '_free_r.part.0');
  t.is(symbolName('Reset.isra.0'), 'Reset.isra.0');
  t.is(symbolName('_ZNK3Foo3getEv.isra.0'), 'Foo::get');
});

test('refuses a module that is not the demangler', (t) => {
  t.throws(() => loadDemangler(Uint8Array.from([0, 97, 115, 109, 9])), { code: 'HH1312' });
  t.is(demangle('_ZN5Stack4pushERKi'), 'Stack::push(int const&)');
});
