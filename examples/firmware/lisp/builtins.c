// What scripts can do to the system, and the table of all names with a meaning.
#include "bytes.h"
#include "eval.h"
#include "functions.h"
#include "gc.h"
#include "print.h"
#include "smash.h"
#include "state.h"

// --- Streams ---

static obj_t open_stream(size_t count, const obj_t *args)
{
    (void)count;
    return stream_open(args[0]);
}

static obj_t write_stream(size_t count, const obj_t *args)
{
    (void)count;
    stream_write(args[0], as_int(args[1]));
    return args[0];
}

static obj_t close_stream(size_t count, const obj_t *args)
{
    (void)count;
    stream_close(args[0]);
    return NIL;
}

static obj_t open_streams(size_t count, const obj_t *args)
{
    (void)count;
    (void)args;
    return make_int((int32_t)streams_in_use());
}

// --- The system ---

static obj_t print(size_t count, const obj_t *args)
{
    for (size_t i = 0; i < count; i++) {
        display_value(args[i]);
    }
    print_text("\n");
    return NIL;
}

static obj_t collect(size_t count, const obj_t *args)
{
    (void)count;
    (void)args;
    gc_collect();
    return make_int((int32_t)mp_state_ctx.mem.gc_collections);
}

// (used-blocks total-blocks)
static obj_t memory(size_t count, const obj_t *args)
{
    (void)count;
    (void)args;
    gc_info_t info = gc_info();
    return cons(make_int((int32_t)info.used_blocks), cons(make_int((int32_t)info.total_blocks), NIL));
}

static obj_t reset(size_t count, const obj_t *args)
{
    (void)count;
    (void)args;
    mp_state_ctx.reset_requested = true;
    return NIL;
}

#if WITH_SMASH
static obj_t smash(size_t count, const obj_t *args)
{
    (void)count;
    alloc_from_smashed_frame((uintptr_t)as_int(args[0]));
    return NIL;
}
#endif

// --- The table ---

#define FUNCTION(name, function, min, max) { TYPE_BUILTIN, name, function, NULL, min, max }
#define FORM(name, form) { TYPE_BUILTIN, name, NULL, form, 0, 0 }

static const builtin_t builtins[] = {
    FORM("quote", form_quote),
    FORM("if", form_if),
    FORM("and", form_and),
    FORM("or", form_or),
    FORM("do", form_do),
    FORM("let", form_let),
    FORM("while", form_while),
    FORM("lambda", form_lambda),
    FORM("define", form_define),
    FORM("set!", form_set),
    FORM("try", form_try),
    FUNCTION("+", lisp_add, 0, MAX_ARGS),
    FUNCTION("-", lisp_subtract, 1, 2),
    FUNCTION("*", lisp_multiply, 0, MAX_ARGS),
    FUNCTION("/", lisp_divide, 2, 2),
    FUNCTION("mod", lisp_modulo, 2, 2),
    FUNCTION("<", lisp_less, 2, 2),
    FUNCTION("=", lisp_equal, 2, 2),
    FUNCTION("not", lisp_not, 1, 1),
    FUNCTION("cons", lisp_cons, 2, 2),
    FUNCTION("first", lisp_first, 1, 1),
    FUNCTION("rest", lisp_rest, 1, 1),
    FUNCTION("list", lisp_list, 0, MAX_ARGS),
    FUNCTION("str", lisp_str, 0, MAX_ARGS),
    FUNCTION("str-push!", lisp_str_push, 2, MAX_ARGS),
    FUNCTION("str-trim!", lisp_str_trim, 1, 1),
    FUNCTION("array", lisp_array, 0, MAX_ARGS),
    FUNCTION("push!", lisp_push, 2, MAX_ARGS),
    FUNCTION("pop!", lisp_pop, 1, 1),
    FUNCTION("dict", lisp_dict, 0, 0),
    FUNCTION("get", lisp_get, 2, 3),
    FUNCTION("put!", lisp_put, 3, 3),
    FUNCTION("keys", lisp_keys, 1, 1),
    FUNCTION("length", lisp_length, 1, 1),
    FUNCTION("open", open_stream, 1, 1),
    FUNCTION("write", write_stream, 2, 2),
    FUNCTION("close", close_stream, 1, 1),
    FUNCTION("open-streams", open_streams, 0, 0),
    FUNCTION("print", print, 0, MAX_ARGS),
    FUNCTION("gc", collect, 0, 0),
    FUNCTION("mem", memory, 0, 0),
    FUNCTION("reset", reset, 0, 0),
#if WITH_SMASH
    FUNCTION("smash", smash, 1, 1),
#endif
};

const builtin_t *builtin_find(const char *name, size_t name_length)
{
    for (size_t i = 0; i < sizeof(builtins) / sizeof(builtins[0]); i++) {
        if (strlen(builtins[i].name) == name_length && memcmp(builtins[i].name, name, name_length) == 0) {
            return &builtins[i];
        }
    }
    return NULL;
}
