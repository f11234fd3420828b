/* SPDX-License-Identifier: Apache-2.0 */
/* Tests gridmap: tables: which lines a name finds, what is refused, and what is remarked on. */
#include <stdio.h>
#include <string.h>

#include <apr_strings.h>

#include "cert/cert.h"
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

static apr_status_t try_text(const char *text, int columns)
{
    tableset_write(&set, "f", text);
    return tableset_try(&set, "gridmap:f", columns);
}

static void open_text(const char *text)
{
    apr_status_t status = try_text(text, 1);

    ck_assert_msg(status == APR_SUCCESS, "%s", tableset_error(&set));
}

/* The account of a certificate's subject, which is written as in RFC 4514. */
static const char *account_of(const char *dn)
{
    cc_fieldref_t ref;
    cc_value_t name;
    cc_query_t query = {.form = CC_KEY_NAME};

    ck_assert_int_eq(cc_field_find(&ref, "subject", set.pool, &set.err), APR_SUCCESS);
    ck_assert_int_eq(cc_field_operand(&name, &ref, dn, set.pool, &set.err), APR_SUCCESS);
    query.key = name.key;
    query.len = name.key_len;
    if (cc_table_lookup(set.table, &query, 0, set.pool) != CC_TABLE_FOUND)
        return "MISSING";
    return query.row.columns[0].count > 0 ? query.row.columns[0].values[0] : "NO ACCOUNT";
}

static const struct {
    const char *line, *dn, *account;
} lines[] = {
    {"\"/C=DE/O=Example/CN=Jane Doe\" jdoe", "CN=Jane Doe,O=Example,C=DE", "jdoe"},
    {"/C=DE/CN=bob\tbob", "CN=bob,C=DE", "bob"},
    {"  \"/CN=a\"   a   # a comment", "CN=a", "a"},
    {"\"/C=DE/O=GermanGrid/CN=host/srv.example.org\" hostu",
     "CN=host/srv.example.org,O=GermanGrid,C=DE", "hostu"},
    {"\"/CN=host\\/srv.example.org\" hostu", "CN=host/srv.example.org", "hostu"},
    {"\"/CN=a+b\" x", "CN=a\\+b", "x"},
    {"\"/CN=a\\+b\" x", "CN=a\\+b", "x"},
    {"\"/CN=CF/6120abcd==\" x", "CN=CF/6120abcd\\=\\=", "x"},
    {"\"/CN=a//b/\" x", "CN=a//b/", "x"},
    /* names of attributes */
    {"\"/O=x/Email=a@b\" c", "emailAddress=a@b,O=x", "c"},
    {"\"/O=x/E=a@b\" c", "emailAddress=a@b,O=x", "c"},
    {"\"/O=x/emailAddress=a@b\" c", "emailAddress=a@b,O=x", "c"},
    {"\"/O=x/USERID=u\" c", "UID=u,O=x", "c"},
    {"\"/O=x/UID=u\" c", "UID=u,O=x", "c"},
    {"\"/dc=org/2.5.4.3=a\" c", "CN=a,DC=org", "c"},
    {"\"/O=x/CN=a+UID=u\" c", "UID=u+CN=a,O=x", "c"},
    /* names are compared as names */
    {"\"/O=Example/CN=Jane  Doe\" c", "CN=JANE DOE,O=example", "c"},
    {"\"/CN=J\\xC3\\xBCrgen\" c", "CN=J\xC3\xBCrgen", "c"},
    {"\"/CN=J\\xc3\\xbcrgen\" c", "CN=J\xC3\xBCrgen", "c"},
    {"\"/CN=J\xC3\xBCrgen\" c", "CN=J\xC3\xBCrgen", "c"},
    {"\"/CN=J\xC3\x9CRGEN\" c", "CN=j\xC3\xBCrgen", "c"},
    {"\"/CN=a \\\"b\\\" \\\\c\" x", "CN=a \\\"b\\\" \\\\c", "x"},
    {"\"/CN=\\*.example.org\" x", "CN=*.example.org", "x"},
    {"\"/O=Entrust, Inc./CN=a,b=c\" x", "CN=a\\,b\\=c,O=Entrust\\, Inc.", "x"},
    {"\"/CN=#1\" x", "CN=\\#1", "x"},
    /* the first account counts */
    {"\"/CN=a\" first,second", "CN=a", "first"},
    {"\"/CN=a\" first second", "CN=a", "first"},
    {"\"/CN=a\" first,.pool", "CN=a", "first"},
    {"\"/CN=a\" .pool", "CN=a", "NO ACCOUNT"},
    {"\"/CN=a\" .pool,second", "CN=a", "NO ACCOUNT"},
    {"\"/CN=a\" .", "CN=a", "NO ACCOUNT"},
    /* other names */
    {"\"/CN=x/CN=admin\" root", "CN=x/CN\\=admin", "MISSING"},
    {"\"/CN=x\\/CN=admin\" x", "CN=admin,CN=x", "MISSING"},
    {"\"/CN=x\\/CN=admin\" x", "CN=x/CN\\=admin", "x"},
    {"\"/C=DE/CN=x\" x", "C=DE/CN\\=x", "MISSING"},
    {"\"/O=x/CN=a\" c", "O=x,CN=a", "MISSING"},
    {"\"/O=x/CN=a/UID=u\" c", "UID=u+CN=a,O=x", "MISSING"},
    {"\"/O=x/CN=a\" c", "CN=a", "MISSING"},
    {"\"/O=x\" c", "CN=a,O=x", "MISSING"},
};

