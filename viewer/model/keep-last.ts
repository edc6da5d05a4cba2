/** The same function, which keeps its last result as long as it is asked with the same arguments: several views ask for one thing. */
export function keepLast<A extends readonly unknown[], R>(make: (...args: A) => R): (...args: A) => R {
  let last: { readonly args: A; readonly result: R } | undefined;
  return (...args) => {
    const before = last;
    if (before?.args.every((arg, index) => Object.is(arg, args[index]))) return before.result;
    const result = make(...args);
    last = { args, result };
    return result;
  };
}
