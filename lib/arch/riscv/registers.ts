/** Numbers of the integer registers: DWARF's and the debuggers'; behind x31 stand the pc and, for captures, two status registers. */
export const ZERO = 0;
export const RA = 1;
export const SP = 2;
/** The link register of library calls that save registers. */
export const T0 = 5;
export const S0 = 8;
export const S1 = 9;
export const A0 = 10;
export const S2 = 18;
export const S11 = 27;
export const PC = 32;
export const MSTATUS = 33;
export const MCAUSE = 34;
