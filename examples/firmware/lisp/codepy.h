// The way to the prompt of CircuitPython: a script, then a loop that waits for a key (WAITS_FOR_KEY).
#ifndef CODEPY_H
#define CODEPY_H

#include <stdbool.h>

// Whether a file was saved, so that the script is to run again: here never.
bool autoreload_ready(void);

// What displays do while a script runs; they ask for a reload first.
void display_background(void);

// Waits behind the end of the script until a key is pressed.
void run_code_py(void (*script)(void));

#endif
