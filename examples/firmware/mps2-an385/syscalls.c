/* What the C library asks of the board: memory for its heap, and a place to print. */
#include "uart.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

extern char __heap_start[], __heap_end[];

static char *program_break = __heap_start;

/* A firmware may hear of a heap that ends (examples/firmware/tasks leaves malloc by longjmp here). */
void heap_exhausted(void);
__attribute__((weak)) void heap_exhausted(void)
{
}

/* Moves the end of the heap; newlib calls it through _sbrk_r, picolibc directly. */
static void *move_program_break(ptrdiff_t increment)
{
    if (increment > __heap_end - program_break) {
        heap_exhausted();
        errno = ENOMEM;
        return (void *)-1;
    }
    if (increment < __heap_start - program_break) {
        errno = EINVAL;
        return (void *)-1;
    }
    char *previous = program_break;
    program_break += increment;
    return previous;
}

#ifdef __PICOLIBC__

void *sbrk(ptrdiff_t increment)
{
    return move_program_break(increment);
}

static int put_to_uart(char c, FILE *stream)
{
    (void)stream;
    uart_putc(c);
    return (unsigned char)c;
}

static FILE uart_stream = FDEV_SETUP_STREAM(put_to_uart, NULL, NULL, _FDEV_SETUP_WRITE);
FILE *const stdout = &uart_stream;

#else

void *_sbrk(ptrdiff_t increment);
int _write(int file, const char *bytes, int length);
int _read(int file, char *bytes, int length);
int _close(int file);
int _lseek(int file, int offset, int whence);
int _fstat(int file, struct stat *status);
int _isatty(int file);
int _kill(int process, int signal);
int _getpid(void);
void _exit(int status);

void *_sbrk(ptrdiff_t increment)
{
    return move_program_break(increment);
}

int _write(int file, const char *bytes, int length)
{
    (void)file;
    for (int i = 0; i < length; i++) {
        uart_putc(bytes[i]);
    }
    return length;
}

int _read(int file, char *bytes, int length)
{
    (void)file, (void)bytes, (void)length;
    return 0;
}

int _close(int file)
{
    (void)file;
    return -1;
}

int _lseek(int file, int offset, int whence)
{
    (void)file, (void)offset, (void)whence;
    return 0;
}

int _fstat(int file, struct stat *status)
{
    (void)file;
    status->st_mode = S_IFCHR;
    return 0;
}

/* A terminal: stdio then flushes at each end of line. */
int _isatty(int file)
{
    (void)file;
    return 1;
}

int _kill(int process, int signal)
{
    (void)process, (void)signal;
    errno = EINVAL;
    return -1;
}

int _getpid(void)
{
    return 1;
}

void _exit(int status)
{
    (void)status;
    uart_puts("\r\nexit\r\n");
    for (;;) {
        __asm volatile("wfi");
    }
}

#endif
