/** Numbers of the registers of a core without register windows: DWARF's and the debuggers'. */
export const A0 = 0;
export const SP = 1;
export const A2 = 2;
/** From here on calls keep the registers; the last of them is the frame pointer where there is one. */
export const FIRST_KEPT = 12;
export const FRAME = 15;
export const PC = 16;
