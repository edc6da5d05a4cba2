// The few memory and string functions the firmware needs; gcc emits calls to the first three by itself.
#ifndef BYTES_H
#define BYTES_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t count);
void *memset(void *to, int value, size_t count);
int memcmp(const void *a, const void *b, size_t count);
size_t strlen(const char *text);

#endif
