// The functions of the language that only look at and make values.
#ifndef FUNCTIONS_H
#define FUNCTIONS_H

#include "object.h"

int32_t as_int(obj_t value);

obj_t lisp_add(size_t count, const obj_t *args);
obj_t lisp_subtract(size_t count, const obj_t *args);
obj_t lisp_multiply(size_t count, const obj_t *args);
obj_t lisp_divide(size_t count, const obj_t *args);
obj_t lisp_modulo(size_t count, const obj_t *args);
obj_t lisp_less(size_t count, const obj_t *args);
obj_t lisp_equal(size_t count, const obj_t *args);
obj_t lisp_not(size_t count, const obj_t *args);
obj_t lisp_cons(size_t count, const obj_t *args);
obj_t lisp_first(size_t count, const obj_t *args);
obj_t lisp_rest(size_t count, const obj_t *args);
obj_t lisp_list(size_t count, const obj_t *args);
obj_t lisp_str(size_t count, const obj_t *args);
obj_t lisp_str_push(size_t count, const obj_t *args);
obj_t lisp_str_trim(size_t count, const obj_t *args);
obj_t lisp_array(size_t count, const obj_t *args);
obj_t lisp_push(size_t count, const obj_t *args);
obj_t lisp_pop(size_t count, const obj_t *args);
obj_t lisp_dict(size_t count, const obj_t *args);
obj_t lisp_get(size_t count, const obj_t *args);
obj_t lisp_put(size_t count, const obj_t *args);
obj_t lisp_keys(size_t count, const obj_t *args);
obj_t lisp_length(size_t count, const obj_t *args);

#endif
