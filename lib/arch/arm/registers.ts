/** Numbers of Arm's core registers: DWARF's and the debuggers'; xPSR has 16 in the words that the engines work with. */
export const SP = 13;
export const LR = 14;
export const PC = 15;
export const XPSR = 16;
