/** How logs tell a request that was refused, as patterns: the words of Rust's, MicroPython's and most firmware's own messages. */
export const REFUSALS: readonly string[] = [
  ...['failed to', 'Failed to', 'unable to', 'could not', 'cannot'].map(
    (word) => `failed: ${word} allocate {size} bytes`,
  ),
  'failed: allocation of {size} bytes failed',
  'failed: memory allocation failed, allocating {size} bytes',
];