TEST_LOOP(a_line_is_found_by_exactly_one_name, 0, COUNT(lines))
{
    open_text(apr_pstrcat(set.pool, "# a grid-mapfile\n\n", lines[_i].line, "\r\n", NULL));
    ck_assert_str_eq(account_of(lines[_i].dn), lines[_i].account);
}

TEST(the_key_of_a_lookup_may_be_written_as_in_the_file)
{
    open_text("\"/C=DE/CN=host/srv\" hostu\n\"/CN=p\" .pool\n");
    ck_assert_str_eq(tableset_ask(&set, "/c=de/cn=host\\/SRV"), "hostu");
    ck_assert_str_eq(tableset_ask(&set, "/CN=p"), "");
    ck_assert_str_eq(tableset_ask(&set, "CN=p"), "MISSING");
    ck_assert_str_eq(tableset_ask(&set, ""), "MISSING");
}

/* ---- lines that are refused ------------------------------------------------------------------ */

static const struct {
    const char *line, *says;
} bad[] = {
    {"\"/CN=a", "f:2: \"\\\"/CN=a\": a quote is not closed"},
    {"\"/CN=a\\\" b", "a quote is not closed"},
    {"\"/CN=a\"b", "a space must follow the quote"},
    {"/CN=\"a\" b", "put the whole subject in quotes"},
    {"alice b", "it is not a name in the slash form, such as /O=Example/CN=alice"},
    {"\"CN=a,O=b\" b", "it is not a name in the slash form"},
    {"\"\" b", "it is not a name in the slash form"},
    {"/ b", "it is not a name in the slash form"},
    {"\"/XX=a\" b", "XX is not the type of an attribute; write \\/XX= if it is part of a value"},
    {"\"/CN=a/Level=x\" b", "write \\/Level= if it is part of a value"},
    {"\"/emailAddress=a+tag=1@b\" b", "write \\+tag= if it is part of a value"},
    {"\"/CN=a\\b\" b", "a backslash escapes nothing (a backslash itself is \\\\)"},
    {"\"/CN=a\\x4\" b", "a backslash escapes nothing"},
    {"\"/CN=a\\x00\" b", "it contains a NUL"},
    {"\"/CN=J\\xFCrgen\" b", "it is not valid UTF-8"},
    {"\"/O=x/CN=*\" b", "a wildcard stands for several names"},
    {"\"/CN=a\" ,b", "the first account is not a name"},
    {"\"/CN=a\" \"b\"", "the first account is not a name"},
    {"\"/CN=a\" b\xFF", "the first account is not a name"},
    {"\"/CN=a\"", "columns after the key: 0; rules use $1"},
};

TEST_LOOP(a_line_that_is_not_certainly_one_name_is_refused, 0, COUNT(bad))
{
    ck_assert_int_ne(try_text(apr_pstrcat(set.pool, "/CN=x x\n", bad[_i].line, "\n", NULL), 1),
                     APR_SUCCESS);
    ck_assert_msg(strstr(tableset_error(&set), bad[_i].says) != NULL, "%s", tableset_error(&set));
}

TEST(subjects_alone_are_a_list)
{
    ck_assert_int_eq(try_text("\"/CN=a\"\n/CN=b\n", 0), APR_SUCCESS);
    ck_assert_str_eq(tableset_ask(&set, "/CN=a"), "");
    ck_assert_str_eq(tableset_ask(&set, "/CN=c"), "MISSING");
}

/* ---- rules ----------------------------------------------------------------------------------- */

static const char *const pairs[] = {"C", "DE", "CN", "host/srv", NULL};

