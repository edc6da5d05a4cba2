/* Two tasks and a timer interrupt share one heap. */
#include "allocator.h"
#include "scheduler.h"
#include "timer.h"
#include "uart.h"
#include "workers.h"

int main(void)
{
    uart_puts("tasks on mps2-an385, allocator " ALLOCATOR_NAME "\r\n");
#ifdef ALLOC_TLSF
    port_heap_init();
#endif
    timer_init();
    task_create(logger_task);
    task_create(sampler_task);
    scheduler_start();
}
