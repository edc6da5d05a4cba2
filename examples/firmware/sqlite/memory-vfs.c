/*
 * "memory", the default virtual file system: its files are blocks of memory (https://sqlite.org/vfs.html).
 *
 * A file grows by realloc in steps of GROWTH_BYTES, so a growing database gives the allocator large blocks to
 * extend or to move. One connection uses a file at a time: locks have nothing to do.
 */
#include <sqlite3.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FILES 6
#define MAX_NAME 32
#define GROWTH_BYTES 4096
#define UNIX_EPOCH_JULIAN_MS INT64_C(210866760000000)

struct stored_file {
    char name[MAX_NAME];
    uint8_t *bytes;
    size_t size;
    size_t capacity;
    int in_use;
};

struct open_file {
    sqlite3_file base;
    struct stored_file *stored;
    int delete_on_close;
};

static struct stored_file files[MAX_FILES];

static struct stored_file *find(const char *name)
{
    for (int i = 0; i < MAX_FILES; i++) {
        if (files[i].in_use && strcmp(files[i].name, name) == 0) {
            return &files[i];
        }
    }
    return NULL;
}

static struct stored_file *create(const char *name)
{
    if (strlen(name) >= MAX_NAME) {
        return NULL;
    }
    for (int i = 0; i < MAX_FILES; i++) {
        if (!files[i].in_use) {
            files[i] = (struct stored_file){.in_use = 1};
            strcpy(files[i].name, name);
            return &files[i];
        }
    }
    return NULL;
}

static void discard(struct stored_file *stored)
{
    free(stored->bytes);
    *stored = (struct stored_file){0};
}

static int reserve(struct stored_file *stored, size_t size)
{
    if (size <= stored->capacity) {
        return SQLITE_OK;
    }
    size_t capacity = (size + GROWTH_BYTES - 1) / GROWTH_BYTES * GROWTH_BYTES;
    uint8_t *bytes = realloc(stored->bytes, capacity);
    if (bytes == NULL) {
        return SQLITE_FULL;
    }
    stored->bytes = bytes;
    stored->capacity = capacity;
    return SQLITE_OK;
}

static struct stored_file *stored_in(sqlite3_file *file)
{
    return ((struct open_file *)file)->stored;
}

static int file_close(sqlite3_file *file)
{
    struct open_file *open = (struct open_file *)file;
    if (open->delete_on_close) {
        discard(open->stored);
    }
    return SQLITE_OK;
}

