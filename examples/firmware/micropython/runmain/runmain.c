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
static void *script_thread(void *script) {
    mp_state_thread_t state;
    mp_thread_init_state(&state, 10240, NULL, NULL);
    MP_THREAD_GIL_ENTER();
    pyexec_frozen_module(script, false);
    MP_THREAD_GIL_EXIT();
    return NULL;
}
#endif

static void run(const char *script) {
    #if MICROPY_PY_THREAD
    size_t stack_size;
    mp_thread_create(script_thread, (void *)script, &stack_size);
    pyexec_frozen_module("beside.py", false);
    mp_thread_wait_for_others();
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
