/** Registers of a call, by their index in the words of the architecture, when its function is entered. */
export interface EnteredCall {
  readonly returnAddress: number;
  /** The first arguments. */
  readonly arguments: readonly [number, number, number, number];
}
