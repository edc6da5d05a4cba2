/** A part of a mangled C++ name, taken apart (Itanium C++ ABI, section 5.1). Types have a part left and one right of a declarator. */
export type NameNode =
  | { readonly kind: 'text'; readonly text: string }
  /** A standard class that has a code of its own; its constructors are called `base`. */
  | { readonly kind: 'abbreviation'; readonly full: string; readonly base: string }
  | { readonly kind: 'join'; readonly parts: readonly (string | NameNode)[] }
  | { readonly kind: 'nested'; readonly scope: NameNode; readonly name: NameNode }
  | { readonly kind: 'local'; readonly scope: NameNode; readonly name: NameNode }
  | { readonly kind: 'tagged'; readonly of: NameNode; readonly tag: string }
  | { readonly kind: 'template'; readonly name: NameNode; readonly args: readonly NameNode[] }
  | { readonly kind: 'structor'; readonly of: NameNode; readonly isDestructor: boolean }
  | { readonly kind: 'conversion'; readonly to: NameNode }
  | { readonly kind: 'qualified'; readonly of: NameNode; readonly words: string }
  | { readonly kind: 'pointer'; readonly to: NameNode; readonly mark: '*' | '&' | '&&' }
  | { readonly kind: 'memberPointer'; readonly scope: NameNode; readonly to: NameNode }
  | FunctionNode
  | { readonly kind: 'array'; readonly of: NameNode; readonly bound: NameNode | undefined }
  | { readonly kind: 'pack'; readonly items: readonly NameNode[] }
  | { readonly kind: 'expansion'; readonly of: NameNode }
  | { readonly kind: 'packLength'; readonly of: NameNode }
  /** An operand: in parentheses unless it is a plain name. */
  | { readonly kind: 'operand'; readonly of: NameNode }
  | EncodingNode
  /** A function as a template argument: with the type of its result, where the name has it. */
  | { readonly kind: 'typed'; readonly of: EncodingNode }
  | ParameterNode;

/** The type of a function. `words` follow its parameters: ` const`, ` &`, ` noexcept`. */
export interface FunctionNode {
  readonly kind: 'function';
  readonly result: NameNode | undefined;
  readonly parameters: readonly NameNode[];
  readonly words: string;
}

/** A function with its parameters. Only instances of function templates have their result's type in the name. */
export interface EncodingNode {
  readonly kind: 'encoding';
  /** What its template parameters stand for. */
  readonly templateArguments: readonly NameNode[];
  readonly name: NameNode;
  readonly result: NameNode | undefined;
  readonly parameters: readonly NameNode[];
  readonly words: string;
}

/**
 * A template parameter. What it stands for is looked up where it is printed, in the innermost encoding: a substitution that was made
 * in one function may be used in another.
 */
export interface ParameterNode {
  readonly kind: 'parameter';
  readonly index: number;
}

export function textNode(text: string): NameNode {
  return { kind: 'text', text };
}

/** The name that a class's constructors have: its last part, without template arguments. */
export function baseName(node: NameNode): NameNode {
  switch (node.kind) {
    case 'nested':
    case 'local':
    case 'template':
      return baseName(node.name);
    case 'tagged':
      return baseName(node.of);
    case 'abbreviation':
      return textNode(node.base);
    default:
      return node;
  }
}

/** Whether a name with these parts is an instance of a function template, which has its result's type in the name. */
export function hasResultType(node: NameNode): boolean {
  switch (node.kind) {
    case 'nested':
    case 'local':
      return hasResultType(node.name);
    case 'tagged':
    case 'qualified':
      return hasResultType(node.of);
    case 'template':
      return !isStructor(node.name);
    default:
      return false;
  }
}

function isStructor(node: NameNode): boolean {
  if (node.kind === 'nested' || node.kind === 'local') return isStructor(node.name);
  if (node.kind === 'tagged') return isStructor(node.of);
  return node.kind === 'structor' || node.kind === 'conversion';
}
