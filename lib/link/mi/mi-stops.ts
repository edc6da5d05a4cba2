/** Why and where gdb says that the target stopped; fields are absent as they are in the record. */
export interface StopRecord {
  readonly reason?: string;
  readonly breakpoint?: number;
  readonly signal?: string;
  readonly pc?: number;
}

/** Whether the target stopped because it was asked to. */
export function isInterrupt({ signal }: StopRecord): boolean {
  return signal === 'SIGINT' || signal === '0';
}

/** From a `*stopped` record. */
export function parseStop(line: string): StopRecord {
  const field = (name: string) => new RegExp(`[,{]${name}="((?:[^"\\\\]|\\\\.)*)"`).exec(line)?.[1];
  const reason = field('reason');
  const breakpoint = field('bkptno');
  const signal = field('signal-name');
  const pc = field('addr');
  return {
    ...(reason === undefined ? {} : { reason }),
    ...(breakpoint === undefined ? {} : { breakpoint: Number(breakpoint) }),
    ...(signal === undefined ? {} : { signal }),
    ...(pc === undefined ? {} : { pc: Number.parseInt(pc, 16) }),
  };
}
