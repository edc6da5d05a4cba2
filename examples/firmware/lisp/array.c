// Arrays that grow and shrink at their end.
#include "error.h"
#include "malloc.h"
#include "object.h"

#define FIRST_CAPACITY 4

array_t *array_new(void)
{
    array_t *array = m_malloc(sizeof(array_t));
    array->type = TYPE_ARRAY;
    return array;
}

array_t *as_array(obj_t value)
{
    if (!is_type(value, TYPE_ARRAY)) {
        raise("not an array", value);
    }
    return (array_t *)value;
}

static void set_capacity(array_t *array, uint32_t capacity)
{
    array->items = m_realloc(array->items, capacity * sizeof(obj_t));
    array->capacity = capacity;
}

void array_push(array_t *array, obj_t value)
{
    if (array->length == array->capacity) {
        set_capacity(array, array->capacity == 0 ? FIRST_CAPACITY : array->capacity * 2);
    }
    array->items[array->length++] = value;
}

obj_t array_pop(array_t *array)
{
    if (array->length == 0) {
        raise("pop from an empty array", NIL);
    }
    obj_t value = array->items[--array->length];
    array->items[array->length] = NIL;
    // Shrinks at a quarter: between a half and a quarter, pushes and pops in turn must not resize each time.
    if (array->capacity > FIRST_CAPACITY && array->length <= array->capacity / 4) {
        set_capacity(array, array->capacity / 2);
    }
    return value;
}

obj_t *array_at(array_t *array, int32_t index)
{
    if (index < 0 || (uint32_t)index >= array->length) {
        raise("index out of range", make_int(index));
    }
    return &array->items[index];
}
