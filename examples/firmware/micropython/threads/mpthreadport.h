// Of the threads in runmain.c.
#pragma once

typedef int mp_thread_mutex_t;

void mp_thread_gc_others(void);
