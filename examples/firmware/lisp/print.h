// Values to text, on the UART or into a string.
#ifndef PRINT_H
#define PRINT_H

#include "object.h"

void print_text(const char *text);

// As it would be read: strings in quotes.
void print_value(obj_t value);

// Appends the value to `string`, as display_value() shows it.
void append_value(string_t *string, obj_t value);

// As it is meant for people: strings without quotes.
void display_value(obj_t value);

#endif
