import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import ts from 'typescript';
import { projectRoot } from '../support/fixture.js';

const ENTRIES = ['index', 'analysis', 'formats', 'live', 'browser'];
const pathOf = (entry: string) => join(projectRoot, 'dist', 'lib', 'public', `${entry}.d.ts`);
const program = ts.createProgram(ENTRIES.map(pathOf), {
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  target: ts.ScriptTarget.ES2022,
  types: ['node'],
  noLib: true,
});

/** The names that an entry of the package exports, types included, sorted. */
function exportedNames(entry: string): string[] {
  const checker = program.getTypeChecker();
  const file = program.getSourceFile(pathOf(entry));
  const symbol = file && checker.getSymbolAtLocation(file);
  const names = symbol ? checker.getExportsOfModule(symbol).map(({ name }) => name) : [];
  return names.sort();
}

for (const entry of ENTRIES) {
  test(`${entry} exports these names and no others: a change shows in review`, (t) => {
    const golden = readFileSync(join(projectRoot, 'test', 'golden', 'api', `${entry}.txt`), 'utf8');
    t.is(`${exportedNames(entry).join('\n')}\n`, golden);
  });
}

test('the front door has about forty names', (t) => {
  t.true(exportedNames('index').length <= 55);
});
