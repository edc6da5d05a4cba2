/*
 * The structures of a MicroPython (names and members as its debug information has them), and a loop that is called as its own is: what a debugger
 * must find its way through. FORM 19: bytecode of 1.19 with the module's table of names; 20: without that table; 12: bytecode of 1.12. DROP: the
 * loop needs its parameter no more when it calls on. STACKLESS: it runs the functions that are called itself. LOG: the probe is an event of the heap. Runs on qemu's mps2-an385 (Cortex-M3) and microbit (Cortex-M0).
 */
#include <stddef.h>
#include <stdint.h>

#ifndef FORM
#define FORM 19
#endif

extern uint32_t stack_top;
volatile int sink;

typedef struct _mp_obj_type_t { uint16_t flags; } mp_obj_type_t;
typedef struct _mp_obj_base_t { const mp_obj_type_t *type; } mp_obj_base_t;
const mp_obj_type_t mp_type_fun_bc = {1}, mp_type_gen_wrap = {2}, mp_type_dict = {3};

typedef struct _qstr_pool_t {
  const struct _qstr_pool_t *prev;
#if FORM == 12
  size_t total_prev_len;
  size_t alloc, len;
#else
  size_t total_prev_len : 31;
  size_t is_sorted : 1;
  size_t alloc, len;
  uint8_t *hashes, *lengths;
#endif
  const char *qstrs[];
} qstr_pool_t;

typedef struct _mp_module_constants_t {
#if FORM == 20
  size_t source_file;
#else
  uint16_t *qstr_table;
#endif
  void **obj_table;
} mp_module_constants_t;
typedef struct _mp_module_context_t { mp_obj_base_t base; void *globals; mp_module_constants_t constants; } mp_module_context_t;

typedef struct _mp_obj_fun_bc_t {
  mp_obj_base_t base;
#if FORM == 12
  void *globals;
  const uint8_t *bytecode;
  const uintptr_t *const_table;
#else
  const mp_module_context_t *context;
  void *child_table;
  const uint8_t *bytecode;
#endif
} mp_obj_fun_bc_t;

typedef struct _mp_code_state_t {
  const mp_obj_fun_bc_t *fun_bc;
  const uint8_t *ip;
  void *sp;
  uint16_t n_state, exc_sp_idx;
#ifdef STACKLESS
  struct _mp_code_state_t *prev;
#endif
  void *state[];
} mp_code_state_t;

/* As the structure that holds all the interpreter's variables. */
struct { struct { int lock; } mem; struct { const qstr_pool_t *last_pool; } vm; } mp_state_ctx;

#if FORM == 12
#define TEXT(s) "hl" s /* a hash and a length, before the text */
void mp_raw_code_load(void) {}
#else
#define TEXT(s) s
#endif

static const qstr_pool_t constant_pool = {.qstrs = {TEXT(""), TEXT("boot.py"), TEXT("<module>"), TEXT("unused")}, .len = 4};
static qstr_pool_t heap_pool = {.prev = &constant_pool, .total_prev_len = 4, .len = 2, .qstrs = {TEXT("inner"), TEXT("st\xc3\xa4tion.py")}};

#if FORM == 19
static uint16_t boot_names[] = {1, 2}, station_names[] = {5, 4};
static const mp_module_context_t boot = {.constants.qstr_table = boot_names}, station = {.constants.qstr_table = station_names};
#define MODULE_NAME 1
#define INNER_NAME 1
#elif FORM == 20
static const mp_module_context_t boot = {.constants.source_file = 1}, station = {.constants.source_file = 5};
#define MODULE_NAME 2
#define INNER_NAME 4
#endif

#if FORM == 12
/* Name, file, 4 bytes and 2 lines, the end: 6 bytes of information. */
static const uint8_t module_code[] = {0x08, 6 << 1, 2, 0, 1, 0, 0x44, 0, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa};
static uint8_t inner_code[] = {0x09, 6 << 1, 4, 0, 5, 0, 0x23, 0, 0xbb, 0xbb, 0xbb, 0xbb, 0xbb};
#define CODE 8
static const mp_obj_fun_bc_t module = {{&mp_type_fun_bc}, 0, module_code, 0};
static mp_obj_fun_bc_t inner = {{&mp_type_gen_wrap}, 0, inner_code, 0};
#else
static const uint8_t module_code[] = {0x08, 3 << 1, MODULE_NAME, 0x44, 0x62, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa};
static uint8_t inner_code[] = {0x09, 3 << 1, INNER_NAME, 0, 0x23, 0xbb, 0xbb, 0xbb, 0xbb, 0xbb};
#define CODE 5
static const mp_obj_fun_bc_t module = {{&mp_type_fun_bc}, &boot, 0, module_code};
static mp_obj_fun_bc_t inner = {{&mp_type_gen_wrap}, &station, 0, inner_code};
#endif
/* No function: a state that points to it makes no sense. */
static mp_obj_fun_bc_t dict = {{&mp_type_dict}};

#ifdef LOG
/* As in a build that logs its heap. */
__attribute__((noinline)) void gc_log_change(uint32_t start_block, uint32_t length) { sink = start_block + length; }
__attribute__((noinline)) void probe(int where) {
  gc_log_change(where, 1);
  sink = where;
}
#else
__attribute__((noinline)) void probe(int where) { sink = where; }
#endif

__attribute__((noinline)) void *mp_execute_bytecode(mp_code_state_t *code_state, volatile void *inject_exc);

__attribute__((noinline)) static void *call(const mp_obj_fun_bc_t *fun, int offset, int n_state) {
  /* In a frame of a size that is not known before, as the interpreter's. */
  mp_code_state_t *code_state = __builtin_alloca(sizeof(mp_code_state_t) + 4 * n_state);
  code_state->fun_bc = fun;
  code_state->ip = fun->bytecode + offset;
  code_state->n_state = n_state;
#ifdef STACKLESS
  code_state->prev = 0;
#endif
  void *result = mp_execute_bytecode(code_state, 0);
  sink += code_state->n_state;
  return result;
}

void *mp_execute_bytecode(mp_code_state_t *code_state, volatile void *inject_exc) {
  const mp_obj_fun_bc_t *fun = code_state->fun_bc;
#ifdef STACKLESS
  static mp_code_state_t called;
  if (fun == &module) {
    called.prev = code_state;
    called.fun_bc = fun = &inner;
    called.ip = inner.bytecode + CODE + 3;
    code_state = &called;
  }
#endif
  if (fun == &module) call(&inner, CODE + 3, sink + 3);
  else if (fun == &inner) probe(1);
  else probe(2);
#ifndef DROP
  code_state->sp = (void *)inject_exc;
#endif
  sink++;
  return 0;
}

int main(void) {
  mp_state_ctx.vm.last_pool = &heap_pool;
  for (;;) {
    call(&module, CODE + 4, 5);
    call(&dict, 0, 2);
  }
}

void Reset_Handler(void) { main(); }
void Default_Handler(void) {
  for (;;) {}
}
__attribute__((section(".vectors"), used)) static const void *const vectors[4] = {
    &stack_top, (void *)Reset_Handler, (void *)Default_Handler, (void *)Default_Handler};
