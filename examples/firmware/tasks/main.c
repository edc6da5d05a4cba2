/* Two tasks and a timer interrupt share one heap. */
#include "allocator.h"
#include "scheduler.h"
#include "timer.h"
#include "uart.h"
#include "workers.h"

#ifdef __riscv
#define MACHINE_NAME "virt-rv32"
#elif defined(__XTENSA_WINDOWED_ABI__)
#define MACHINE_NAME "sim-de212"
#elif defined(__XTENSA__)
#define MACHINE_NAME "sim-lx106"
#else
#define MACHINE_NAME "mps2-an385"
#endif

int main(void)
{
    uart_puts("tasks on " MACHINE_NAME ", allocator " ALLOCATOR_NAME "\r\n");
#ifdef ALLOC_TLSF
    port_heap_init();
#endif
    timer_init();
    task_create(logger_task);
    task_create(sampler_task);
    scheduler_start();
}
