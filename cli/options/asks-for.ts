/** Whether a line has one of the flags `names`, as they are written; `--` ends the search. */
export function asksFor(args: readonly string[], ...names: readonly string[]): boolean {
  const end = args.indexOf('--');
  return args.slice(0, end === -1 ? undefined : end).some((each) => names.includes(each));
}
