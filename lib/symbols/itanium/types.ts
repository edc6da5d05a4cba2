import type { Grammar } from './grammar.js';
import { NotMangled } from './mangled-text.js';
import { BUILTIN_TYPES, D_TYPES } from './operators.js';
import { type FunctionNode, type NameNode, textNode } from './tree.js';

/** `<type>` (Itanium C++ ABI, 5.1.5). */
export function readType(grammar: Grammar): NameNode {
  const { text } = grammar;
  const builtin = BUILTIN_TYPES[text.peek()];
  if (builtin !== undefined) {
    text.at++;
    return textNode(builtin);
  }
  if (text.peek() === 'S' && text.peek(1) !== 't') return substitutedType(grammar);
  const plain = plainType(grammar);
  if (plain) return plain;
  const made = compoundType(grammar);
  grammar.substitutions.push(made);
  return made;
}

/** Types that no substitution stands for. */
function plainType({ text }: Grammar): NameNode | undefined {
  if (text.peek() === 'D') {
    const named = D_TYPES[text.peek(1)];
    if (named !== undefined) {
      text.at += 2;
      return textNode(named);
    }
    if (text.take('DF')) {
      const bits = text.digits() ?? '';
      if (text.take('x')) return textNode(`_Float${bits}x`);
      if (text.take('b')) return textNode(`std::bfloat${bits}_t`);
      text.expect('_');
      return textNode(`_Float${bits}`);
    }
  }
  return undefined;
}

function substitutedType(grammar: Grammar): NameNode {
  const named = grammar.substitution();
  if (grammar.text.peek() !== 'I') return named;
  const made: NameNode = { kind: 'template', name: named, args: grammar.templateArguments() };
  grammar.substitutions.push(made);
  return made;
}

function compoundType(grammar: Grammar): NameNode {
  const { text } = grammar;
  switch (text.peek()) {
    case 'r':
    case 'V':
    case 'K':
      return qualifiedType(grammar);
    case 'P':
    case 'R':
    case 'O': {
      const mark = text.next() === 'P' ? '*' : text.text[text.at - 1] === 'R' ? '&' : '&&';
      return { kind: 'pointer', to: grammar.type(), mark };
    }
    case 'C':
    case 'G': {
      const words = text.next() === 'C' ? ' _Complex' : ' _Imaginary';
      return { kind: 'qualified', of: grammar.type(), words };
    }
    case 'F':
      return functionType(grammar, '');
    case 'A':
      return arrayType(grammar);
    case 'M': {
      text.at++;
      const scope = grammar.type();
      return { kind: 'memberPointer', scope, to: grammar.type() };
    }
    case 'T':
      return parameterType(grammar);
    case 'U':
      return vendorQualified(grammar);
    case 'u':
      text.at++;
      return textNode(text.sourceName());
    case 'D':
      return extendedType(grammar);
    default:
      return grammar.name();
  }
}

/** Qualifiers in the order `r`, `V`, `K`, each of them written behind its type. Those of a function follow its parameters. */
function qualifiedType(grammar: Grammar): NameNode {
  return qualify(grammar, readQualifiers(grammar));
}

/** Those of a function are a part of its type: it is no substitution without them. */
function qualify(grammar: Grammar, words: string): NameNode {
  const { text } = grammar;
  if (text.peek() === 'F') return functionType(grammar, words);
  if (text.take('Do')) return qualify(grammar, `${words} noexcept`);
  if (text.take('Dx')) return qualify(grammar, `${words} transaction_safe`);
  return { kind: 'qualified', of: grammar.type(), words };
}

/** `r`, `V` and `K` as ` const volatile restrict`, innermost first; empty when there are none. */
export function readQualifiers({ text }: Grammar): string {
  let words = '';
  if (text.take('r')) words = ' restrict';
  if (text.take('V')) words = ` volatile${words}`;
  if (text.take('K')) words = ` const${words}`;
  return words;
}

function functionType(grammar: Grammar, words: string): FunctionNode {
  const { text } = grammar;
  text.expect('F');
  text.take('Y');
  const result = grammar.type();
  const parameters = grammar.parameterTypes();
  const reference = text.take('R') ? ' &' : text.take('O') ? ' &&' : '';
  text.expect('E');
  return { kind: 'function', result, parameters, words: words + reference };
}

function arrayType(grammar: Grammar): NameNode {
  const { text } = grammar;
  text.expect('A');
  const digits = text.digits();
  const bound = digits !== undefined ? textNode(digits) : text.peek() === '_' ? undefined : grammar.expression();
  text.expect('_');
  return { kind: 'array', of: grammar.type(), bound };
}

function parameterType(grammar: Grammar): NameNode {
  const { text } = grammar;
  // An elaborated type: `struct A`, `union A`, `enum A`.
  if (/[sue]/.test(text.peek(1))) {
    text.at += 2;
    return grammar.name();
  }
  const parameter = grammar.templateParameter();
  if (text.peek() !== 'I') return parameter;
  const from = text.at;
  const known = grammar.substitutions.length;
  grammar.substitutions.push(parameter);
  const args = grammar.templateArguments();
  if (!grammar.templates.inConversion || text.peek() === 'I') return { kind: 'template', name: parameter, args };
  // They are those of the conversion function.
  text.at = from;
  grammar.substitutions.length = known;
  return parameter;
}

function vendorQualified(grammar: Grammar): NameNode {
  const { text } = grammar;
  text.expect('U');
  const qualifier = text.sourceName();
  const args = text.peek() === 'I' ? grammar.templateArguments() : undefined;
  const of = grammar.type();
  const words: NameNode = args ? { kind: 'template', name: textNode(qualifier), args } : textNode(qualifier);
  return { kind: 'join', parts: [of, ' ', words] };
}

function extendedType(grammar: Grammar): NameNode {
  const { text } = grammar;
  if (text.take('Dp')) return { kind: 'expansion', of: grammar.type() };
  if (text.take('Dt') || text.take('DT')) {
    const expression = grammar.expression();
    text.expect('E');
    return { kind: 'join', parts: ['decltype (', expression, ')'] };
  }
  if (text.take('Dv')) {
    const digits = text.digits();
    const bound = digits !== undefined ? textNode(digits) : grammar.expression();
    text.expect('_');
    return { kind: 'join', parts: [grammar.type(), ' __vector(', bound, ')'] };
  }
  if (text.starts('Do') || text.starts('Dx')) return qualify(grammar, '');
  if (text.take('DO')) {
    const condition = grammar.expression();
    text.expect('E');
    return { kind: 'join', parts: [functionType(grammar, ''), ' noexcept (', condition, ')'] };
  }
  throw new NotMangled();
}
