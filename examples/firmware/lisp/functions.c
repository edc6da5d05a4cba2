#include "functions.h"

#include "error.h"
#include "print.h"

int32_t as_int(obj_t value)
{
    if (!is_int(value)) {
        raise("not a number", value);
    }
    return int_value(value);
}

// --- Numbers. Arithmetic is unsigned inside: it wraps around instead of being undefined. ---

obj_t lisp_add(size_t count, const obj_t *args)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += (uint32_t)as_int(args[i]);
    }
    return make_int((int32_t)sum);
}

obj_t lisp_subtract(size_t count, const obj_t *args)
{
    uint32_t value = (uint32_t)as_int(args[0]);
    return make_int((int32_t)(count == 1 ? 0u - value : value - (uint32_t)as_int(args[1])));
}

obj_t lisp_multiply(size_t count, const obj_t *args)
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

obj_t lisp_divide(size_t count, const obj_t *args)
{
    (void)count;
    return make_int(as_int(args[0]) / divisor(args[1]));
}

obj_t lisp_modulo(size_t count, const obj_t *args)
{
    (void)count;
    return make_int(as_int(args[0]) % divisor(args[1]));
}

obj_t lisp_less(size_t count, const obj_t *args)
{
    (void)count;
    return truth(as_int(args[0]) < as_int(args[1]));
}

obj_t lisp_equal(size_t count, const obj_t *args)
{
    (void)count;
    return truth(args[0] == args[1]);
}

obj_t lisp_not(size_t count, const obj_t *args)
{
    (void)count;
    return truth(args[0] == NIL);
}

// --- Lists ---

obj_t lisp_cons(size_t count, const obj_t *args)
{
    (void)count;
    return cons(args[0], args[1]);
}

obj_t lisp_first(size_t count, const obj_t *args)
{
    (void)count;
    return first(args[0]);
}

obj_t lisp_rest(size_t count, const obj_t *args)
{
    (void)count;
    return rest(args[0]);
}

obj_t lisp_list(size_t count, const obj_t *args)
{
    obj_t result = NIL;
    while (count > 0) {
        result = cons(args[--count], result);
    }
    return result;
}

// --- Strings ---

obj_t lisp_str(size_t count, const obj_t *args)
{
    string_t *string = string_new("", 0);
    for (size_t i = 0; i < count; i++) {
        append_value(string, args[i]);
    }
    return (obj_t)string;
}

obj_t lisp_str_push(size_t count, const obj_t *args)
{
    for (size_t i = 1; i < count; i++) {
        append_value(as_string(args[0]), args[i]);
    }
    return args[0];
}

obj_t lisp_str_trim(size_t count, const obj_t *args)
{
    (void)count;
    string_trim(as_string(args[0]));
    return args[0];
}

// --- Arrays and dictionaries ---

obj_t lisp_array(size_t count, const obj_t *args)
{
    array_t *result = array_new();
    for (size_t i = 0; i < count; i++) {
        array_push(result, args[i]);
    }
    return (obj_t)result;
}

obj_t lisp_push(size_t count, const obj_t *args)
{
    for (size_t i = 1; i < count; i++) {
        array_push(as_array(args[0]), args[i]);
    }
    return args[0];
}

obj_t lisp_pop(size_t count, const obj_t *args)
{
    (void)count;
    return array_pop(as_array(args[0]));
}

obj_t lisp_dict(size_t count, const obj_t *args)
{
    (void)count;
    (void)args;
    return (obj_t)dict_new(0);
}

// (get array index) or (get dictionary key [default])
obj_t lisp_get(size_t count, const obj_t *args)
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

obj_t lisp_put(size_t count, const obj_t *args)
{
    (void)count;
    if (is_type(args[0], TYPE_ARRAY)) {
        *array_at(as_array(args[0]), as_int(args[1])) = args[2];
    } else {
        dict_put(as_dict(args[0]), args[1], args[2]);
    }
    return args[2];
}

obj_t lisp_keys(size_t count, const obj_t *args)
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

obj_t lisp_length(size_t count, const obj_t *args)
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
