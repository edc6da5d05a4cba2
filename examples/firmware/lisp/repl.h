// The prompt on the UART.
#ifndef REPL_H
#define REPL_H

// Reads, evaluates and prints until (reset) or Ctrl-D. The name is the one that debuggers of MicroPython-like
// firmware look for to learn that the boot is over.
void pyexec_friendly_repl(void);

#endif