static int file_read(sqlite3_file *file, void *buffer, int amount, sqlite3_int64 offset)
{
    const struct stored_file *stored = stored_in(file);
    size_t wanted = (size_t)amount;
    size_t available = (size_t)offset < stored->size ? stored->size - (size_t)offset : 0;
    size_t copied = wanted < available ? wanted : available;
    if (copied > 0) {
        memcpy(buffer, stored->bytes + offset, copied);
    }
    memset((uint8_t *)buffer + copied, 0, wanted - copied);
    return copied == wanted ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int file_write(sqlite3_file *file, const void *buffer, int amount, sqlite3_int64 offset)
{
    struct stored_file *stored = stored_in(file);
    size_t end = (size_t)offset + (size_t)amount;
    if (reserve(stored, end) != SQLITE_OK) {
        return SQLITE_FULL;
    }
    if ((size_t)offset > stored->size) {
        memset(stored->bytes + stored->size, 0, (size_t)offset - stored->size);
    }
    memcpy(stored->bytes + offset, buffer, (size_t)amount);
    if (end > stored->size) {
        stored->size = end;
    }
    return SQLITE_OK;
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    struct stored_file *stored = stored_in(file);
    if ((size_t)size < stored->size) {
        stored->size = (size_t)size;
    }
    return SQLITE_OK;
}

static int file_sync(sqlite3_file *file, int flags)
{
    (void)file, (void)flags;
    return SQLITE_OK;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size)
{
    *size = (sqlite3_int64)stored_in(file)->size;
    return SQLITE_OK;
}

static int file_lock(sqlite3_file *file, int level)
{
    (void)file, (void)level;
    return SQLITE_OK;
}

static int file_check_reserved_lock(sqlite3_file *file, int *reserved)
{
    (void)file;
    *reserved = 0;
    return SQLITE_OK;
}

static int file_control(sqlite3_file *file, int operation, void *argument)
{
    (void)file, (void)operation, (void)argument;
    return SQLITE_NOTFOUND;
}

static int file_device_characteristics(sqlite3_file *file)
{
    (void)file;
    return SQLITE_IOCAP_ATOMIC | SQLITE_IOCAP_POWERSAFE_OVERWRITE | SQLITE_IOCAP_SAFE_APPEND | SQLITE_IOCAP_SEQUENTIAL;
}

static const sqlite3_io_methods file_methods = {
    .iVersion = 1,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_lock,
    .xCheckReservedLock = file_check_reserved_lock,
    .xFileControl = file_control,
    .xDeviceCharacteristics = file_device_characteristics,
};

/* name is NULL for a temporary file: it gets a name that nobody else can have. */
static int vfs_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags, int *out_flags)
{
    static unsigned temporary_files;
    struct open_file *open = (struct open_file *)file;
    char temporary_name[MAX_NAME];
    (void)vfs;
    *open = (struct open_file){0};
    if (name == NULL) {
        sqlite3_snprintf(sizeof temporary_name, temporary_name, "/temporary-%u", temporary_files++);
        name = temporary_name;
    }
    open->stored = find(name);
    if (open->stored == NULL && (flags & SQLITE_OPEN_CREATE)) {
        open->stored = create(name);
    }
    if (open->stored == NULL) {
        return SQLITE_CANTOPEN;
    }
    open->delete_on_close = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
    open->base.pMethods = &file_methods;
    if (out_flags != NULL) {
        *out_flags = flags;
    }
    return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync_directory)
{
    struct stored_file *stored = find(name);
    (void)vfs, (void)sync_directory;
    if (stored == NULL) {
        return SQLITE_IOERR_DELETE_NOENT;
    }
    discard(stored);
    return SQLITE_OK;
}

static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *result)
{
    (void)vfs, (void)flags;
    *result = find(name) != NULL;
    return SQLITE_OK;
}

static int vfs_full_pathname(sqlite3_vfs *vfs, const char *name, int size, char *out)
{
    (void)vfs;
    sqlite3_snprintf(size, out, "%s%s", name[0] == '/' ? "" : "/", name);
    return SQLITE_OK;
}

/* The same bytes at every boot: a run must repeat itself exactly. */
static int vfs_randomness(sqlite3_vfs *vfs, int size, char *out)
{
    static uint32_t state = 1;
    (void)vfs;
    for (int i = 0; i < size; i++) {
        state = state * 1664525u + 1013904223u;
        out[i] = (char)(state >> 24);
    }
    return size;
}

static int vfs_sleep(sqlite3_vfs *vfs, int microseconds)
{
    (void)vfs;
    return microseconds;
}

/* No clock on the board: time stands at 2026-01-01 00:00 UTC. */
static int vfs_current_time_ms(sqlite3_vfs *vfs, sqlite3_int64 *julian_ms)
{
    (void)vfs;
    *julian_ms = UNIX_EPOCH_JULIAN_MS + INT64_C(1767225600000);
    return SQLITE_OK;
}

static int vfs_current_time(sqlite3_vfs *vfs, double *julian_days)
{
    sqlite3_int64 julian_ms = 0;
    vfs_current_time_ms(vfs, &julian_ms);
    *julian_days = (double)julian_ms / 86400000.0;
    return SQLITE_OK;
}

/* SQLITE_OS_OTHER: SQLite calls these two instead of bringing a VFS of its own. */
int sqlite3_os_init(void)
{
    static sqlite3_vfs vfs = {
        .iVersion = 2,
        .szOsFile = sizeof(struct open_file),
        .mxPathname = MAX_NAME,
        .zName = "memory",
        .xOpen = vfs_open,
        .xDelete = vfs_delete,
        .xAccess = vfs_access,
        .xFullPathname = vfs_full_pathname,
        .xRandomness = vfs_randomness,
        .xSleep = vfs_sleep,
        .xCurrentTime = vfs_current_time,
        .xCurrentTimeInt64 = vfs_current_time_ms,
    };
    return sqlite3_vfs_register(&vfs, 1);
}

int sqlite3_os_end(void)
{
    return SQLITE_OK;
}
