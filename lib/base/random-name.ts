/** 16 digits that nobody can guess. By the global `crypto`, which Node loads when it is asked for first: a module of it takes 5 ms of every start. */
export function randomName(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(8))).toString('hex');
}
