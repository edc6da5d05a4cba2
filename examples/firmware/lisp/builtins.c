// The functions that scripts can call, and the table of all names with a meaning.
#include "bytes.h"
#include "error.h"
#include "eval.h"
#include "gc.h"
#include "print.h"
#include "smash.h"
#include "state.h"

static int32_t as_int(obj_t value)
{
    if (!is_int(value)) {
        raise("not a number", value);
    }
    return int_value(value);
}

// --- Numbers. Arithmetic is unsigned inside: it wraps around instead of being undefined. ---

static obj_t add(size_t count, const obj_t *args)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += (uint32_t)as_int(args[i]);
    }
    return make_int((int32_t)sum);
}

static obj_t subtract(size_t count, const obj_t *args)
{
    uint32_t value = (uint32_t)as_int(args[0]);
    return make_int((int32_t)(count == 1 ? 0u - value : value - (uint32_t)as_int(args[1])));
}

static obj_t multiply(size_t count, const obj_t *args)
{
    uint32_t product = 1;
    for (size_t i = 0; i < count; i++) {
        product *= (uint32_t)as_int(args[i]);
    }
    return make_int((int32_t)product);
}

static int32_t divisor(obj_t value)
{
    if (as_int(value) == 0) {
        raise("division by zero", NIL);
    }
    return as_int(value);
}

static obj_t divide(size_t count, const obj_t *args)
{
    (void)count;
    return make_int(as_int(args[0]) / divisor(args[1]));
}

static obj_t modulo(size_t count, const obj_t *args)
{
    (void)count;
    return make_int(as_int(args[0]) % divisor(args[1]));
}

static obj_t less(size_t count, const obj_t *args)
{
    (void)count;
    return truth(as_int(args[0]) < as_int(args[1]));
}

static obj_t equal(size_t count, const obj_t *args)
{
    (void)count;
    return truth(args[0] == args[1]);
}

static obj_t not(size_t count, const obj_t *args)
{
    (void)count;
    return truth(args[0] == NIL);
}

// --- Lists ---

static obj_t list_cons(size_t count, const obj_t *args)
{
    (void)count;
    return cons(args[0], args[1]);
}

static obj_t list_first(size_t count, const obj_t *args)
{
    (void)count;
    return first(args[0]);
}

static obj_t list_rest(size_t count, const obj_t *args)
{
    (void)count;
    return rest(args[0]);
}

static obj_t list(size_t count, const obj_t *args)
{
    obj_t result = NIL;
    while (count > 0) {
        result = cons(args[--count], result);
    }
    return result;
}

// --- Strings ---

static obj_t str(size_t count, const obj_t *args)
{
    string_t *string = string_new("", 0);
    for (size_t i = 0; i < count; i++) {
        append_value(string, args[i]);
    }
    return (obj_t)string;
}

static obj_t str_push(size_t count, const obj_t *args)
{
    for (size_t i = 1; i < count; i++) {
        append_value(as_string(args[0]), args[i]);
    }
    return args[0];
}

static obj_t str_trim(size_t count, const obj_t *args)
{
    (void)count;
    string_trim(as_string(args[0]));
    return args[0];
}

// --- Arrays and dictionaries ---

static obj_t array(size_t count, const obj_t *args)
{
    array_t *result = array_new();
    for (size_t i = 0; i < count; i++) {
        array_push(result, args[i]);
    }
    return (obj_t)result;
}

static obj_t push(size_t count, const obj_t *args)
{
    for (size_t i = 1; i < count; i++) {
        array_push(as_array(args[0]), args[i]);
    }
    return args[0];
}

static obj_t pop(size_t count, const obj_t *args)
{
    (void)count;
    return array_pop(as_array(args[0]));
}

static obj_t dict(size_t count, const obj_t *args)
{
    (void)count;
    (void)args;
    return (obj_t)dict_new(0);
}

// (get array index) or (get dictionary key [default])
static obj_t get(size_t count, const obj_t *args)
{
    if (is_type(args[0], TYPE_ARRAY)) {
        return *array_at(as_array(args[0]), as_int(args[1]));
    }
    slot_t *slot = dict_find(as_dict(args[0]), args[1]);
    if (slot != NULL) {
        return slot->value;
    }
    return count == 3 ? args[2] : NIL;
}

static obj_t put(size_t count, const obj_t *args)
{
    (void)count;
    if (is_type(args[0], TYPE_ARRAY)) {
        *array_at(as_array(args[0]), as_int(args[1])) = args[2];
    } else {
        dict_put(as_dict(args[0]), args[1], args[2]);
    }
    return args[2];
}

static obj_t keys(size_t count, const obj_t *args)
{
    (void)count;
    const dict_t *table = as_dict(args[0]);
    obj_t result = NIL;
    for (uint32_t i = table->capacity; i > 0; i--) {
        if (table->slots[i - 1].key != NIL) {
            result = cons(table->slots[i - 1].key, result);
        }
    }
    return result;
}

static obj_t length(size_t count, const obj_t *args)
{
    (void)count;
    if (is_type(args[0], TYPE_STRING)) {
        return make_int((int32_t)as_string(args[0])->length);
    }
    if (is_type(args[0], TYPE_ARRAY)) {
        return make_int((int32_t)as_array(args[0])->length);
    }
    if (is_type(args[0], TYPE_DICT)) {
        return make_int((int32_t)as_dict(args[0])->used);
    }
    return make_int((int32_t)list_length(args[0]));
}

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
    FUNCTION("+", add, 0, MAX_ARGS),
    FUNCTION("-", subtract, 1, 2),
    FUNCTION("*", multiply, 0, MAX_ARGS),
    FUNCTION("/", divide, 2, 2),
    FUNCTION("mod", modulo, 2, 2),
    FUNCTION("<", less, 2, 2),
    FUNCTION("=", equal, 2, 2),
    FUNCTION("not", not, 1, 1),
    FUNCTION("cons", list_cons, 2, 2),
    FUNCTION("first", list_first, 1, 1),
    FUNCTION("rest", list_rest, 1, 1),
    FUNCTION("list", list, 0, MAX_ARGS),
    FUNCTION("str", str, 0, MAX_ARGS),
    FUNCTION("str-push!", str_push, 2, MAX_ARGS),
    FUNCTION("str-trim!", str_trim, 1, 1),
    FUNCTION("array", array, 0, MAX_ARGS),
    FUNCTION("push!", push, 2, MAX_ARGS),
    FUNCTION("pop!", pop, 1, 1),
    FUNCTION("dict", dict, 0, 0),
    FUNCTION("get", get, 2, 3),
    FUNCTION("put!", put, 3, 3),
    FUNCTION("keys", keys, 1, 1),
    FUNCTION("length", length, 1, 1),
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
