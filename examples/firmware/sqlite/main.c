/* SQLite on a Cortex-M3: a workload, then a prompt. */
#include "firmware.h"

#include <stdio.h>

/* An absolute symbol of the link (WORKLOAD=): its address is the number. */
extern char workload_rounds[];

int main(void)
{
    sqlite3 *db = NULL;
    printf("SQLite %s on mps2-an385\r\n", sqlite3_libversion());
    int result = sqlite3_open("/weather.db", &db);
    if (result != SQLITE_OK) {
        printf("open: %s\r\n", sqlite3_errstr(result));
    } else {
        run_workload(db, (unsigned)workload_rounds);
    }
    sqlite_repl(db);
}
