#ifndef UMM_H
#define UMM_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The names that the ESP8266's Arduino core gives to the functions of its umm_malloc. NULL when no block fits. */
void umm_init(void);
void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *pointer, size_t size);
void free(void *pointer);

#ifdef __cplusplus
}
#endif

#endif