TEST(a_rule_looks_up_names_and_nothing_else)
{
    cc_error_t err = {0};
    cc_rules_t *rules = NULL;

    open_text("/C=DE/CN=host/SRV hostu\n");
    rules = ruleset_compile_with(set.tables, "subject in t user=$1", set.pool);
    ck_assert_str_eq(ruleset_verdict(rules, pairs, set.pool)->user, "hostu");
    rules = ruleset_compile_with(set.tables, "subject !in t user=x", set.pool);
    ck_assert_ptr_null(ruleset_verdict(rules, pairs, set.pool)->user);
    rules = cc_rules_create(set.tables, NULL, set.pool);
    ck_assert_int_ne(cc_rules_add(rules, "subject|oneline in t user=$1", "x:1", &err), APR_SUCCESS);
    ck_assert_str_eq(err.tag, "CC0608");
    ck_assert_ptr_nonnull(strstr(err.message, "write subject in t"));
}

TEST(a_name_in_reverse_order_has_a_hint)
{
    cc_rules_t *rules = NULL;
    apr_array_header_t *steps = apr_array_make(set.pool, 1, sizeof(cc_step_t));
    const cc_cert_t *cert = ruleset_certificate(pairs, set.pool);

    open_text("/CN=host/srv/C=DE hostu\n");
    rules = ruleset_compile_with(set.tables, "subject in t user=$1", set.pool);
    cc_rules_evaluate(rules, cert, &ruleset_facts, steps, set.pool, set.pool);
    cc_trace_hint(steps, rules, cert, &ruleset_facts, true);
    ck_assert_str_eq(APR_ARRAY_IDX(steps, 0, cc_step_t).hint,
                     "the table (site.conf:1) has this name with its parts in reverse order");
}

/* ---- remarks --------------------------------------------------------------------------------- */

static const char *remarks(void)
{
    const apr_array_header_t *list = cc_table_remarks(set.table);
    const char *text = "";

    for (int i = 0; i < list->nelts; i++)
        text = apr_pstrcat(set.pool, text, strrchr(APR_ARRAY_IDX(list, i, const char *), '/') + 1,
                           "\n", NULL);
    return text;
}

TEST(pools_and_groups_are_remarked_on)
{
    open_text("/CN=a a\n/CN=b .b\n\"/atlas/Role=production\" .prd\n/dteam x\n/CN=c .c,d\n");
    ck_assert_str_eq(
        remarks(),
        "f:2: its account is a pool, which is not the name of a user: $1 has no value\n"
        "f:3: a group or role of VOMS is not the subject of a certificate: the line is ignored\n"
        "f:4: a group or role of VOMS is not the subject of a certificate: the line is ignored\n"
        "f:5: its account is a pool, which is not the name of a user: $1 has no value\n");
    ck_assert_str_eq(account_of("CN=a"), "a");
    ck_assert_str_eq(account_of("CN=c"), "NO ACCOUNT");
    ck_assert_int_eq(cc_table_rows(set.table), 3);
}

TEST(the_first_of_two_lines_with_one_name_counts)
{
    open_text("/Email=a x\n/emailAddress=a x\n/E=A y\n/CN=b b,c\n/CN=b b\n");
    ck_assert_str_eq(account_of("emailAddress=a"), "x");
    ck_assert_str_eq(remarks(), "f:3: the same name as in line 1, whose account counts\n");
}

TEST(remarks_are_counted)
{
    const char *text = "";

    for (int i = 0; i < 30; i++)
        text = apr_psprintf(set.pool, "%s/CN=%d .p\n", text, i);
    open_text(text);
    ck_assert_int_eq(cc_table_remarks(set.table)->nelts, 20);
}

TEST(a_change_of_the_file_is_followed)
{
    open_text("/CN=a a\n");
    tableset_settle(&set, "f");
    tableset_poll(&set);
    tableset_replace(&set, "f", "/CN=a \"\n");
    ck_assert_ptr_nonnull(strstr(tableset_poll(&set), "the first account is not a name"));
    ck_assert_str_eq(account_of("CN=a"), "a");
    tableset_replace(&set, "f", "/CN=a .pool\n/CN=b b\n");
    ck_assert_str_eq(tableset_poll(&set), "changed");
    ck_assert_str_eq(account_of("CN=a"), "NO ACCOUNT");
    ck_assert_str_eq(account_of("CN=b"), "b");
}

/* The keys of names are longer than the lines: the map grows. */
TEST(many_short_names_have_room)
{
    apr_size_t len = 0;
    char *text = apr_palloc(set.pool, 20 * 20000);

    for (int i = 0; i < 20000; i++)
        len += (apr_size_t)sprintf(text + len, "/C=%d x\n", i);
    open_text(text);
    ck_assert_str_eq(account_of("C=0"), "x");
    ck_assert_str_eq(account_of("C=19999"), "x");
    ck_assert_int_eq(cc_table_rows(set.table), 20000);
}

SUITE("gridmap", .setup = setup, .teardown = teardown);
