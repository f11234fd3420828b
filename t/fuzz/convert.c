/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes the conversions: whatever the input is, each line of the output is a comment, a row that
 * the table has, or a rule or condition that the parser accepts.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "convert/convert.h"
#include "tables/table.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const cc_backend_t *const backends[] = {&cc_backend_file, NULL};
static char path[] = "/tmp/fuzz_convert.XXXXXX";

static void must(int done)
{
    if (!done)
        abort();
}

static void path_remove(void)
{
    unlink(path);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    must(apr_initialize() == APR_SUCCESS && close(mkstemp(path)) == 0);
    must(atexit(apr_terminate) == 0 && atexit(path_remove) == 0);
    return 0;
}

/* Rows of the output are a table without a bad line, with a column if rules use one. */
static void rows_check(const char *text, bool column, bool octets, apr_pool_t *p)
{
    cc_tables_t *tables = cc_tables_create(backends, p);
    const char *table = apr_psprintf(p, "t file:%s%s", path, octets ? " octets" : "");
    FILE *file = fopen(path, "w");
    cc_error_t err = {0};

    must(file && fputs(text, file) >= 0 && fclose(file) == 0);
    must(cc_tables_add(tables, NULL, table, "x:1", NULL) == APR_SUCCESS);
    cc_table_use(cc_tables_find(tables, NULL, "t"), column ? 1 : 0);
    must(cc_tables_open(tables, "/", p, &err) == APR_SUCCESS);
}

static void rule_check(const char *line, apr_pool_t *p)
{
    cc_rules_t *rules = cc_rules_create(NULL, NULL, p);
    const char *at = NULL;

    line += strspn(line, " ");
    if (strncmp(line, "ClientCertMap ", 14) == 0) {
        must(cc_rules_add(rules, line + 14, "x:1", NULL) == APR_SUCCESS);
    } else if (*line == 'R') {
        at = strstr(line, "clientcert");
        must(at && cc_rules_add_conditions(rules, at + 10, "x:1", NULL) == APR_SUCCESS);
    } else {
        must(*line == '#' || strncmp(line, "<Require", 8) == 0 || strncmp(line, "</Req", 5) == 0);
    }
}

/* Each line fits on one line of a terminal and a configuration. */
static void output_check(const cc_convert_t *convert, const cc_convert_kind_t *kind, apr_pool_t *p)
{
    const char *rows = "";
    const cc_field_t *field = NULL;

    for (int i = 0; i < convert->output->nelts; i++) {
        const char *line = APR_ARRAY_IDX(convert->output, i, const char *);

        must(*line && !cc_text_unusable(line, strlen(line)) && line[strlen(line) - 1] != '\\');
        if (*line == '"')
            rows = apr_pstrcat(p, rows, line, "\n", NULL);
        else
            rule_check(line, p);
    }
    for (int i = 0; convert->field && (field = cc_field_at(i)); i++) {
        if (strcmp(field->name, convert->field) == 0)
            break;
    }
    rows_check(rows, strcmp(kind->name, "fakebasicauth") != 0,
               field && field->type == CC_TYPE_OCTETS, p);
    must(convert->converted + convert->left->nelts + convert->output->nelts > 0);
}

/* The first octet selects the kind and the field; the rest is the input. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const fields[] = {"subject.CN", "subject", "sha1", "days_left"};
    int kinds = 0, first = size > 0 ? data[0] : 0;
    const cc_convert_kind_t *kind = NULL;
    cc_convert_t *convert = NULL;
    cc_error_t err = {0};
    apr_pool_t *p;

    must(apr_pool_create(&p, NULL) == APR_SUCCESS);
    while (cc_convert_kind_at(kinds))
        kinds++;
    kind = cc_convert_kind_at(first % kinds);
    must(cc_convert_create(&convert, kind->with_field ? fields[first / kinds % 4] : NULL,
                           kind->with_issuer && first & 1 ? "CN=Staff CA,O=Example" : NULL, p,
                           &err) == APR_SUCCESS);
    if (cc_convert_text(convert, kind,
                        apr_pstrmemdup(p, (const char *)data + (size > 0), size - (size > 0))) ==
        APR_SUCCESS)
        output_check(convert, kind, p);
    else
        must(convert->err.message && strncmp(convert->err.tag, "CC0", 3) == 0);
    apr_pool_destroy(p);
    return 0;
}
