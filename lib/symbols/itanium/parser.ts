import { readExpression, readLiteral } from './expressions.js';
import type { Grammar, NameOptions, TemplateScope } from './grammar.js';
import { MangledText, NotMangled } from './mangled-text.js';
import { readName, readUnqualifiedName } from './names.js';
import { ABBREVIATIONS, SPECIAL_NAMES } from './operators.js';
import { hasResultType, type NameNode, textNode } from './tree.js';
import { readType } from './types.js';

/** A mangled name in parts, and what follows it (`.constprop.0`). */
export interface ParsedName {
  readonly node: NameNode;
  readonly suffix: string;
}

/** Takes a mangled name apart. @throws NotMangled when it is none, or one that is damaged. */
export function parseMangledName(name: string): ParsedName {
  const parser = new Parser(name);
  parser.text.expect('_Z');
  const node = parser.encoding();
  const suffix = name.slice(parser.text.at);
  if (suffix !== '' && !/^[.@$]/.test(suffix)) throw new NotMangled();
  return { node, suffix };
}

class Parser implements Grammar {
  readonly text: MangledText;
  readonly substitutions: NameNode[] = [];
  readonly templates: TemplateScope = { arguments: [], inConversion: false, inLambda: false };

  constructor(name: string) {
    this.text = new MangledText(name);
  }

  /** `<encoding>`: a function with its parameters, a variable, or something that the compiler made. */
  encoding(): NameNode {
    return this.text.nested(() => {
      const { templates } = this;
      const outer = { ...templates };
      Object.assign(templates, { arguments: [], inConversion: false, inLambda: false });
      const node = this.special() ?? this.function();
      Object.assign(templates, outer);
      return node;
    });
  }

  type(): NameNode {
    return this.text.nested(() => readType(this));
  }

  name(options: NameOptions = {}): NameNode {
    return this.text.nested(() => readName(this, options));
  }

  unqualifiedName(scope?: NameNode): NameNode {
    return readUnqualifiedName(this, scope);
  }

  expression(): NameNode {
    return this.text.nested(() => readExpression(this));
  }

  literal(): NameNode {
    return readLiteral(this);
  }

  parameterTypes(): readonly NameNode[] {
    const types: NameNode[] = [];
    while (!this.atEndOfTypes()) types.push(this.type());
    const [first] = types;
    return types.length === 1 && first?.kind === 'text' && first.text === 'void' ? [] : types;
  }

  templateArguments(options: NameOptions = {}): readonly NameNode[] {
    const { text, templates } = this;
    text.expect('I');
    const args: NameNode[] = [];
    if (options.isEncoding) templates.arguments = args;
    while (!text.take('E')) args.push(this.templateArgument());
    return args;
  }

  templateParameter(): NameNode {
    const { text, templates } = this;
    text.expect('T');
    const level = text.take('L') ? text.index(10) : 0;
    const index = text.index(10);
    if (templates.inLambda) return textNode(`auto:${index + 1}`);
    if (level > 0) throw new NotMangled();
    return { kind: 'parameter', index };
  }

  substitution(): NameNode {
    const { text } = this;
    text.expect('S');
    const abbreviation = ABBREVIATIONS[text.peek()];
    if (!abbreviation) {
      const found = this.substitutions[text.index(36)];
      if (!found) throw new NotMangled();
      return found;
    }
    text.at++;
    let tagged: NameNode = { kind: 'abbreviation', ...abbreviation };
    if (text.peek() !== 'B') return tagged;
    while (text.take('B')) tagged = { kind: 'tagged', of: tagged, tag: text.sourceName() };
    this.substitutions.push(tagged);
    return tagged;
  }

  private atEndOfTypes(): boolean {
    const { text } = this;
    if (text.atEnd || /[E.@$]/.test(text.peek())) return true;
    // The reference qualifier of a function type.
    return /[RO]/.test(text.peek()) && text.peek(1) === 'E';
  }

  private templateArgument(): NameNode {
    const { text } = this;
    if (text.take('X')) {
      const expression = this.expression();
      text.expect('E');
      return expression;
    }
    if (text.peek() === 'L') return this.literal();
    if (text.take('J') || text.take('I')) {
      const items: NameNode[] = [];
      while (!text.take('E')) items.push(this.templateArgument());
      return { kind: 'pack', items };
    }
    return this.type();
  }

  private function(): NameNode {
    const { text, templates } = this;
    let words = '';
    const takeWords = (found: string) => {
      words = found;
    };
    const name = this.name({ isEncoding: true, takeWords });
    if (text.atEnd || /[E.@$]/.test(text.peek())) return name;
    const result = hasResultType(name) ? this.type() : undefined;
    const parameters = this.parameterTypes();
    return { kind: 'encoding', name, result, parameters, words, templateArguments: templates.arguments };
  }

  private special(): NameNode | undefined {
    const { text } = this;
    const entry = SPECIAL_NAMES[text.peek() + text.peek(1)];
    if (entry) {
      text.at += 2;
      return { kind: 'join', parts: [entry.prefix, entry.of === 'type' ? this.type() : this.name()] };
    }
    if (text.take('TC')) {
      const inner = this.type();
      text.digits();
      text.expect('_');
      return { kind: 'join', parts: ['construction vtable for ', this.type(), '-in-', inner] };
    }
    if (text.take('Tc')) {
      this.callOffset();
      this.callOffset();
      return { kind: 'join', parts: ['covariant return thunk to ', this.encoding()] };
    }
    if (text.starts('Th') || text.starts('Tv')) {
      const kind = text.starts('Th') ? 'non-virtual thunk to ' : 'virtual thunk to ';
      text.at++;
      this.callOffset();
      return { kind: 'join', parts: [kind, this.encoding()] };
    }
    if (text.take('GR')) {
      const name = this.name();
      const number = text.atEnd ? 0 : text.index(36);
      return { kind: 'join', parts: [`reference temporary #${number} for `, name] };
    }
    if (text.take('GTt') || text.take('GTn'))
      return { kind: 'join', parts: ['transaction clone for ', this.encoding()] };
    return undefined;
  }

  private callOffset(): void {
    const { text } = this;
    const isVirtual = text.next() === 'v';
    for (let count = isVirtual ? 2 : 1; count > 0; count--) {
      text.take('n');
      text.digits();
      text.expect('_');
    }
  }
}
