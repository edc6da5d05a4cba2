/** What to do about a file whose name is no UTF-8: it reaches this program with its odd bytes replaced; undefined for any other name. */
export function oddNameRemedy(path: string): string | undefined {
  if (!path.includes('\ufffd')) return undefined;
  return 'if its name is not UTF-8 (an old Latin-1 name), rename it, or give the file on standard input: - < FILE';
}
