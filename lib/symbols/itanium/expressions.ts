import type { Grammar } from './grammar.js';
import { NotMangled } from './mangled-text.js';
import { operatorName } from './names.js';
import { LITERAL_SUFFIXES, OPERATORS } from './operators.js';
import { type NameNode, textNode } from './tree.js';

const CASTS: Readonly<Record<string, string>> = {
  dc: 'dynamic_cast',
  sc: 'static_cast',
  cc: 'const_cast',
  rc: 'reinterpret_cast',
};

/** `<expression>` (5.1.6). */
export function readExpression(grammar: Grammar): NameNode {
  const { text } = grammar;
  if (text.peek() === 'L') return grammar.literal();
  if (text.peek() === 'T') return grammar.templateParameter();
  if (/[0-9]/.test(text.peek()) || text.starts('on')) return unresolvedName(grammar);
  if (text.peek() === 'f' && /[pL]/.test(text.peek(1))) return functionParameter(grammar);
  if (text.starts('sr')) return scopedName(grammar);
  const code = text.next() + text.next();
  const cast = CASTS[code];
  if (cast !== undefined) return join(`${cast}<`, grammar.type(), '>(', grammar.expression(), ')');
  return special(grammar, code) ?? byTable(grammar, code);
}

function join(...parts: readonly (string | NameNode)[]): NameNode {
  return { kind: 'join', parts };
}

function operand(of: NameNode): NameNode {
  return { kind: 'operand', of };
}

/** Expressions up to `E`, with commas. */
function list(grammar: Grammar): NameNode {
  const items: NameNode[] = [];
  while (!grammar.text.take('E')) items.push(grammar.expression());
  return join(...items.flatMap((item, index) => (index === 0 ? [item] : [', ', item])));
}

/** Forms that no count of operands describes; undefined for others. */
function special(grammar: Grammar, code: string): NameNode | undefined {
  const { text } = grammar;
  switch (code) {
    case 'st':
    case 'at':
    case 'ti':
      return join(OPERATORS.get(code)?.spelling ?? '', '(', grammar.type(), ')');
    case 'nx':
      return join('noexcept(', grammar.expression(), ')');
    case 'sZ':
      return { kind: 'packLength', of: text.peek() === 'T' ? grammar.templateParameter() : grammar.expression() };
    case 'sp':
      return { kind: 'expansion', of: grammar.expression() };
    case 'cv':
      return conversion(grammar);
    case 'cl': {
      const called = grammar.expression();
      return join(operand(called), '(', list(grammar), ')');
    }
    case 'il':
      return join('{', list(grammar), '}');
    case 'tl':
      return join(grammar.type(), '{', list(grammar), '}');
    case 'nw':
    case 'na':
      return newExpression(grammar);
    case 'dl':
    case 'da':
      return join(code === 'dl' ? 'delete ' : 'delete[] ', operand(grammar.expression()));
    case 'tr':
      return textNode('throw');
    case 'pp':
    case 'mm':
      return increment(grammar, code === 'pp' ? '++' : '--');
    case 'fl':
    case 'fr':
    case 'fL':
    case 'fR':
      return fold(grammar, code);
    default:
      return undefined;
  }
}

function conversion(grammar: Grammar): NameNode {
  const type = grammar.type();
  if (grammar.text.take('_')) return join('(', type, ')(', list(grammar), ')');
  return join('(', type, ')', operand(grammar.expression()));
}

function newExpression(grammar: Grammar): NameNode {
  const { text } = grammar;
  const placement: NameNode[] = [];
  while (!text.take('_')) placement.push(grammar.expression());
  const type = grammar.type();
  const before = placement.length === 0 ? [] : ['(', ...placement, ') '];
  if (text.take('E')) return join('new ', ...before, type);
  text.expect('pi');
  return join('new ', ...before, type, '(', list(grammar), ')');
}

function increment(grammar: Grammar, sign: string): NameNode {
  if (grammar.text.take('_')) return join(sign, operand(grammar.expression()));
  return join(operand(grammar.expression()), sign);
}

function fold(grammar: Grammar, code: string): NameNode {
  const { text } = grammar;
  const sign = OPERATORS.get(text.next() + text.next())?.spelling ?? '';
  const first = operand(grammar.expression());
  if (code === 'fl') return join('(...', sign, first, ')');
  if (code === 'fr') return join('(', first, sign, '...)');
  return join('(', first, sign, '...', sign, operand(grammar.expression()), ')');
}

