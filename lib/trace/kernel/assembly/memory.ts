/** Memory that is only ever added to, all zeros; what is given back is not used again. */
let top: usize = 0;

/** `bytes` of zeros, at a multiple of 64: the line of a cache. Traps when there is no more memory. */
export function take(bytes: usize): usize {
  if (top === 0) top = __heap_base;
  const at: usize = (top + 63) & ~(<usize>63);
  top = at + bytes;
  const pages = <i32>((top + 0xffff) >>> 16) - memory.size();
  if (pages > 0 && memory.grow(pages) < 0) unreachable();
  return at;
}
