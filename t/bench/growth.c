/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the rules of a file as a configuration does, once, so that t/bench/run can count it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "rules/reachable.h"
#include "rules/rules.h"

#define LINE_SIZE 1024

static void fail(const char *what, const cc_error_t *err, apr_pool_t *p)
{
    fprintf(stderr, "%s: %s\n", what, err ? cc_error_text(err, p) : "cannot be read");
    exit(1);
}

/* Passes on each line, without its end, and its number. */
static int lines_read(const char *path, void (*take)(const char *line, int number, void *baton),
                      void *baton)
{
    char line[LINE_SIZE];
    int count = 0;
    FILE *in = fopen(path, "r");

    if (!in) {
        fail(path, NULL, NULL);
    }
    while (fgets(line, sizeof(line), in)) {
        line[strcspn(line, "\n")] = '\0';
        take(line, count++, baton);
    }
    fclose(in);
    return count;
}

/* The objects that the lines fill. */
typedef struct configuration_t {
    apr_pool_t *pool;
    cc_tables_t *tables;
    cc_rules_t *rules;
} configuration_t;

/* "table NAME TYPE:SOURCE", or a rule as written after ClientCertMap. */
static void line_take(const char *line, int number, void *baton)
{
    configuration_t *c = baton;
    const char *where = apr_psprintf(c->pool, "site.conf:%d", number + 1);
    cc_error_t err = {0};
    apr_status_t rv = strncmp(line, "table ", 6) == 0
                          ? cc_tables_add(c->tables, NULL, line + 6, where, &err)
                          : cc_rules_add(c->rules, line, where, &err);

    if (rv != APR_SUCCESS) {
        fail(line, &err, c->pool);
    }
}

/* Asks what `Require clientcert-group g...` in as many sections would ask. */
static int names_given(const cc_rules_t *rules, apr_pool_t *p)
{
    cc_reachable_t *given = cc_reachable_create(p);
    int count = 0;

    cc_reachable_add(given, rules);
    for (int i = 0; i < cc_rules_count(rules); i++) {
        count += cc_reachable_group(given, apr_psprintf(p, "g%08d", i));
    }
    return count;
}

int main(int argc, char **argv)
{
    static const cc_backend_t *const backends[] = {&cc_backend_file, NULL};
    configuration_t c = {NULL, NULL, NULL};
    apr_array_header_t *notes;

    if (argc != 2 || apr_initialize() != APR_SUCCESS) {
        fprintf(stderr, "usage: growth FILE\n");
        return 2;
    }
    apr_pool_create(&c.pool, NULL);
    c.tables = cc_tables_create(backends, c.pool);
    c.rules = cc_rules_create(c.tables, NULL, c.pool);
    lines_read(argv[1], line_take, &c);
    notes = cc_rules_lint(c.rules, CC_ISSUERS_SEVERAL, c.pool);
    printf("rules=%d findings=%d given=%d\n", cc_rules_count(c.rules), notes->nelts,
           names_given(c.rules, c.pool));
    return 0; /* the end of the process frees everything */
}
