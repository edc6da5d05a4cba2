#ifndef TIMER_H
#define TIMER_H

void timer_init(void);

/* Arms the timer and spins until its handler has run: an interrupt at this very point of the program. */
void run_until_timer_interrupt(void);

#endif
