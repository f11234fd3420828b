/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the option issuer=: a row counts only for certificates of the CA that it names. */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include <apr_strings.h>

#include "cert/cert.h"
#include "faketable.h"
#include "ruleset.h"
#include "suite.h"
#include "tableset.h"

static tableset_t set;

static void setup(void)
{
    tableset_begin(&set);
}

static void teardown(void)
{
    tableset_end(&set);
}

static cc_value_t name_of(const char *dn)
{
    cc_fieldref_t ref;
    cc_value_t name;

    ck_assert_int_eq(cc_field_find(&ref, "issuer", set.pool, &set.err), APR_SUCCESS);
    ck_assert_int_eq(cc_field_operand(&name, &ref, dn, set.pool, &set.err), APR_SUCCESS);
    return name;
}

/* The first column of the row of a key for this issuer (NULL: not given). */
static const char *ask(cc_table_t *table, const char *key, const char *issuer)
{
    cc_query_t query = {.key = key, .len = strlen(key)};
    cc_value_t name;

    if (issuer) {
        name = name_of(issuer);
        query.issuer = name.key;
        query.issuer_len = name.key_len;
    }
    switch (cc_table_lookup(table, &query, apr_time_now(), set.pool)) {
    case CC_TABLE_FOUND:
        return query.row.columns[0].values[0];
    case CC_TABLE_MISSING:
        return "MISSING";
    default:
        return query.info.failure;
    }
}

static void open_text(const char *options, const char *text)
{
    tableset_write(&set, "f", text);
    tableset_open(&set, apr_pstrcat(set.pool, "file:f ", options, NULL), 1);
}

TEST(a_row_counts_for_its_issuer_alone)
{
    open_text("octets issuer=2", "01 alice \"CN=Staff CA,O=Example\" x,y\n");
    ck_assert_str_eq(ask(set.table, "01", "CN=Staff CA,O=Example"), "alice");
    ck_assert_str_eq(ask(set.table, "01", "cn=STAFF  CA,o=example"), "alice");
    ck_assert_str_eq(ask(set.table, "01", "CN=Other CA,O=Example"), "MISSING");
    ck_assert_str_eq(ask(set.table, "01", "O=Example,CN=Staff CA"), "MISSING");
    ck_assert_str_eq(ask(set.table, "01", "CN=Staff CA"), "MISSING");
    ck_assert_str_eq(ask(set.table, "02", "CN=Staff CA,O=Example"), "MISSING");
    ck_assert_ptr_nonnull(strstr(ask(set.table, "01", NULL), "no issuer is given"));
}

TEST(a_key_may_have_a_row_for_each_issuer)
{
    open_text("issuer=2", "01 alice CN=a\n01 bob CN=b\n02 carol CN=a\n");
    ck_assert_str_eq(ask(set.table, "01", "CN=a"), "alice");
    ck_assert_str_eq(ask(set.table, "01", "CN=b"), "bob");
    ck_assert_str_eq(ask(set.table, "02", "CN=b"), "MISSING");
    tableset_write(&set, "f", "01 alice CN=a\n01 bob CN=b\n01 carol CN=A\n");
    ck_assert_int_ne(tableset_try(&set, "file:f issuer=2", 1), APR_SUCCESS);
    ck_assert_ptr_nonnull(strstr(tableset_error(&set), "f:3: the same key as in line 1"));
}

/* No two pairs of an issuer and a key have one form. */
TEST(a_key_is_not_read_as_a_part_of_the_issuer)
{
    open_text("issuer=2", "abc x CN=a\n");
    ck_assert_str_eq(ask(set.table, "bc", "CN=aa"), "MISSING");
    ck_assert_str_eq(ask(set.table, "abc", "CN=a"), "x");
}

