// The start, the handlers of register windows and the non-local return of the tasks firmware, under the names of this one.
#include "../../sim-de212/start.S"

    .global Reset_Handler
    .set Reset_Handler, reset_handler
    .global jump_save
    .set jump_save, setjmp
