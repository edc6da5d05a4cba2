// The prompt on the UART.
#ifndef REPL_H
#define REPL_H

// Reads, evaluates and prints until (reset) or Ctrl-D. The name is the one that debuggers of MicroPython-like
// firmware look for to learn that the boot is over.
#if INLINE_REPL
// As a link-time optimiser leaves it: inlined where it is called.
void run_repl(void);
#else
void pyexec_friendly_repl(void);
#endif

#endif
