// Of the threads in threads.c.
#pragma once

#include <stddef.h>

typedef int mp_thread_mutex_t;

void mp_thread_gc_others(void);
void mp_thread_wait_for_others(void);
