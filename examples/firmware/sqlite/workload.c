/* A weather logger's day in SQL: every round logs readings, reports them, prunes the log and compacts it. */
#include "firmware.h"

#include <stdio.h>

#define SENSORS 4
#define READINGS_PER_ROUND 24

static int print_row(void *unused, int columns, char **values, char **names)
{
    (void)unused, (void)names;
    for (int i = 0; i < columns; i++) {
        printf("%s%s", i > 0 ? "|" : "", values[i] != NULL ? values[i] : "NULL");
    }
    printf("\r\n");
    return 0;
}

int run_sql(sqlite3 *db, const char *sql)
{
    char *message = NULL;
    int result = sqlite3_exec(db, sql, print_row, NULL, &message);
    if (result != SQLITE_OK) {
        printf("error: %s\r\n", message != NULL ? message : sqlite3_errstr(result));
    }
    sqlite3_free(message);
    return result;
}

static void create_tables(sqlite3 *db)
{
    run_sql(db, "CREATE TABLE sensor(id INTEGER PRIMARY KEY, name TEXT NOT NULL, place TEXT)");
    run_sql(db, "CREATE TABLE reading(id INTEGER PRIMARY KEY, sensor INTEGER REFERENCES sensor, minute INTEGER,"
                " celsius REAL, note TEXT)");
    run_sql(db, "CREATE INDEX reading_by_sensor ON reading(sensor, minute)");
    run_sql(db, "INSERT INTO sensor(name, place) VALUES('north', 'wall'), ('south', 'wall'), ('roof', 'mast'),"
                " ('cellar', NULL)");
}

/* One INSERT, prepared once and bound for each reading. */
static void log_readings(sqlite3 *db, unsigned round)
{
    sqlite3_stmt *insert = NULL;
    if (sqlite3_prepare_v2(db, "INSERT INTO reading(sensor, minute, celsius, note) VALUES(?, ?, ?, ?)", -1, &insert,
                           NULL) != SQLITE_OK) {
        printf("prepare: %s\r\n", sqlite3_errmsg(db));
        return;
    }
    run_sql(db, "BEGIN");
    for (unsigned i = 0; i < READINGS_PER_ROUND; i++) {
        unsigned minute = round * READINGS_PER_ROUND + i;
        sqlite3_bind_int(insert, 1, (int)(1 + i % SENSORS));
        sqlite3_bind_int(insert, 2, (int)minute);
        sqlite3_bind_double(insert, 3, 12.5 + (double)(minute * 7 % 40) / 4.0);
        sqlite3_bind_text(insert, 4, i % 6 == 0 ? "calibrated against the reference thermometer" : NULL, -1,
                          SQLITE_STATIC);
        if (sqlite3_step(insert) != SQLITE_DONE) {
            printf("insert: %s\r\n", sqlite3_errmsg(db));
        }
        sqlite3_reset(insert);
    }
    run_sql(db, "COMMIT");
    sqlite3_finalize(insert);
}

static void report(sqlite3 *db)
{
    run_sql(db, "SELECT s.name, count(*), round(avg(r.celsius), 2), max(r.celsius) FROM reading r JOIN sensor s"
                " ON s.id = r.sensor GROUP BY s.id ORDER BY s.name");
    run_sql(db, "SELECT minute, celsius FROM reading WHERE sensor = 2 AND minute >= 3 ORDER BY minute LIMIT 3");
}

/* The headline of each round replaces the one before, which nobody frees: the leak that a capture shows. */
static void publish_headline(sqlite3 *db, unsigned round)
{
    static char *headline;
    headline = sqlite3_mprintf("round %u: %d changes so far", round, sqlite3_total_changes(db));
    if (headline != NULL) {
        printf("%s\r\n", headline);
    }
}

static void prune(sqlite3 *db)
{
    run_sql(db, "UPDATE reading SET note = 'read ' || upper(note) WHERE note IS NOT NULL");
    run_sql(db, "DELETE FROM reading WHERE celsius > 20 OR minute % 5 = 0");
}

void run_workload(sqlite3 *db, unsigned rounds)
{
    create_tables(db);
    for (unsigned round = 0; round < rounds; round++) {
        log_readings(db, round);
        report(db);
        prune(db);
        publish_headline(db, round);
    }
    run_sql(db, "VACUUM");
    run_sql(db, "PRAGMA integrity_check");
}

/* The last one is lost when the workload publishes its own. */
void lose_headlines(sqlite3 *db, unsigned count)
{
    for (unsigned round = 0; round < count; round++) {
        publish_headline(db, round);
    }
}
