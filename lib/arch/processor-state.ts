/** What the status words of a stopped processor tell. */
export interface ProcessorState {
  /** Of the exception whose handler runs, different for those that have stacks or tasks of their own; 0 outside of handlers. */
  readonly number: number;
  /** How people call what runs: `HardFault`, `in IRQ mode`, `in interrupt 7`; absent outside of handlers. */
  readonly text?: string;
  /** The handler is that of a fault. */
  readonly isFault: boolean;
}

export const OUTSIDE_OF_HANDLERS: ProcessorState = { number: 0, isFault: false };
