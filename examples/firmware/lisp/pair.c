#include "error.h"
#include "malloc.h"
#include "object.h"

obj_t cons(obj_t first_value, obj_t rest_value)
{
    pair_t *pair = m_malloc(sizeof(pair_t));
    pair->type = TYPE_PAIR;
    pair->first = first_value;
    pair->rest = rest_value;
    return (obj_t)pair;
}

pair_t *as_pair(obj_t value)
{
    if (!is_type(value, TYPE_PAIR)) {
        raise("not a list", value);
    }
    return (pair_t *)value;
}

obj_t first(obj_t list)
{
    return as_pair(list)->first;
}

obj_t rest(obj_t list)
{
    return as_pair(list)->rest;
}

size_t list_length(obj_t list)
{
    size_t length = 0;
    for (; list != NIL; list = rest(list)) {
        length++;
    }
    return length;
}
