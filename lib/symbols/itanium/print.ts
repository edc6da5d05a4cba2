import { NotMangled } from './mangled-text.js';
import type { EncodingNode, NameNode } from './tree.js';

/** Characters that one name may take, its parts counted again at each level: substitutions can double it without end. */
const MAX_WORK = 1_000_000;
/** Parameters that stand for parameters, and calls inside each other. */
const MAX_STEPS = 64;
const EMPTY: NameNode = { kind: 'text', text: '' };

export interface PrintOptions {
  /** Write the types of results of function templates, as c++filt does and gdb does not. */
  readonly withResults?: boolean;
  /** Leave out the parameters of the function itself. */
  readonly withoutParameters?: boolean;
}

/** The name as GNU binutils spell it. @throws NotMangled when it is too long. */
export function printName(node: NameNode, options: PrintOptions = {}): string {
  return new Printer().top(node, options);
}

class Printer {
  private work = 0;
  /** Which item of a pack is printed, inside an expansion. */
  private packItem: number | undefined;
  private templateArguments: readonly NameNode[] = [];
  private depth = 0;

  top(node: NameNode, { withResults = false, withoutParameters = false }: PrintOptions): string {
    if (node.kind === 'encoding') {
      if (withoutParameters) return this.inside(node, () => this.whole(node.name));
      return withResults ? this.withResult(node) : this.functionText(node);
    }
    if (node.kind === 'join') {
      const parts = node.parts.map((part) => (typeof part === 'string' ? part : this.top(part, { withResults })));
      return this.count(parts.join(''));
    }
    return this.whole(node);
  }

  private count(text: string): string {
    this.work += text.length + 1;
    if (this.work > MAX_WORK) throw new NotMangled();
    return text;
  }

  private whole(node: NameNode): string {
    const seen = this.resolve(node);
    return this.count(this.left(seen) + this.right(seen));
  }

  private withResult(node: EncodingNode): string {
    const { result } = node;
    if (!result) return this.functionText(node);
    const left = this.inside(node, () => this.left(result));
    const right = this.inside(node, () => this.right(result));
    return this.count(`${left}${right === '' || !left.endsWith('*') ? ' ' : ''}${this.functionText(node)}${right}`);
  }

  private functionText(node: EncodingNode): string {
    const { name, parameters, words } = node;
    return this.inside(node, () => this.count(`${this.whole(name)}(${this.list(parameters)})${words}`));
  }

  /** With commas; a pack without items takes none. */
  private list(nodes: readonly NameNode[]): string {
    const texts = nodes.map((node) => this.whole(node));
    return this.count(texts.filter((text) => text !== '').join(', '));
  }

  /** What a parameter stands for here. */
  private resolve(node: NameNode): NameNode {
    let seen = node;
    for (let steps = 0; seen.kind === 'parameter'; steps++) {
      const bound: NameNode | undefined = this.templateArguments[seen.index];
      if (!bound || steps > MAX_STEPS) throw new NotMangled();
      if (bound.kind === 'pack' && this.packItem !== undefined) return bound.items[this.packItem] ?? EMPTY;
      seen = bound;
    }
    return seen;
  }

  /** Prints in the scope of a function: its template arguments are what parameters stand for. */
  private inside(node: EncodingNode, print: () => string): string {
    const outer = this.templateArguments;
    this.templateArguments = node.templateArguments;
    if (++this.depth > MAX_STEPS) throw new NotMangled();
    const text = print();
    this.depth--;
    this.templateArguments = outer;
    return text;
  }

  private left(unresolved: NameNode): string {
    const node = this.resolve(unresolved);
    switch (node.kind) {
      case 'text':
        return node.text;
      case 'abbreviation':
        return node.full;
      case 'join':
        return this.count(node.parts.map((part) => (typeof part === 'string' ? part : this.whole(part))).join(''));
      case 'nested':
      case 'local':
        return this.count(`${this.whole(node.scope)}::${this.whole(node.name)}`);
      case 'tagged':
        return `${this.whole(node.of)}[abi:${node.tag}]`;
      case 'template':
        return this.template(this.whole(node.name), node.args);
      case 'structor':
        return (node.isDestructor ? '~' : '') + this.whole(node.of);
      case 'conversion':
        return `operator ${this.whole(node.to)}`;
      case 'pack':
        return this.list(node.items);
      case 'expansion':
        return this.expansion(node.of);
      case 'packLength':
        return String(this.packLength(node.of) ?? 0);
      case 'operand':
        return this.operand(node.of);
      case 'encoding':
        return this.functionText(node);
      case 'typed':
        return this.withResult(node.of);
      case 'parameter':
        throw new NotMangled();
      default:
        return this.count(this.declaratorLeft(node));
    }
  }

