// The port goes to its REPL at once. Here a frozen script runs before that, as main.py does on a board.
#include "py/mpconfig.h"
#include "py/gc.h"
#include "py/misc.h"
#include "py/objlist.h"
#include "py/runtime.h"
#include "shared/runtime/pyexec.h"

// The linker is told which: its address is the number, from 1, because compilers take no address for 0.
extern char run_script;
static const char *const scripts[] = { "demo.py", "probes.py", "leaks.py", "clean.py", "empty.py" };

int __real_pyexec_friendly_repl(void);
int __wrap_pyexec_friendly_repl(void);

#if MICROPY_GC_SPLIT_HEAP
static uint32_t second_area[24 * 1024];
#endif

#if MICROPY_PY_THREAD
// The port has no threads. These are of the simplest kind (Cortex-M): one at a time beside the main one, with a state and a stack of its own, and it runs
// to its end at once.
static mp_state_thread_t *running;
static void *main_sp;
static uint32_t thread_stack[8 * 1024] __attribute__((aligned(8)));

mp_state_thread_t *mp_thread_get_state(void) {
    return running == NULL ? &mp_state_ctx.thread : running;
}

void mp_thread_set_state(mp_state_thread_t *state) {
    running = state;
}

mp_uint_t mp_thread_get_id(void) {
    return (mp_uint_t)mp_thread_get_state();
}

void mp_thread_start(void) {
}

void mp_thread_finish(void) {
}

void mp_thread_mutex_init(mp_thread_mutex_t *mutex) {
    *mutex = 0;
}

int mp_thread_mutex_lock(mp_thread_mutex_t *mutex, int wait) {
    (void)wait;
    int is_free = *mutex == 0;
    *mutex = 1;
    return is_free;
}

void mp_thread_mutex_unlock(mp_thread_mutex_t *mutex) {
    *mutex = 0;
}

__attribute__((naked, noinline)) static void on_stack(void *(*entry)(void *), void *arg, void *top) {
    __asm volatile (
        "push {r4, lr}\n"
        ".cfi_def_cfa_offset 8\n"
        ".cfi_offset 4, -8\n"
        ".cfi_offset 14, -4\n"
        "mov r4, sp\n"
        ".cfi_def_cfa_register 4\n"
        "mov sp, r2\n"
        "mov r3, r0\n"
        "mov r0, r1\n"
        "blx r3\n"
        "mov sp, r4\n"
        "pop {r4, pc}\n"
        );
}

mp_uint_t mp_thread_create(void *(*entry)(void *), void *arg, size_t *stack_size) {
    mp_state_thread_t *caller = mp_thread_get_state();
    if (caller != &mp_state_ctx.thread) {
        mp_raise_msg(&mp_type_OSError, MP_ERROR_TEXT("a thread begins none"));
    }
    *stack_size = sizeof(thread_stack) / 2;
    // What registers hold is on this stack from here on, where a collection finds it.
    __builtin_unwind_init();
    __asm volatile ("mov %0, sp" : "=r" (main_sp));
    on_stack(entry, arg, thread_stack + MP_ARRAY_SIZE(thread_stack));
    mp_thread_set_state(caller);
    return 1;
}

void mp_thread_gc_others(void) {
    if (mp_thread_get_state() != &mp_state_ctx.thread) {
        gc_collect_root((void **)main_sp, (mp_state_ctx.thread.stack_top - (char *)main_sp) / sizeof(void *));
    }
}

void __real_gc_collect_start(void);
void __wrap_gc_collect_start(void);

void __wrap_gc_collect_start(void) {
    __real_gc_collect_start();
    mp_thread_gc_others();
}

static void *script_thread(void *script) {
    mp_state_thread_t state;
    mp_thread_init_state(&state, 10240, NULL, NULL);
    pyexec_frozen_module(script, false);
    return NULL;
}
#endif

static void run(const char *script) {
    #if MICROPY_PY_THREAD
    size_t stack_size;
    mp_thread_create(script_thread, (void *)script, &stack_size);
    #else
    pyexec_frozen_module(script, false);
    #endif
}

int __wrap_pyexec_friendly_repl(void) {
    #if MICROPY_GC_SPLIT_HEAP
    gc_add(second_area, second_area + MP_ARRAY_SIZE(second_area));
    #endif
    run(scripts[(size_t)&run_script - 1]);
    return __real_pyexec_friendly_repl();
}

#ifdef QEMU_SOC_NRF51
// The port does not wait for the UART, which loses what it is given too fast.
void __wrap_uart_tx_strn(const char *text, size_t length);

void __wrap_uart_tx_strn(const char *text, size_t length) {
    volatile uint32_t *const sent = (uint32_t *)0x4000211c;
    volatile uint32_t *const data = (uint32_t *)0x4000251c;
    for (size_t i = 0; i < length; i++) {
        *sent = 0;
        *data = (uint8_t)text[i];
        while (*sent == 0) {
        }
    }
}
#endif

// What a driver in C keeps for its callbacks, as many do: a list that no script sees.
static mp_obj_t listen(mp_obj_t listener) {
    if (MP_STATE_VM(listeners) == MP_OBJ_NULL) {
        MP_STATE_VM(listeners) = mp_obj_new_list(0, NULL);
    }
    return mp_obj_list_append(MP_STATE_VM(listeners), listener);
}
static MP_DEFINE_CONST_FUN_OBJ_1(listen_obj, listen);

static mp_obj_t forget(void) {
    MP_STATE_VM(listeners) = MP_OBJ_NULL;
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_0(forget_obj, forget);

static const mp_rom_map_elem_t driver_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_driver) },
    { MP_ROM_QSTR(MP_QSTR_listen), MP_ROM_PTR(&listen_obj) },
    { MP_ROM_QSTR(MP_QSTR_forget), MP_ROM_PTR(&forget_obj) },
};
static MP_DEFINE_CONST_DICT(driver_globals, driver_table);

const mp_obj_module_t driver_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&driver_globals,
};

MP_REGISTER_MODULE(MP_QSTR_driver, driver_module);
MP_REGISTER_ROOT_POINTER(mp_obj_t listeners);
