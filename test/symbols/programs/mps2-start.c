/* What a C or C++ program needs to run on qemu's mps2-an385: vectors, copied data, constructors, a heap. */
#include <stddef.h>
#include <string.h>

extern char stack_top[], ram_load[], ram_begin[], ram_end[], bss_begin[], bss_end[], heap_begin[], heap_end[];
extern void (*init_begin[])(void), (*init_end[])(void);
int main(void);
void *__dso_handle;

__attribute__((noinline, used)) void finished(void) {
  for (;;) __asm volatile("wfi");
}

void Reset_Handler(void) {
  memcpy(ram_begin, ram_load, (size_t)(ram_end - ram_begin));
  memset(bss_begin, 0, (size_t)(bss_end - bss_begin));
  for (void (**made)(void) = init_begin; made < init_end; made++) (*made)();
  main();
  finished();
}

static void Default_Handler(void) {
  for (;;) {}
}
__attribute__((weak, alias("Default_Handler"))) void SVC_Handler(void);
__attribute__((weak, alias("Default_Handler"))) void PendSV_Handler(void);
__attribute__((weak, alias("Default_Handler"))) void SysTick_Handler(void);

__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {
    stack_top, (void *)Reset_Handler, (void *)Default_Handler, (void *)Default_Handler, 0, 0, 0, 0, 0, 0, 0, (void *)SVC_Handler,
    0, 0, (void *)PendSV_Handler, (void *)SysTick_Handler,
};

static char *heap_break = heap_begin;
void *_sbrk(ptrdiff_t more) {
  char *before = heap_break;
  if (more > heap_end - heap_break) return (void *)-1;
  heap_break += more;
  return before;
}
int _write(int file, const char *bytes, int count) { return (void)file, (void)bytes, count; }
int _read(int file, char *bytes, int count) { return (void)file, (void)bytes, (void)count, 0; }
int _close(int file) { return (void)file, -1; }
int _lseek(int file, int offset, int whence) { return (void)file, (void)offset, (void)whence, 0; }
int _fstat(int file, void *status) { return (void)file, ((int *)status)[1] = 0020000, 0; }
int _isatty(int file) { return (void)file, 1; }
int _kill(int process, int signal) { return (void)process, (void)signal, -1; }
int _getpid(void) { return 1; }
void _exit(int status) {
  (void)status;
  finished();
  for (;;) {}
}
