#ifndef FIRMWARE_H
#define FIRMWARE_H

#include <sqlite3.h>

/* Runs SQL and prints its rows, or its error, on the UART. Returns SQLite's result code. */
int run_sql(sqlite3 *db, const char *sql);

/* Fills, queries, changes and compacts the database. A statement that fails is printed, and the next one runs. */
void run_workload(sqlite3 *db, unsigned rounds);

/* Publishes so many headlines more, each of which replaces the one before, that nobody frees. */
void lose_headlines(sqlite3 *db, unsigned count);

/* Prompts for SQL and runs it, for ever. A capture can end at its entry. */
void sqlite_repl(sqlite3 *db);

#endif
