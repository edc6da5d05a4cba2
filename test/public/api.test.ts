import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import ts from 'typescript';
import { projectRoot } from '../support/fixture.js';

const ENTRIES = ['index', 'analysis', 'formats', 'live', 'fleet', 'browser'];
const pathOf = (entry: string) => join(projectRoot, 'dist', 'lib', 'public', `${entry}.d.ts`);
const program = ts.createProgram(ENTRIES.map(pathOf), {
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  target: ts.ScriptTarget.ES2022,
  types: ['node'],
  noLib: true,
});

/** What an entry of the package exports, types included. */
function exported(entry: string): ts.Symbol[] {
  const checker = program.getTypeChecker();
  const file = program.getSourceFile(pathOf(entry));
  const symbol = file && checker.getSymbolAtLocation(file);
  return symbol ? checker.getExportsOfModule(symbol) : [];
}

const exportedNames = (entry: string) =>
  exported(entry)
    .map(({ name }) => name)
    .sort();

for (const entry of ENTRIES) {
  test(`${entry} exports these names and no others: a change shows in review`, (t) => {
    const golden = readFileSync(join(projectRoot, 'test', 'golden', 'api', `${entry}.txt`), 'utf8');
    t.is(`${exportedNames(entry).join('\n')}\n`, golden);
  });
}

test('the front door has about forty names', (t) => {
  t.true(exportedNames('index').length <= 55);
});

test('every exported name says what it is', (t) => {
  const checker = program.getTypeChecker();
  for (const entry of ENTRIES) {
    const names = exported(entry);
    t.true(names.length > 0, entry);
    for (const symbol of names) {
      const own = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
      t.true(own.getDocumentationComment(checker).length > 0, `${entry}: ${symbol.name}`);
    }
  }
});
