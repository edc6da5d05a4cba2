// The port has no threads. These take turns (Cortex-M3): whoever waits for a lock lets the next one run, as the interpreter does for its own lock (the
// GIL) at jumps of a script. Each has a state and a stack of its own, as on ports with an operating system.
#include "py/mpconfig.h"

#if MICROPY_PY_THREAD
#include <string.h>

#include "py/gc.h"
#include "py/runtime.h"

#define THREADS 3
#define STACK_WORDS 8192
// To tell of a stack that is full some of it is needed.
#define SPARE_BYTES 1024

typedef struct {
    mp_state_thread_t *state;
    uint32_t *sp; // While another runs.
    int is_alive;
} thread_t;

// The first is the main one, whose stack is the processor's.
static thread_t threads[THREADS] = { { .is_alive = 1 } };
static int current;
static uint32_t stacks[THREADS][STACK_WORDS] __attribute__((aligned(8)));

__attribute__((naked, noinline)) static void swap_stacks(uint32_t **saved, uint32_t *sp) {
    __asm volatile (
        "push {r4-r11, lr}\n"
        "str sp, [r0]\n"
        "mov sp, r1\n"
        "pop {r4-r11, pc}\n"
        );
}

static void yield(void) {
    int before = current;
    do {
        current = (current + 1) % THREADS;
    } while (!threads[current].is_alive);
    if (current != before) {
        swap_stacks(&threads[before].sp, threads[current].sp);
    }
}

static __attribute__((used)) void thread_ended(void) {
    threads[current].is_alive = 0;
    yield();
}

// The first that a thread runs: nobody called it.
__attribute__((naked, noinline)) static void thread_begin(void) {
    __asm volatile (
        ".cfi_undefined 14\n"
        "mov r0, r5\n"
        "blx r4\n"
        "bl thread_ended\n"
        );
}

mp_uint_t mp_thread_create(void *(*entry)(void *), void *arg, size_t *stack_size) {
    int made = 1;
    while (made < THREADS && threads[made].is_alive) {
        made++;
    }
    if (made == THREADS) {
        mp_raise_msg(&mp_type_OSError, MP_ERROR_TEXT("there are too many threads"));
    }
    *stack_size = sizeof(stacks[made]) - SPARE_BYTES;
    // What swap_stacks takes from it: r4 to r11, and where to go on.
    uint32_t *sp = stacks[made] + STACK_WORDS - 9;
    memset(sp, 0, 9 * sizeof(*sp));
    sp[0] = (uint32_t)entry;
    sp[1] = (uint32_t)arg;
    sp[8] = (uint32_t)thread_begin;
    threads[made] = (thread_t) { NULL, sp, 1 };
    return made;
}

void mp_thread_wait_for_others(void) {
    for (int other = 0; other < THREADS; other++) {
        while (other != current && threads[other].is_alive) {
            MP_THREAD_GIL_EXIT();
            MP_THREAD_GIL_ENTER();
        }
    }
}

mp_state_thread_t *mp_thread_get_state(void) {
    return current == 0 ? &mp_state_ctx.thread : threads[current].state;
}

void mp_thread_set_state(mp_state_thread_t *state) {
    threads[current].state = state;
}

mp_uint_t mp_thread_get_id(void) {
    return current;
}

void mp_thread_start(void) {
}

void mp_thread_finish(void) {
}

void mp_thread_mutex_init(mp_thread_mutex_t *mutex) {
    *mutex = 0;
}

int mp_thread_mutex_lock(mp_thread_mutex_t *mutex, int wait) {
    if (wait) {
        do {
            yield();
        } while (*mutex != 0);
    }
    int is_free = *mutex == 0;
    *mutex = 1;
    return is_free;
}

void mp_thread_mutex_unlock(mp_thread_mutex_t *mutex) {
    *mutex = 0;
}

void mp_thread_gc_others(void) {
    for (int other = 0; other < THREADS; other++) {
        if (other == current || !threads[other].is_alive) {
            continue;
        }
        uint32_t *end = other == 0 ? (uint32_t *)mp_state_ctx.thread.stack_top : stacks[other] + STACK_WORDS;
        gc_collect_root((void **)threads[other].sp, end - threads[other].sp);
    }
}

// The port's collection does not know of them.
void __real_gc_collect_start(void);
void __wrap_gc_collect_start(void);

void __wrap_gc_collect_start(void) {
    __real_gc_collect_start();
    mp_thread_gc_others();
}
#endif
