// Values of the language: one machine word each.
//
//   ...iiii1  an integer of 31 bits
//   0         nil: the empty list, false
//   aaaa...0  the address of an object; its first word is its type
#ifndef OBJECT_H
#define OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uintptr_t obj_t;

#define NIL ((obj_t)0)

typedef enum {
    TYPE_PAIR = 1,
    TYPE_SYMBOL,
    TYPE_STRING,
    TYPE_ARRAY,
    TYPE_DICT,
    TYPE_CLOSURE,
    TYPE_STREAM,
    TYPE_BUILTIN,
} type_t;

typedef struct {
    uint32_t type;
    obj_t first;
    obj_t rest;
} pair_t;

// One symbol exists per name, so symbols compare by address. `builtin` is what the name means when no script
// defined it, or NULL.
typedef struct symbol {
    uint32_t type;
    const struct builtin *builtin;
    char name[];
} symbol_t;

typedef struct {
    uint32_t type;
    uint32_t length;
    uint32_t capacity;
    char *text;
} string_t;

typedef struct {
    uint32_t type;
    uint32_t length;
    uint32_t capacity;
    obj_t *items;
} array_t;

typedef struct {
    obj_t key; // NIL: the slot is empty
    obj_t value;
} slot_t;

// A hash table with open addressing; the capacity is a power of two.
typedef struct dict {
    uint32_t type;
    uint32_t used;
    uint32_t capacity;
    slot_t *slots;
} dict_t;

// The variables of one call: the parameter list and as many values.
typedef struct env {
    struct env *outer;
    obj_t names;
    obj_t values[];
} env_t;

typedef struct {
    uint32_t type;
    obj_t parameters;
    obj_t body;
    env_t *env;
} closure_t;

typedef obj_t (*function_t)(size_t count, const obj_t *args);

// What eval() is about to do; a form leaves either the value or the next expression here.
typedef struct {
    obj_t expr;
    env_t *env;
    obj_t value;
} step_t;

// Returns true when step->value is the result, false to go on with step->expr.
typedef bool (*form_t)(step_t *step, obj_t args);

// Something written in C: a function, or a form that gets its arguments unevaluated.
typedef struct builtin {
    uint32_t type;
    const char *name;
    function_t function;
    form_t form;
    uint8_t min_args;
    uint8_t max_args;
} builtin_t;

static inline bool is_int(obj_t value)
{
    return value & 1;
}

static inline int32_t int_value(obj_t value)
{
    return (int32_t)value >> 1;
}

static inline obj_t make_int(int32_t value)
{
    return ((obj_t)value << 1) | 1;
}

static inline bool is_type(obj_t value, type_t type)
{
    return value != NIL && !is_int(value) && *(const uint32_t *)value == type;
}

// pair.c
obj_t cons(obj_t first, obj_t rest);
pair_t *as_pair(obj_t value);
obj_t first(obj_t list);
obj_t rest(obj_t list);
size_t list_length(obj_t list);

// symbol.c
obj_t intern(const char *name, size_t length);
obj_t truth(bool value);

// string.c
string_t *string_new(const char *text, size_t length);
string_t *as_string(obj_t value);
void string_push(string_t *string, char c);
void string_trim(string_t *string);

// array.c
array_t *array_new(void);
array_t *as_array(obj_t value);
void array_push(array_t *array, obj_t value);
obj_t array_pop(array_t *array);
obj_t *array_at(array_t *array, int32_t index);

// dict.c
// `capacity` is 0 or a power of two; the dictionary grows when it is three quarters full.
dict_t *dict_new(uint32_t capacity);
dict_t *as_dict(obj_t value);
slot_t *dict_find(dict_t *dict, obj_t key);
void dict_put(dict_t *dict, obj_t key, obj_t value);

// stream.c
obj_t stream_open(obj_t name);
void stream_write(obj_t stream, int32_t value);
void stream_close(obj_t stream);
size_t streams_in_use(void);

// builtins.c
const builtin_t *builtin_find(const char *name, size_t length);

#endif