TEST(the_column_is_one_name_and_not_a_list)
{
    cc_value_t ca = name_of("O=Entrust\\, Inc.,C=US");
    cc_query_t query = {.key = "k", .len = 1, .issuer = ca.key, .issuer_len = ca.key_len};

    open_text("issuer=2", "k a,b \"O=Entrust\\, Inc.,C=US\" d,e\n");
    ck_assert_int_eq(cc_table_lookup(set.table, &query, 0, set.pool), CC_TABLE_FOUND);
    ck_assert_int_eq(query.row.count, 3);
    ck_assert_int_eq(query.row.columns[0].count, 2);
    ck_assert_int_eq(query.row.columns[1].count, 1);
    ck_assert_str_eq(query.row.columns[1].values[0], "O=Entrust\\, Inc.,C=US");
    ck_assert_int_eq(query.row.columns[2].count, 2);
}

static const struct {
    const char *text, *says;
} bad[] = {
    {"k a\n", "f:1: \"\": the column of the issuer is missing or empty"},
    {"k a \"\"\n", "the column of the issuer is missing or empty"},
    {"k a Staff\n", "f:1: \"Staff\": not a valid name"},
    {"k a /O=Example/CN=a\n", "the slash form of a name is ambiguous; write it as in RFC 4514: "},
    {"k a CN=a,XX=b\n", "no such attribute"},
};

TEST_LOOP(a_row_without_an_issuer_is_a_bad_line, 0, COUNT(bad))
{
    tableset_write(&set, "f", bad[_i].text);
    ck_assert_int_ne(tableset_try(&set, "file:f issuer=2", 1), APR_SUCCESS);
    ck_assert_msg(strstr(tableset_error(&set), bad[_i].says) != NULL, "%s", tableset_error(&set));
}

/* More issuers than are remembered at once. */
TEST(many_issuers_have_rows)
{
    char *text = apr_palloc(set.pool, 40 * 5000), *to = text;

    for (int i = 0; i < 5000; i++)
        to += strlen(
            strcpy(to, apr_psprintf(set.pool, "k%d u%d \"CN=CA %d,O=x\"\n", i, i, i % 2500)));
    open_text("issuer=2", text);
    ck_assert_str_eq(ask(set.table, "k0", "CN=CA 0,O=x"), "u0");
    ck_assert_str_eq(ask(set.table, "k4999", "CN=CA 2499,O=x"), "u4999");
}

#ifndef __SANITIZE_ADDRESS__ /* it keeps what is freed for a while */

/* The largest memory of this process so far, in MiB. */
static long memory(void)
{
    struct rusage usage;

    ck_assert_int_eq(getrusage(RUSAGE_SELF, &usage), 0);
    return usage.ru_maxrss / 1024;
}

TEST(a_file_of_bad_issuers_takes_no_more_memory_than_a_good_one)
{
    enum { LINES = 200000 };
    char *text = apr_palloc(set.pool, 24 * LINES), *to = text;
    long before;

    for (int i = 0; i < LINES; i++)
        to += sprintf(to, "k%d a CN=a,X%d=b\n", i, i % 10);
    tableset_write(&set, "f", text);
    before = memory();
    ck_assert_int_ne(tableset_try(&set, "file:f issuer=2", 1), APR_SUCCESS);
    ck_assert_int_le(memory() - before, 40);
}

#endif

/* ---- sources with one row for a key ---------------------------------------------------------- */

static const faketable_row_t rows[] = {{"01", "alice CN=a"}, {"02", "bob CN=a,CN=b"},
                                       {"03", "carol -"},    {"04", "dave"},
                                       {"05", "eve Staff"},  {NULL, NULL}};

static cc_table_t *fake(const char *line)
{
    cc_tables_t *tables = faketable_make(line, set.pool);

    faketable.rows = rows;
    set.tables = tables;
    cc_table_use(cc_tables_at(tables, 0), 1);
    ck_assert_int_eq(cc_tables_open(tables, NULL, set.pool, &set.err), APR_SUCCESS);
    ck_assert_int_eq(cc_tables_child(tables, 4, set.pool), APR_SUCCESS);
    return cc_tables_at(tables, 0);
}

static const char *const sources[] = {"t fake:x issuer=2", "t asked:x issuer=2",
                                      "t several:x issuer=2"};

