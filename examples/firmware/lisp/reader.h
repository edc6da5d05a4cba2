// Text to values.
#ifndef READER_H
#define READER_H

#include "object.h"

// Where to read on, in text that ends with a 0.
typedef struct {
    const char *at;
} reader_t;

// Reads one expression into *value; returns false when only white space and comments are left.
bool read_next(reader_t *reader, obj_t *value);

// How many parentheses (a string counts as one) are still open at the end of `text`.
int open_parentheses(const char *text);

#endif
