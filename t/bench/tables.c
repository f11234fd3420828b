/* SPDX-License-Identifier: Apache-2.0 */
/* Loads a table and looks keys up in it, so that t/bench/run can measure it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "tables/table.h"

#define KEYS 1000 /* the number of keys looked up, evenly spread over the file */
#define KEY_LEN 64
#define LINE_SIZE 1024

static const cc_backend_t *const backends[] = {&cc_backend_file, NULL};

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    exit(1);
}

static cc_table_t *table_open(const char *path, apr_pool_t *p)
{
    cc_tables_t *tables = cc_tables_create(backends, p);
    const char *text = apr_pstrcat(p, "bench file:", path, " octets", NULL);
    cc_table_t *table = NULL;
    cc_error_t err = {0};

    if (cc_tables_add(tables, NULL, text, "bench:1", &err) != APR_SUCCESS) {
        fail(text, cc_error_text(&err, p));
    }
    table = cc_tables_find(tables, NULL, "bench");
    cc_table_use(table, 2);
    if (cc_tables_open(tables, "/", p, &err) != APR_SUCCESS) {
        fail(path, cc_error_text(&err, p));
    }
    return table;
}

static long resident_octets(void)
{
    FILE *in = fopen("/proc/self/statm", "r");
    long pages = 0;

    if (!in || fscanf(in, "%*d %ld", &pages) != 1) {
        fail("/proc/self/statm", "cannot be read");
    }
    fclose(in);
    return pages * sysconf(_SC_PAGESIZE);
}

/* Prints the growth of the process by the first load, and the processor seconds of each load. */
static void loads(const char *path, int times)
{
    const long before = resident_octets();

    for (int i = 0; i < times; i++) {
        apr_pool_t *p = NULL;
        clock_t start = 0;
        clock_t end = 0;

        apr_pool_create(&p, NULL);
        start = clock();
        table_open(path, p);
        end = clock();
        if (i == 0) {
            printf("%ld", resident_octets() - before);
        }
        printf(" %.6f", (double)(end - start) / CLOCKS_PER_SEC);
        apr_pool_destroy(p);
    }
    printf("\n");
}

static int rows_of(FILE *in)
{
    char line[LINE_SIZE];
    int count = 0;

    while (fgets(line, sizeof(line), in)) {
        count++;
    }
    rewind(in);
    return count;
}

static void keys_read(char keys[KEYS][KEY_LEN], const char *path)
{
    FILE *in = fopen(path, "r");
    char line[LINE_SIZE];
    int step = in ? rows_of(in) / KEYS : 0;
    int count = 0;

    for (int number = 0; step > 0 && count < KEYS && fgets(line, sizeof(line), in); number++) {
        if (number % step == 0) {
            memcpy(keys[count++], line, KEY_LEN);
        }
    }
    if (count < KEYS) {
        fail(path, "cannot be read, or has too few rows");
    }
    fclose(in);
}

/* Prints the row that is found last. */
static void lookups(const char *path, int times, apr_pool_t *p)
{
    static char keys[KEYS][KEY_LEN];
    cc_table_t *table = table_open(path, p);
    cc_query_t query = {.form = CC_KEY_HEX};
    apr_pool_t *each = NULL;

    keys_read(keys, path);
    apr_pool_create(&each, p);
    for (int i = 0; i < times; i++) {
        apr_pool_clear(each);
        query.key = keys[i % KEYS];
        query.len = KEY_LEN;
        if (cc_table_lookup(table, &query, 0, each) != CC_TABLE_FOUND) {
            fail(path, "a key is not found");
        }
    }
    printf("%s %s\n", query.row.columns[0].values[0], query.row.columns[1].values[0]);
}

int main(int argc, char **argv)
{
    apr_pool_t *p = NULL;
    int times = argc == 4 ? atoi(argv[3]) : 0;

    if (times < 1 || apr_initialize() != APR_SUCCESS) {
        fprintf(stderr, "usage: tables load|ask FILE TIMES\n");
        return 2;
    }
    apr_pool_create(&p, NULL);
    if (strcmp(argv[1], "load") == 0) {
        loads(argv[2], times);
    } else {
        lookups(argv[2], times, p);
    }
    apr_terminate();
    return 0;
}