TEST_LOOP(the_row_that_is_found_must_have_the_issuer, 0, COUNT(sources))
{
    cc_table_t *table = fake(sources[_i]);

    ck_assert_str_eq(ask(table, "01", "CN=A"), "alice");
    ck_assert_str_eq(ask(table, "01", "CN=b"), "MISSING");
    ck_assert_str_eq(ask(table, "01", "CN=a"), "alice"); /* the cache has the row itself */
    ck_assert_str_eq(ask(table, "02", "CN=b"), "bob");
    ck_assert_str_eq(ask(table, "09", "CN=a"), "MISSING");
    ck_assert_ptr_nonnull(
        strstr(ask(table, "03", "CN=a"), "column 2 of the row, the issuer, is e"));
    ck_assert_ptr_nonnull(
        strstr(ask(table, "04", "CN=a"), "column 2 of the row, the issuer, is e"));
    ck_assert_ptr_nonnull(
        strstr(ask(table, "05", "CN=a"), "the issuer, is \"Staff\": not a valid"));
    ck_assert_ptr_nonnull(strstr(ask(table, "01", NULL), "no issuer is given"));
}

/* ---- rules ----------------------------------------------------------------------------------- */

/* The issuer of ruleset_alice. */
#define STAFF "\"CN=Staff CA,O=Example,C=DE\""

static const cc_verdict_t *verdict_of(const char *rules, const char *const *pairs)
{
    return ruleset_verdict(ruleset_compile_with(set.tables, rules, set.pool), pairs, set.pool);
}

TEST(a_rule_finds_the_rows_of_the_certificates_issuer)
{
    open_text("octets issuer=2", "1a2b alice " STAFF "\n1a2b mallory \"CN=Other CA,O=Example\"\n");
    ck_assert_str_eq(verdict_of("serial in t user=$1", ruleset_alice)->user, "alice");
    ck_assert_ptr_null(verdict_of("serial !in t user=x", ruleset_alice)->user);
    ck_assert_str_eq(verdict_of("serial in t user=$1 group=%{issuer.CN}", ruleset_alice)->user,
                     "alice");
    open_text("octets issuer=2", "1a2b mallory \"CN=Other CA,O=Example\"\n");
    ck_assert_ptr_null(verdict_of("serial in t user=$1", ruleset_alice)->user);
    ck_assert_str_eq(verdict_of("serial !in t user=x", ruleset_alice)->user, "x");
    fake("t several:x issuer=2");
    ck_assert_ptr_null(verdict_of("serial in t user=$1", ruleset_alice)->user);
}

TEST(an_issuer_that_cannot_be_used_decides_nothing)
{
    static const char *const pairs[] = {"issuer.CN", "a\001b", "CN", "x", NULL};

    open_text("octets issuer=2", "1a2b alice " STAFF "\n");
    ck_assert_ptr_null(verdict_of("serial in t user=$1", pairs)->user);
    ck_assert_ptr_null(verdict_of("serial !in t user=x", pairs)->user);
    ck_assert_ptr_nonnull(verdict_of("serial in t deny\nuser=x", pairs)->denied_where);
    ck_assert_str_eq(verdict_of("user=x", pairs)->user, "x");
}

TEST(a_rule_with_such_a_table_names_the_ca)
{
    cc_rules_t *rules;

    open_text("octets issuer=2", "1a2b alice " STAFF "\n");
    rules = ruleset_compile_with(set.tables, "serial in t user=$1", set.pool);
    ck_assert_int_eq(cc_rules_lint(rules, CC_ISSUERS_SEVERAL, set.pool)->nelts, 0);
    open_text("octets", "1a2b alice " STAFF "\n");
    rules = ruleset_compile_with(set.tables, "serial in t user=$1", set.pool);
    ck_assert_int_gt(cc_rules_lint(rules, CC_ISSUERS_SEVERAL, set.pool)->nelts, 0);
}

SUITE("issuer", .setup = setup, .teardown = teardown, .timeout = 60);