  private declaratorLeft(
    node: Extract<NameNode, { kind: 'qualified' | 'pointer' | 'memberPointer' | 'function' | 'array' }>,
  ) {
    switch (node.kind) {
      case 'qualified': {
        const text = this.left(node.of);
        // A template argument may bring the qualifier already.
        return text.endsWith(node.words) ? text : text + node.words;
      }
      case 'pointer': {
        const { to, mark } = this.collapse(node);
        return this.beforeMark(to, '') + mark;
      }
      case 'memberPointer':
        return `${this.beforeMark(this.resolve(node.to), ' ')}${this.whole(node.scope)}::*`;
      case 'function':
        return node.result ? this.spaced(this.resolve(node.result)) : '';
      case 'array':
        return this.left(node.of);
    }
  }

  /** What stands before `*`: of functions and arrays with the parenthesis that a declarator needs. */
  private beforeMark(to: NameNode, space: string): string {
    if (to.kind === 'function') return `${this.left(to)}(`;
    if (this.isArray(to)) return `${this.left(to)} (`;
    return this.left(to) + (this.right(to) === '' ? space : '');
  }

  /** The result of a function type with the space that follows it, unless a declarator is open. */
  private spaced(result: NameNode): string {
    const left = this.left(result);
    return this.right(result) === '' ? `${left} ` : left;
  }

  private right(unresolved: NameNode): string {
    const node = this.resolve(unresolved);
    switch (node.kind) {
      case 'qualified':
        return this.right(node.of);
      case 'pointer':
        return this.afterMark(this.collapse(node).to);
      case 'memberPointer':
        return this.afterMark(this.resolve(node.to));
      case 'function':
        return this.count(`(${this.list(node.parameters)})${node.words}${node.result ? this.right(node.result) : ''}`);
      case 'array': {
        const bound = node.bound ? this.whole(node.bound) : '';
        return this.count(` [${bound}]${this.right(node.of).trimStart()}`);
      }
      default:
        return '';
    }
  }

  private isArray(node: NameNode): boolean {
    return node.kind === 'array' || (node.kind === 'qualified' && this.isArray(this.resolve(node.of)));
  }

  private afterMark(to: NameNode): string {
    return to.kind === 'function' || this.isArray(to) ? `)${this.right(to)}` : this.right(to);
  }

  /** A reference to a reference is one: `&&` only where both are. */
  private collapse(node: Extract<NameNode, { kind: 'pointer' }>): { readonly to: NameNode; readonly mark: string } {
    const to = this.resolve(node.to);
    if (node.mark === '*' || to.kind !== 'pointer' || to.mark === '*') return { to, mark: node.mark };
    const inner = this.collapse(to);
    return { to: inner.to, mark: node.mark === '&' || inner.mark === '&' ? '&' : '&&' };
  }

  /** `operator< <int>` and `A<B<int> >`: no two signs meet. */
  private template(name: string, args: readonly NameNode[]): string {
    const text = this.list(args);
    // binutils write no space behind a pack without items.
    const last = args.at(-1);
    const meets = text.endsWith('>') && last !== undefined && (args.length === 1 || this.whole(last) !== '');
    return this.count(`${name}${name.endsWith('<') ? ' ' : ''}<${text}${meets ? ' ' : ''}>`);
  }

  private expansion(of: NameNode): string {
    const length = this.packLength(of);
    if (length === undefined) return `${this.operand(of)}...`;
    const outer = this.packItem;
    const texts: string[] = [];
    for (let item = 0; item < length; item++) {
      this.packItem = item;
      texts.push(this.whole(of));
    }
    this.packItem = outer;
    return this.count(texts.filter((text) => text !== '').join(', '));
  }

  /** How many items the first pack in a pattern has; undefined when it has none. */
  private packLength(node: NameNode): number | undefined {
    this.count('');
    if (node.kind === 'parameter') {
      const bound = this.templateArguments[node.index];
      return bound?.kind === 'pack' ? bound.items.length : undefined;
    }
    if (node.kind === 'expansion') return undefined;
    for (const child of childrenOf(node)) {
      const length = this.packLength(child);
      if (length !== undefined) return length;
    }
    return undefined;
  }

  private operand(of: NameNode): string {
    const node = this.resolve(of);
    const text = this.whole(node);
    const isPlain =
      node.kind === 'text' ? !/^-?\d/.test(node.text) && text !== 'true' && text !== 'false' : node.kind === 'nested';
    return isPlain ? text : `(${text})`;
  }
}

function childrenOf(node: NameNode): readonly NameNode[] {
  switch (node.kind) {
    case 'join':
      return node.parts.filter((part) => typeof part !== 'string');
    case 'nested':
    case 'local':
      return [node.scope, node.name];
    case 'tagged':
    case 'qualified':
    case 'array':
    case 'structor':
    case 'packLength':
    case 'operand':
    case 'expansion':
    case 'typed':
      return [node.of];
    case 'template':
      return [node.name, ...node.args];
    case 'conversion':
    case 'pointer':
      return [node.to];
    case 'memberPointer':
      return [node.scope, node.to];
    case 'function':
      return node.result ? [node.result, ...node.parameters] : node.parameters;
    case 'encoding':
      return [node.name, ...node.parameters];
    default:
      return [];
  }
}
