/* SQLite on a Cortex-M3: a workload, then a prompt. */
#include "firmware.h"

#include <stdio.h>

#ifdef __riscv
#define MACHINE_NAME "virt-rv32"
#else
#define MACHINE_NAME "mps2-an385"
#endif

/* Absolute symbols of the link (WORKLOAD=, LEAKS=): the address is the number. */
extern char workload_rounds[], workload_leaks[];

int main(void)
{
    sqlite3 *db = NULL;
    printf("SQLite %s on " MACHINE_NAME "\r\n", sqlite3_libversion());
    int result = sqlite3_open("/weather.db", &db);
    if (result != SQLITE_OK) {
        printf("open: %s\r\n", sqlite3_errstr(result));
    } else {
        lose_headlines(db, (unsigned)workload_leaks - 1);
        run_workload(db, (unsigned)workload_rounds);
    }
    sqlite_repl(db);
}
