/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the syntax of ClientCertTable, what it refuses, and which table a name refers to. */
#include <string.h>

#include "suite.h"
#include "tableset.h"

typedef struct {
    const char *text;
    const char *tag;
    const char *word;
    const char *says; /* a part of the message */
} error_case_t;

static const error_case_t errors[] = {
    {"", "CC0601", "", "NAME TYPE:SOURCE [option=value ...]"},
    {"people", "CC0601", "people", "NAME TYPE:SOURCE"},
    {"pe/ople file:x", "CC0601", "pe/ople", "letters, digits, ., - and _"},
    {"\"\" file:x", "CC0601", "", "letters, digits, ., - and _"},
    {"people x", "CC0603", "x", "file:, gridmap:, dbm:, redis:"},
    {"people file", "CC0603", "file", "file:, gridmap:, dbm:, redis:"},
    {"people fil:x", "CC0603", "fil:x", "file:, gridmap:, dbm:, redis:"},
    {"people files:x", "CC0603", "files:x", "file:, gridmap:, dbm:, redis:"},
    {"people FILE:x", "CC0603", "FILE:x", "file:, gridmap:, dbm:, redis:"},
    {"people file:", "CC0603", "file:", "after the colon"},
    {"people file:x nocas", "CC0604", "nocas",
     "nocase, octets[=FORM], issuer=NUMBER, valid=NUMBER, reload=SECONDS"},
    {"people file:x reloads=3", "CC0604", "reloads", "not an option of file tables"},
    {"people file:x ttl=3", "CC0604", "ttl",
     "their options are nocase, octets[=FORM], issuer=NUMBER, valid=NUMBER, reload=SECONDS"},
    {"people dbm:x size=3", "CC0604", "size", "not an option of dbm tables"},
    {"people redis:x reload=3", "CC0604", "reload",
     "nocase, octets[=FORM], issuer=NUMBER, valid=NUMBER, timeout=SECONDS, ttl=SECONDS, "
     "negative_ttl=SECONDS, stale=SECONDS, size=NUMBER"},
    {"people redis://me:secret@h pasword=secret", "CC0604", "pasword", "password=TEXT"},
    {"redis://me:secret@h", "CC0601", "redis://...", "NAME TYPE:SOURCE"},
    {"redis://me:secret@h user=x", "CC0601", "redis://...", "letters, digits"},
    {"people redi://me:secret@h", "CC0603", "redi://...", "file:, gridmap:, dbm:, redis:"},
    {"people redis:x 'password=secret", "CC0210", "'password", "not closed"},
    {"people redis:x password=secret password=secret", "CC0606", "password", "twice"},
    {"people redis:x password=", "CC0645", "password", "password=TEXT"},
    {"people redis:x db=two", "CC0605", "db=two", "db=NUMBER, a number from 0 to"},
    {"people file:x user=x", "CC0604", "user", "not an option of file tables"},
    {"people file:x nocase=1", "CC0605", "nocase=1", "takes no value"},
    {"people file:x octets=base32", "CC0605", "octets=base32",
     "octets=hex, octets=base64 or octets=base64url"},
    {"people file:x octets=", "CC0605", "octets=", "octets=hex, octets=base64 or"},
    {"people file:x issuer=0", "CC0605", "issuer=0", "issuer=NUMBER, a number from 1 to 9"},
    {"people file:x issuer=10", "CC0605", "issuer=10", "issuer=NUMBER, a number from 1 to 9"},
    {"people file:x issuer=CN=a", "CC0605", "issuer=CN=a", "issuer=NUMBER, a number from 1 to 9"},
    {"people gridmap:x nocase", "CC0604", "nocase", "their options are reload=SECONDS"},
    {"people gridmap:x issuer=1", "CC0604", "issuer", "not an option of gridmap tables"},
    {"people file:x reload", "CC0605", "reload", "reload=SECONDS"},
    {"people file:x reload=", "CC0605", "reload=", "reload=SECONDS"},
    {"people file:x reload=5s", "CC0605", "reload=5s", "from 0 to"},
    {"people file:x reload=-1", "CC0605", "reload=-1", "from 0 to"},
    {"people file:x reload=1000000001", "CC0605", "reload=1000000001", "to 1000000000"},
    {"people file:x reload=99999999999999999999", "CC0605", "reload=99999999999999999999",
     "to 1000000000"},
    {"people redis:x timeout=0", "CC0605", "timeout=0", "from 1 to"},
    {"people redis:x size=many", "CC0605", "size=many", "size=NUMBER"},
    {"people file:x octets octets", "CC0606", "octets", "twice"},
    {"people file:x reload=1 reload=2", "CC0606", "reload=2", "twice"},
    {"people \"file:x", "CC0210", "\"file:x", "not closed"},
};

