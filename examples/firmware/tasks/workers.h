#ifndef WORKERS_H
#define WORKERS_H

#ifdef __cplusplus
extern "C" {
#endif

/* An absolute symbol of the link (ROUNDS=): its address is the number. */
extern char task_rounds[];
/* One more than the blocks to lose. */
extern char task_leaks[];

void logger_task(void);  /* C: task 1 */
void sampler_task(void); /* C++: task 2 */

#ifdef __cplusplus
}
#endif

#endif
