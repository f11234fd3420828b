/* SPDX-License-Identifier: Apache-2.0 */
/* Tests that lint has no finding about any rule that the project itself shows. */
#include <stdlib.h>
#include <string.h>

#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_lib.h>
#include <apr_strings.h>

#include "faketable.h"
#include "ruleset.h"
#include "suite.h"

static apr_pool_t *pool;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
}

/* A path below the top directory. */
static const char *source(const char *path)
{
    const char *top = getenv("CC_TOP");

    ck_assert_ptr_nonnull(top);
    return apr_pstrcat(pool, top, "/", path, NULL);
}

/* The arguments of a directive, also in a comment line; or NULL. */
static const char *directive(const char *line, const char *name)
{
    line += strspn(line, "# \t");
    return strncmp(line, name, strlen(name)) == 0 && apr_isspace(line[strlen(name)])
               ? line + strlen(name)
               : NULL;
}

static apr_array_header_t *lines_of(const char *path)
{
    apr_array_header_t *lines = apr_array_make(pool, 64, sizeof(const char *));
    char line[2048];
    apr_file_t *file;

    ck_assert_msg(apr_file_open(&file, path, APR_READ | APR_BUFFERED, 0, pool) == APR_SUCCESS,
                  "%s cannot be read", path);
    while (apr_file_gets(line, sizeof(line), file) == APR_SUCCESS)
        APR_ARRAY_PUSH(lines, const char *) = apr_pstrdup(pool, line);
    apr_file_close(file);
    return lines;
}

/* The tables that the file configures, known only by name. */
static cc_tables_t *tables_of(const apr_array_header_t *lines)
{
    const char *made = "", *text;

    for (int i = 0; i < lines->nelts; i++) {
        char *state, *name;

        text = directive(APR_ARRAY_IDX(lines, i, const char *), "ClientCertTable");
        name = text ? apr_strtok(apr_pstrdup(pool, text), " \t\n", &state) : NULL;
        if (name && !strstr(made, apr_pstrcat(pool, "\n", name, " ", NULL)))
            made = apr_pstrcat(pool, made, "\n", name, " fake:x", NULL);
    }
    return faketable_make(made, pool);
}

/*
 * A configuration with a CA for each SPIFFE trust domain says so itself. Where names are confined,
 * a rule need not determine the CA.
 */
static cc_issuers_t issuers_of(const apr_array_header_t *lines, cc_issuers_t issuers)
{
    for (int i = 0; i < lines->nelts; i++) {
        const char *text = directive(APR_ARRAY_IDX(lines, i, const char *), "ClientCertCA");

        if (issuers == CC_ISSUERS_SEVERAL && text && strstr(text, " domain=")) {
            return CC_ISSUERS_BY_DOMAIN;
        }
        if (directive(APR_ARRAY_IDX(lines, i, const char *), "ClientCertNamespace")) {
            return CC_ISSUERS_ONE;
        }
    }
    return issuers;
}

/* Checks each rule alone, because a page has many unrelated rules; returns their number. */
static int rules_check(const char *path, cc_issuers_t issuers)
{
    const apr_array_header_t *lines = lines_of(path);
    cc_tables_t *tables = tables_of(lines);
    int count = 0;

    for (int i = 0; i < lines->nelts; i++) {
        const char *text = directive(APR_ARRAY_IDX(lines, i, const char *), "ClientCertMap");
        cc_rules_t *rules = cc_rules_create(tables, NULL, pool);
        const apr_array_header_t *notes;

        if (!text || cc_rules_add(rules, text, path, NULL) != APR_SUCCESS)
            continue;
        count++;
        notes = cc_rules_lint(rules, issuers_of(lines, issuers), pool);
        ck_assert_msg(notes->nelts == 0, "%s:%d: %s: %s", path, i + 1, text,
                      notes->nelts ? APR_ARRAY_IDX(notes, 0, cc_note_t).text : "");
    }
    return count;
}

static int folder_check(const char *folder, const char *suffix, cc_issuers_t issuers)
{
    const char *path = source(folder);
    apr_finfo_t info;
    apr_dir_t *dir;
    int count = 0;

    ck_assert_int_eq(apr_dir_open(&dir, path, pool), APR_SUCCESS);
    while (apr_dir_read(&info, APR_FINFO_NAME, dir) == APR_SUCCESS) {
        const char *end = strrchr(info.name, '.');
        if (end && strcmp(end, suffix) == 0)
            count += rules_check(apr_pstrcat(pool, path, "/", info.name, NULL), issuers);
    }
    apr_dir_close(dir);
    return count;
}

TEST(configurations_that_are_shown_have_nothing_to_tell)
{
    ck_assert_int_ge(folder_check("conf/examples", ".conf", CC_ISSUERS_SEVERAL), 13);
    ck_assert_int_ge(rules_check(source("demo/site.conf"), CC_ISSUERS_SEVERAL), 3);
    ck_assert_int_ge(rules_check(source("conf/clientcert.conf"), CC_ISSUERS_SEVERAL), 2);
    ck_assert_int_ge(rules_check(source("README.md"), CC_ISSUERS_SEVERAL), 1);
}

/* A page may state a condition for a rule, such as that there is only one CA. */
TEST(rules_of_the_documentation_have_nothing_to_tell)
{
    ck_assert_int_ge(folder_check("doc", ".md", CC_ISSUERS_ONE), 15);
}

SUITE("examples", .setup = setup, .teardown = teardown);