static const cc_backend_t *const backends[] = {&cc_backend_file, &cc_backend_gridmap,
                                               &cc_backend_dbm, &cc_backend_redis, NULL};
static apr_pool_t *pool;
static cc_tables_t *tables;
static int host; /* a scope */

static void setup(void)
{
    apr_pool_create(&pool, NULL);
    tables = cc_tables_create(backends, pool);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
}

static void add(void *scope, const char *text)
{
    ck_assert_int_eq(cc_tables_add(tables, scope, text, text, NULL), APR_SUCCESS);
}

TEST_LOOP(a_bad_line_is_refused_with_tag_word_and_remedy, 0, COUNT(errors))
{
    const error_case_t *expected = &errors[_i];
    cc_error_t err = {0};

    ck_assert_int_eq(cc_tables_add(tables, NULL, expected->text, "x:1", &err), APR_EINVAL);
    ck_assert_msg(strcmp(err.tag, expected->tag) == 0 && strcmp(err.word, expected->word) == 0 &&
                      strstr(err.message, expected->says) != NULL,
                  "%s gives %s", expected->text, cc_error_text(&err, pool));
    ck_assert_int_eq(cc_tables_add(tables, NULL, expected->text, "x:1", NULL), APR_EINVAL);
    ck_assert_str_eq(cc_tables_names(tables, NULL, pool), "none");
}

TEST(a_name_is_taken_once_a_scope)
{
    cc_error_t err = {0};

    add(NULL, "people file:x");
    add(&host, "people file:y");
    ck_assert_int_eq(cc_tables_add(tables, &host, "people file:z", "x:9", &err), APR_EINVAL);
    ck_assert_str_eq(err.tag, "CC0602");
    ck_assert_str_eq(err.word, "people");
    ck_assert_ptr_nonnull(strstr(err.message, "at people file:y"));
    add(NULL, "People file:x");
    add(NULL, "partners.map_v1-0 file:x");
    ck_assert_str_eq(cc_table_name(cc_tables_find(tables, NULL, "partners.map_v1-0")),
                     "partners.map_v1-0");
}

TEST(a_scope_finds_its_own_table_before_the_one_for_all)
{
    int other = 0; /* only its address matters */

    add(NULL, "people file:all");
    add(NULL, "staff file:staff");
    add(&host, "people file:host");
    ck_assert_str_eq(cc_table_where(cc_tables_find(tables, &host, "people")), "people file:host");
    ck_assert_str_eq(cc_table_where(cc_tables_find(tables, &other, "people")), "people file:all");
    ck_assert_str_eq(cc_table_where(cc_tables_find(tables, NULL, "people")), "people file:all");
    ck_assert_str_eq(cc_table_name(cc_tables_find(tables, &host, "staff")), "staff");
    ck_assert_ptr_null(cc_tables_find(tables, &host, "peopl"));
    ck_assert_str_eq(cc_tables_names(tables, &host, pool), "staff, people");
    ck_assert_str_eq(cc_tables_names(tables, NULL, pool), "people, staff");
}

TEST(a_table_that_no_rule_uses_is_an_error)
{
    cc_error_t err = {0};

    add(NULL, "people file:/nowhere");
    ck_assert_int_eq(cc_tables_open(tables, "/", pool, &err), APR_EINVAL);
    ck_assert_str_eq(err.tag, "CC0607");
    ck_assert_str_eq(err.word, "people");
    ck_assert_str_eq(err.where, "people file:/nowhere");
    ck_assert_int_eq(cc_tables_open(tables, "/", pool, NULL), APR_EINVAL);
}

