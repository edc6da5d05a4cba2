import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { COMMANDS } from '../../cli/commands/index.js';
import { ERROR_CATALOGUE } from '../../lib/public/command-line.js';
import { projectRoot } from './fixture.js';

/** A command line that somebody may copy, and where it is written. */
export interface DocumentedLine {
  readonly line: string;
  readonly from: string;
}

const COMMAND = /(^|[|;] *)(npx )?harvest( |$)/;

/** All of README, docs, the help's examples, the error catalogue and the remedies in the sources; each line once. */
export async function documentedLines(): Promise<DocumentedLine[]> {
  const found = new Map<string, string>();
  const add = (line: string, from: string) => {
    if (!found.has(line)) found.set(line, from);
  };
  for (const file of documents()) for (const line of linesOfDocument(read(file))) add(line, file);
  for (const { word, load } of COMMANDS)
    for (const [line] of (await load()).examples) add(line, `harvest ${word} --help`);
  for (const [code, { cause, remedies }] of Object.entries(ERROR_CATALOGUE))
    for (const text of [cause, ...remedies]) for (const line of quoted(text)) add(line, code);
  for (const file of sources()) for (const line of linesOfSource(read(file))) add(line, file);
  return [...found].map(([line, from]) => ({ line, from }));
}

/** Command lines that stand in the texts of the error catalogue without backticks: they would not be found. */
export function unquotedLines(): string[] {
  const words = COMMANDS.map(({ word }) => word).join('|');
  const bare = new RegExp(`(^|[^\`])harvest (${words}|--?[a-z])`);
  const texts = Object.values(ERROR_CATALOGUE).flatMap(({ cause, remedies }) => [cause, ...remedies]);
  return texts.filter((text) => bare.test(text.replace(/`[^`]*`/g, '')));
}

function read(file: string): string {
  return readFileSync(join(projectRoot, file), 'utf8');
}

function documents(): string[] {
  const docs = readdirSync(join(projectRoot, 'docs'), { recursive: true, encoding: 'utf8' });
  return ['README.md', ...docs.filter((file) => file.endsWith('.md')).map((file) => join('docs', file))];
}

function sources(): string[] {
  return ['lib', 'cli'].flatMap((folder) =>
    readdirSync(join(projectRoot, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => join(folder, file)),
  );
}

/** Lines of code blocks, and code within the text. A line that ends with a backslash goes on. */
function linesOfDocument(text: string): string[] {
  const lines: string[] = [];
  let inBlock = false;
  for (const line of text.replace(/\\\n\s*/g, ' ').split('\n')) {
    if (/^\s*```/.test(line)) inBlock = !inBlock;
    else if (!inBlock) lines.push(...quoted(line));
    else if (COMMAND.test(line.trim().replace(/^\$ /, ''))) lines.push(withoutComment(line.trim().replace(/^\$ /, '')));
  }
  return lines;
}

function withoutComment(line: string): string {
  return line.replace(/\s+# .*$/, '');
}

function quoted(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '').filter((code) => COMMAND.test(code));
}

/** What errors and notes recommend: command lines in backticks within string literals, not in comments. */
function linesOfSource(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => !/^\s*(\*|\/\*|\/\/)/.test(line))
    .flatMap((line) => [...line.matchAll(/\\?`(harvest [^`\\]+)\\?`/g)])
    .map((match) => (match[1] ?? '').replace(/\$\{[^}]*\}/g, 'FILE'))
    .filter((line) => !/[:,]( |$)/.test(line.replace(/'[^']*'/g, '')));
}
