import type { MangledText } from './mangled-text.js';
import type { NameNode } from './tree.js';

/** The rules that call each other across the files of the parser, and what they share. */
export interface Grammar {
  readonly text: MangledText;
  /** What `S_`, `S0_`, ... stand for. */
  readonly substitutions: NameNode[];
  readonly templates: TemplateScope;
  type(): NameNode;
  /** Types up to an end; `void` alone is none. */
  parameterTypes(): readonly NameNode[];
  name(options?: NameOptions): NameNode;
  unqualifiedName(scope?: NameNode): NameNode;
  templateArguments(options?: NameOptions): readonly NameNode[];
  templateParameter(): NameNode;
  substitution(): NameNode;
  encoding(): NameNode;
  expression(): NameNode;
  literal(): NameNode;
}

export interface NameOptions {
  /** The name of an encoding: its template arguments are what `T_` means in its types. */
  readonly isEncoding?: boolean;
  /** Takes the qualifiers of a member function, as words that follow its parameters. */
  readonly takeWords?: (words: string) => void;
}

/** What `T_` means at the place that is read. */
export interface TemplateScope {
  /** Those of the innermost encoding. */
  arguments: readonly NameNode[];
  /** In the type of a conversion function what follows `T_` may be the arguments of the function. */
  inConversion: boolean;
  /** In the signature of a lambda its own parameters are `auto`. */
  inLambda: boolean;
}
