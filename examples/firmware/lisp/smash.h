// Only in the `corrupt` variant: what a debugger meets when the stack is not what it should be.
#ifndef SMASH_H
#define SMASH_H

#include <stdint.h>

// Allocates and frees one block from a frame whose saved return address is wrong:
//   0: all ones, as an RTOS leaves in a new task; looks like a return from an exception
//   1: an address in this very function: its caller seems to be itself, and what comes before is whatever the
//      stack holds
//   2: an address outside of all memory
void alloc_from_smashed_frame(uintptr_t kind);

#endif