function byTable(grammar: Grammar, code: string): NameNode {
  const entry = OPERATORS.get(code);
  if (!entry || entry.operands === 0) throw new NotMangled();
  const first = grammar.expression();
  if (entry.operands === 1)
    return join(entry.spelling, code === 'gs' ? first : operand(code === 'ad' ? addressed(first) : first));
  const second = grammar.expression();
  if (entry.operands === 3) return join(operand(first), '?', operand(second), ' : ', operand(grammar.expression()));
  if (code === 'ix') return join(operand(first), '[', second, ']');
  const all = [operand(first), entry.spelling, operand(second)];
  // Inside a list of template arguments it would end the list.
  return code === 'gt' ? join('(', ...all, ')') : join(...all);
}

/** The address of a function is written without its parameters, but for those of a template or of the outermost scope. */
function addressed(node: NameNode): NameNode {
  return node.kind === 'typed' && node.of.name.kind === 'nested' ? node.of.name : node;
}

function functionParameter(grammar: Grammar): NameNode {
  const { text } = grammar;
  if (text.take('fpT')) return textNode('this');
  if (text.take('fL')) {
    text.digits();
    text.expect('p');
  } else text.expect('fp');
  while (/[rVK]/.test(text.peek())) text.at++;
  return textNode(`{parm#${text.index(10) + 1}}`);
}

/**
 * A member of a type that is not known yet: `sr` type name, `srN` type names `E` name, `sr` names `E` name. Old compilers wrote a
 * class by its name where the first form wants a type: then no name follows the `E`.
 */
function scopedName(grammar: Grammar): NameNode {
  const { text } = grammar;
  text.expect('sr');
  const from = text.at;
  const isLevels = text.take('N');
  const isPlain = /[0-9]/.test(text.peek());
  if (!isLevels && !isPlain) return member(grammar.type(), unresolvedName(grammar));
  let scope = isPlain ? simpleId(grammar) : grammar.type();
  while (/[0-9]/.test(text.peek())) scope = member(scope, simpleId(grammar));
  const isWhole = text.take('E') && (/[0-9]/.test(text.peek()) || text.starts('on') || text.starts('dn'));
  if (isWhole) return member(scope, unresolvedName(grammar));
  text.at = from;
  return member(grammar.type(), unresolvedName(grammar));
}

/** With the template arguments outside, as binutils have it: `(std::declval<int>)()`. */
function member(scope: NameNode, name: NameNode): NameNode {
  if (name.kind === 'template') return { ...name, name: member(scope, name.name) };
  return { kind: 'nested', scope, name };
}

function unresolvedName(grammar: Grammar): NameNode {
  const { text } = grammar;
  if (text.take('on')) return withArguments(grammar, operatorName(grammar));
  if (text.take('dn')) return join('~', /[0-9]/.test(text.peek()) ? simpleId(grammar) : grammar.type());
  return simpleId(grammar);
}

function simpleId(grammar: Grammar): NameNode {
  return withArguments(grammar, grammar.unqualifiedName());
}

function withArguments(grammar: Grammar, name: NameNode): NameNode {
  return grammar.text.peek() === 'I' ? { kind: 'template', name, args: grammar.templateArguments() } : name;
}

/** `<expr-primary>`: `L` type value `E`, `L_Z` encoding `E`. */
export function readLiteral(grammar: Grammar): NameNode {
  const { text } = grammar;
  text.expect('L');
  if (text.take('_Z') || text.take('Z')) {
    const encoding = grammar.encoding();
    text.expect('E');
    return encoding.kind === 'encoding' ? { kind: 'typed', of: encoding } : encoding;
  }
  const code = text.peek();
  const type = grammar.type();
  const sign = text.take('n') ? '-' : '';
  const from = text.at;
  while (!text.atEnd && text.peek() !== 'E') text.at++;
  const value = text.text.slice(from, text.at);
  text.expect('E');
  return literalNode({ type, code, value: sign + value });
}

function literalNode({
  type,
  code,
  value,
}: {
  readonly type: NameNode;
  readonly code: string;
  readonly value: string;
}) {
  const spelled = type.kind === 'text' ? type.text : '';
  if (spelled === 'bool' && /^[01]$/.test(value)) return textNode(value === '1' ? 'true' : 'false');
  const suffix = LITERAL_SUFFIXES[spelled];
  if (suffix !== undefined) return textNode(value + suffix);
  if (value === '' && spelled === 'decltype(nullptr)') return type;
  return join('(', type, ')', /^[fdeg]$/.test(code) ? `[${value}]` : value);
}
