import type { Grammar, NameOptions } from './grammar.js';
import { NotMangled } from './mangled-text.js';
import { OPERATORS, WORD_OPERATORS } from './operators.js';
import { baseName, type NameNode, textNode } from './tree.js';
import { readQualifiers } from './types.js';

const STD = textNode('std');

/** `<name>` (5.1.2). */
export function readName(grammar: Grammar, options: NameOptions = {}): NameNode {
  const { text, substitutions } = grammar;
  if (text.peek() === 'N') return nestedName(grammar, options);
  if (text.peek() === 'Z') return localName(grammar, options);
  if (text.peek() === 'S' && text.peek(1) !== 't') {
    const named = grammar.substitution();
    if (text.peek() !== 'I') return named;
    return { kind: 'template', name: named, args: grammar.templateArguments(options) };
  }
  const scoped = text.take('St');
  const plain = grammar.unqualifiedName();
  const named: NameNode = scoped ? { kind: 'nested', scope: STD, name: plain } : plain;
  if (text.peek() !== 'I') return named;
  substitutions.push(named);
  return { kind: 'template', name: named, args: grammar.templateArguments(options) };
}

/** `N` qualifiers, parts, `E`. Each prefix is a substitution; the whole name is none here: as a type it becomes one there. */
function nestedName(grammar: Grammar, options: NameOptions): NameNode {
  const { text, substitutions } = grammar;
  text.expect('N');
  // The explicit object parameter of C++23.
  text.take('H');
  const qualifiers = readQualifiers(grammar);
  const reference = text.take('R') ? ' &' : text.take('O') ? ' &&' : '';
  let whole: NameNode | undefined;
  let isNew = false;
  while (!text.take('E')) {
    if (isNew && whole) substitutions.push(whole);
    isNew = true;
    text.take('L');
    if (text.peek() === 'S' && text.peek(1) === 't') {
      text.at += 2;
      whole = STD;
      isNew = false;
    } else if (text.peek() === 'S') {
      whole = grammar.substitution();
      isNew = false;
    } else if (text.peek() === 'I' && whole) {
      whole = { kind: 'template', name: whole, args: grammar.templateArguments(options) };
    } else if (text.peek() === 'T') whole = grammar.templateParameter();
    else if (text.peek() === 'D' && /[tT]/.test(text.peek(1))) whole = grammar.type();
    else if (text.take('M')) isNew = false;
    else {
      const name = grammar.unqualifiedName(whole);
      whole = whole ? { kind: 'nested', scope: whole, name } : name;
    }
  }
  if (!whole) throw new NotMangled();
  options.takeWords?.(qualifiers + reference);
  return whole;
}

/** `Z` function `E` entity: something that is declared in a function. */
function localName(grammar: Grammar, options: NameOptions): NameNode {
  const { text } = grammar;
  text.expect('Z');
  const scope = grammar.encoding();
  text.expect('E');
  if (text.take('s')) {
    discriminator(grammar);
    return { kind: 'local', scope, name: textNode('string literal') };
  }
  if (text.take('d')) {
    const argument = text.index(10) + 1;
    const name = readName(grammar, options);
    return { kind: 'local', scope: { kind: 'local', scope, name: textNode(`{default arg#${argument}}`) }, name };
  }
  const name = readName(grammar, options);
  discriminator(grammar);
  return { kind: 'local', scope, name };
}

function discriminator({ text }: Grammar): void {
  if (text.take('__')) {
    text.digits();
    text.expect('_');
  } else if (text.peek() === '_' && /[0-9]/.test(text.peek(1))) text.at += 2;
}

/** `<unqualified-name>` with its ABI tags; `scope` gives constructors their name. */
export function readUnqualifiedName(grammar: Grammar, scope?: NameNode): NameNode {
  const { text } = grammar;
  let name = bareName(grammar, scope);
  while (text.take('B')) name = { kind: 'tagged', of: name, tag: text.sourceName() };
  return name;
}

function bareName(grammar: Grammar, scope: NameNode | undefined): NameNode {
  const { text } = grammar;
  text.take('L');
  if (/[0-9]/.test(text.peek())) return textNode(spelled(text.sourceName()));
  if (text.take('Ut')) return textNode(`{unnamed type#${text.index(10) + 1}}`);
  if (text.take('Ul')) return lambda(grammar);
  if (text.take('DC')) return structuredBinding(grammar);
  if (scope && (text.peek() === 'C' || (text.peek() === 'D' && /[0-5]/.test(text.peek(1))))) {
    const isDestructor = text.next() === 'D';
    const inherited = !isDestructor && text.take('I');
    text.at++;
    if (inherited) grammar.type();
    return { kind: 'structor', of: baseName(scope), isDestructor };
  }
  return operatorName(grammar);
}

/** The compiler's name of the unnamed namespace. */
function spelled(name: string): string {
  return /^_GLOBAL_[._$]N/.test(name) ? '(anonymous namespace)' : name;
}

function lambda(grammar: Grammar): NameNode {
  const { text, templates } = grammar;
  const outer = templates.inLambda;
  templates.inLambda = true;
  const parameters = grammar.parameterTypes();
  templates.inLambda = outer;
  text.expect('E');
  const number = text.index(10) + 1;
  const signature = parameters.flatMap((parameter, index) => (index === 0 ? [parameter] : [', ', parameter]));
  return { kind: 'join', parts: ['{lambda(', ...signature, `)#${number}}`] };
}

function structuredBinding(grammar: Grammar): NameNode {
  const { text } = grammar;
  const names: string[] = [];
  while (!text.take('E')) names.push(text.sourceName());
  return textNode(`[${names.join(', ')}]`);
}

export function operatorName(grammar: Grammar): NameNode {
  const { text, templates } = grammar;
  if (text.take('cv')) {
    const outer = templates.inConversion;
    templates.inConversion = true;
    const to = grammar.type();
    templates.inConversion = outer;
    return { kind: 'conversion', to };
  }
  if (text.take('li')) return textNode(`operator"" ${text.sourceName()}`);
  if (text.peek() === 'v' && /[0-9]/.test(text.peek(1))) {
    text.at += 2;
    return textNode(`operator ${text.sourceName()}`);
  }
  const code = text.next() + text.next();
  const entry = OPERATORS.get(code);
  if (!entry) throw new NotMangled();
  const spelling = entry.spelling.trim();
  return textNode(WORD_OPERATORS.has(code) ? `operator ${spelling}` : `operator${spelling}`);
}