TEST(the_shortest_reload_is_the_interval_and_0_is_never)
{
    ck_assert_int_eq(cc_tables_interval(tables), 0);
    add(NULL, "r redis:h:1");
    add(NULL, "never file:x reload=0");
    ck_assert_int_eq(cc_tables_interval(tables), 0);
    add(NULL, "usual file:x");
    ck_assert_int_eq(cc_tables_interval(tables), apr_time_from_sec(5));
    add(NULL, "long dbm:sdbm:x reload=7");
    ck_assert_int_eq(cc_tables_interval(tables), apr_time_from_sec(5));
    add(NULL, "short dbm:sdbm:x reload=3");
    ck_assert_int_eq(cc_tables_interval(tables), apr_time_from_sec(3));
}

/* ---- the options of a back end --------------------------------------------------------- */

static cc_table_spec_t seen;

static apr_status_t see(void **state, const cc_table_spec_t *spec, apr_pool_t *p, cc_error_t *err)
{
    (void)state, (void)p, (void)err;
    seen = *spec;
    return APR_SUCCESS;
}

static const cc_backend_t asked = {.type = "asked", .remote = true, .open = see};
static const cc_backend_t followed = {.type = "followed", .open = see};
static const cc_backend_t *const seers[] = {&asked, &followed, NULL};

TEST(options_have_their_defaults_and_their_values)
{
    cc_tables_t *first = cc_tables_create(seers, pool), *second = cc_tables_create(seers, pool);

    ck_assert_int_eq(cc_tables_add(first, &host, "t 'asked:a b'", "x:1", NULL), APR_SUCCESS);
    cc_table_use(cc_tables_find(first, &host, "t"), 2);
    cc_table_use(cc_tables_find(first, &host, "t"), 1);
    ck_assert_int_eq(cc_tables_open(first, "/root", pool, NULL), APR_SUCCESS);
    ck_assert_str_eq(seen.source, "a b");
    ck_assert_str_eq(seen.name, "t");
    ck_assert_str_eq(seen.where, "x:1");
    ck_assert_str_eq(seen.root, "/root");
    ck_assert_ptr_eq(seen.server, &host);
    ck_assert(!seen.nocase && !seen.octets && seen.columns == 2 && seen.reload == 0);
    ck_assert(seen.timeout == 3000000 && seen.ttl == 60000000 && seen.negative_ttl == 5000000);
    ck_assert(seen.stale == 0 && seen.size == 10000);
    ck_assert_int_eq(cc_tables_add(second, NULL,
                                   "t asked:a nocase octets timeout=1 ttl=2 "
                                   "negative_ttl=0 stale=4 size=5",
                                   "x:1", NULL),
                     APR_SUCCESS);
    cc_table_use(cc_tables_find(second, NULL, "t"), 0);
    ck_assert_int_eq(cc_tables_open(second, "/", pool, NULL), APR_SUCCESS);
    ck_assert(seen.nocase && seen.octets && seen.columns == 0);
    ck_assert(seen.timeout == 1000000 && seen.ttl == 2000000 && seen.negative_ttl == 0);
    ck_assert(seen.stale == 4000000 && seen.size == 5);
}

static const struct {
    const char *text, *shown;
} sources[] = {
    {"t asked:a", "a"},
    {"t asked://h", "//h"},
    {"t asked://me:secret@h:1/2", "//***@h:1/2"},
    {"t asked://:se@cret@h", "//***@h"},
    {"t asked:ldap://me:secret@h/a@b", "ldap://***@h/a@b"},
    {"t \"asked:select a//b@c\"", "select a//b@c"},
    {"t asked://h/a@b", "//h/a@b"},
    {"t asked:h:1/a@b", "h:1/a@b"},
};

TEST_LOOP(a_source_is_shown_without_a_password, 0, COUNT(sources))
{
    const cc_table_t *table;

    tables = cc_tables_create(seers, pool);
    ck_assert_int_eq(cc_tables_add(tables, NULL, sources[_i].text, "x:1", NULL), APR_SUCCESS);
    table = cc_tables_find(tables, NULL, "t");
    ck_assert_str_eq(cc_table_source(table), sources[_i].shown);
}

SUITE("spec", .setup = setup, .teardown = teardown);
