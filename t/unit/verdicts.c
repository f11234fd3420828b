/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the verdicts that are kept for a client: reuse, dates, tables, failures, exports. */
#include <string.h>

#include <apr_strings.h>

#include "fakehttpd.h"
#include "faketable.h"
#include "httpd/request/verdicts.h"
#include "ruleset.h"
#include "suite.h"

#define NOW ruleset_facts.now
#define DAY apr_time_from_sec(24 * 60 * 60)

static apr_pool_t *pool;
static cc_client_t client;
static cc_client_map_t *map;
static int pools; /* that the source can still give */

/* ---- a source of clients ------------------------------------------------------------------ */

static apr_pool_t *source_pool(const cc_client_t *asked, struct conn_rec *c)
{
    ck_assert_ptr_eq(asked, &client);
    ck_assert_ptr_null(c);
    return pools-- > 0 ? pool : NULL;
}

static cc_client_map_t *source_map(const cc_client_t *asked, struct conn_rec *c, bool make)
{
    ck_assert_ptr_eq(asked, &client);
    ck_assert_ptr_null(c);
    if (!map && make) {
        map = cc_client_map_make(4);
    }
    return map;
}

static const cc_client_source_t source = {.pool = source_pool, .map = source_map};

static void setup(void)
{
    fake_begin();
    apr_pool_create(&pool, NULL);
    memset(&client, 0, sizeof(client));
    client.source = &source;
    client.number = 1;
    client.cert = ruleset_certificate(ruleset_alice, pool);
    client.facts = ruleset_facts;
    map = NULL;
    pools = 32;
}

static void teardown(void)
{
    if (map) {
        cc_client_map_end(map);
    }
    apr_pool_destroy(pool);
    fake_end();
}

SUITE("verdicts", .setup = setup, .teardown = teardown);

/* ---- questions ----------------------------------------------------------------------------- */

static bool is_new; /* of the last question */

static const cc_memo_t *ask_all(const cc_rules_t *rules, const cc_export_t *export, apr_time_t now,
                                apr_pool_t *holder)
{
    cc_verdicts_query_t query = {.key = {.rules = rules, .export = export},
                                 .keep = true,
                                 .now = now,
                                 .pool = holder,
                                 .holder = holder};

    return cc_verdicts_ask(&client, &query, &is_new);
}

static const cc_memo_t *ask(const cc_rules_t *rules)
{
    return ask_all(rules, NULL, NOW, pool);
}

static const cc_memo_t *ask_at(const cc_rules_t *rules, apr_time_t now)
{
    return ask_all(rules, NULL, now, pool);
}

/* ---- the client's list --------------------------------------------------------------------- */

TEST(a_client_is_evaluated_once)
{
    cc_rules_t *rules = ruleset_compile("user=%{subject.CN}", pool);
    const cc_memo_t *memo = ask(rules);

    ck_assert(is_new);
    ck_assert_str_eq(memo->verdict->user, "Alice");
    ck_assert_ptr_null(memo->exports);
    ck_assert(!memo->pinned);
    ck_assert_ptr_eq(ask(rules), memo);
    ck_assert(!is_new);
    ck_assert_ptr_eq(cc_memo_find(&client, &memo->key, NOW), memo);
}

TEST(each_set_of_rules_has_its_own_verdict)
{
    cc_rules_t *rules[] = {ruleset_compile("user=a", pool), ruleset_compile("user=b", pool)};

    ck_assert_str_eq(ask(rules[0])->verdict->user, "a");
    ck_assert_str_eq(ask(rules[1])->verdict->user, "b");
    ck_assert(is_new);
    ck_assert_str_eq(ask(rules[0])->verdict->user, "a");
    ck_assert(!is_new);
}

/* In the client's list, and in the map once the client's share is used up. */
TEST_LOOP(each_combination_of_headers_for_back_ends_has_its_own, 0, 2)
{
    static const cc_forward_cert_t off = {.format = NULL};
    static const cc_forward_identity_t named[] = {{.user = "X-A"}, {.user = "X-B"}};
    cc_rules_t *rules = ruleset_compile("user=a", pool);
    const cc_memo_t *memos[4];

    pools = _i ? 0 : 32;
    for (int i = 0; i < 8; i++) {
        cc_verdicts_query_t query = {.key = {rules, NULL, i & 2 ? &off : NULL, &named[i & 1]},
                                     .keep = true,
                                     .now = NOW,
                                     .pool = pool,
                                     .holder = pool};
        const cc_memo_t *memo = cc_verdicts_ask(&client, &query, &is_new);

        ck_assert_int_eq(is_new, i < 4);
        ck_assert_str_eq(memo->sent->at[0].name, i & 1 ? "X-B" : "X-A");
        if (i < 4) {
            memos[i] = memo;
        }
        ck_assert_ptr_eq(memo, memos[i & 3]);
    }
}

TEST(without_rules_and_exports_nothing_is_evaluated)
{
    const cc_memo_t *memo = ask(NULL);

    ck_assert_ptr_null(memo->verdict);
    ck_assert_ptr_null(memo->exports);
    ck_assert_ptr_eq(ask(NULL), memo);
}

TEST(a_verdict_is_stale_from_its_date_on)
{
    cc_rules_t *rules = ruleset_compile("days_left > 1 user=x", pool);
    const cc_memo_t *memo = ask(rules), *next;
    apr_time_t stale_at = memo->stale_at;

    ck_assert(stale_at > NOW && stale_at < NOW + 366 * DAY);
    ck_assert_ptr_eq(ask_at(rules, stale_at - 1), memo);
    next = ask_at(rules, stale_at);
    ck_assert(is_new);
    ck_assert_ptr_ne(next, memo);
    ck_assert_ptr_eq(ask_at(rules, stale_at), next);
}

TEST(rules_that_go_before_the_client_are_asked_each_time)
{
    cc_verdicts_query_t query = {.key = {.rules = ruleset_compile("user=x", pool)},
                                 .now = NOW,
                                 .pool = pool,
                                 .holder = pool};
    const cc_memo_t *memo = cc_verdicts_ask(&client, &query, &is_new);

    ck_assert(is_new && memo->pinned);
    cc_verdicts_ask(&client, &query, &is_new);
    ck_assert(is_new);
    ck_assert_ptr_null(atomic_load(&client.memos));
    ck_assert_ptr_null(map);
    ck_assert_int_eq(pools, 32);
}

TEST(an_evaluation_is_traced_where_that_is_asked)
{
    cc_rules_t *rules = ruleset_compile("subject.CN == Bob user=b\nuser=x", pool);
    apr_array_header_t *trace = apr_array_make(pool, 2, sizeof(cc_step_t));
    cc_verdicts_query_t query = {.key = {.rules = rules},
                                 .keep = true,
                                 .now = NOW,
                                 .pool = pool,
                                 .holder = pool,
                                 .trace = trace};

    cc_verdicts_ask(&client, &query, &is_new);
    ck_assert_int_eq(trace->nelts, 2);
    cc_verdicts_ask(&client, &query, &is_new);
    ck_assert_int_eq(trace->nelts, 2);
}

/* ---- tables ------------------------------------------------------------------------------- */

static const faketable_row_t people[] = {{"alice@example.com", "first"}, {NULL, NULL}};
static const faketable_row_t others[] = {{"alice@example.com", "second"}, {NULL, NULL}};

static cc_rules_t *table_rules(void)
{
    cc_tables_t *tables = faketable_make("t fake:x", pool);

    faketable.rows = people;
    return ruleset_compile_with(tables, "san.email in t user=$1", pool);
}

TEST(a_verdict_holds_for_one_generation_of_its_tables)
{
    cc_rules_t *rules = table_rules();
    const cc_memo_t *memo = ask(rules);

    ck_assert(memo->pinned && memo->uses_tables);
    ck_assert_str_eq(memo->verdict->user, "first");
    ck_assert_ptr_eq(ask(rules), memo);
    faketable.rows = others;
    faketable.generation++;
    ck_assert_str_eq(ask(rules)->verdict->user, "second");
    ck_assert(is_new);
    ck_assert_str_eq(memo->verdict->user, "first"); /* a kept verdict does not change */
}

TEST(a_failure_that_passes_is_not_remembered)
{
    cc_rules_t *rules = table_rules();
    const cc_memo_t *memo;

    faketable.fails = "*";
    memo = ask(rules);
    ck_assert_ptr_nonnull(memo->verdict->failure);
    ck_assert(memo->pinned);
    ck_assert_ptr_null(atomic_load(&client.memos));
    faketable.fails = NULL;
    ck_assert_str_eq(ask(rules)->verdict->user, "first");
}

/* 32 names and 32 addresses make more groups than a rule may give, every time. */
/* In the client's list, and in the map once the client's share is used up. */
TEST_LOOP(a_failure_is_remembered_for_as_long_as_the_query_says, 0, 2)
{
    cc_rules_t *rules = table_rules();
    cc_verdicts_query_t query = {.key = {.rules = rules},
                                 .keep = true,
                                 .retry = DAY,
                                 .now = NOW,
                                 .pool = pool,
                                 .holder = pool};
    const cc_memo_t *memo;

    pools = _i ? 0 : 32;
    faketable.fails = "*";
    memo = cc_verdicts_ask(&client, &query, &is_new);
    ck_assert_ptr_nonnull(memo->verdict->failure);
    faketable.fails = NULL;
    query.now = NOW + DAY - 1;
    ck_assert_ptr_eq(cc_verdicts_ask(&client, &query, &is_new), memo);
    ck_assert(!is_new);
    query.now = NOW + DAY;
    ck_assert_ptr_null(cc_verdicts_ask(&client, &query, &is_new)->verdict->failure);
    ck_assert(is_new);
}

TEST(a_failure_that_lasts_is_remembered)
{
    cc_rules_t *rules = ruleset_compile("group=%{subject.CN}%{san.email}", pool);
    const char *pairs[4 * 32 + 1] = {NULL};
    const cc_memo_t *memo;

    for (int i = 0; i < 32; i++) {
        pairs[4 * i] = "CN";
        pairs[4 * i + 2] = "email";
        pairs[4 * i + 1] = pairs[4 * i + 3] = apr_psprintf(pool, "n%d", i);
    }
    client.cert = ruleset_certificate(pairs, pool);
    memo = ask(rules);
    ck_assert_ptr_nonnull(memo->verdict->failure);
    ck_assert(memo->verdict->failure_lasts);
    ck_assert_ptr_eq(ask(rules), memo);
    ck_assert(!is_new && !memo->pinned);
}

/* ---- exports ------------------------------------------------------------------------------- */

TEST(exports_are_made_of_the_verdict)
{
    cc_rules_t *rules = ruleset_compile("user=alice group=a group=b", pool);
    const cc_memo_t *memo = ask_all(rules, &cc_export_default, NOW, pool);

    ck_assert_str_eq(apr_table_get(memo->exports, "CLIENTCERT_USER"), "alice");
    ck_assert_str_eq(apr_table_get(memo->exports, "CLIENTCERT_GROUPS"), "a,b");
    ck_assert_ptr_eq(ask_all(rules, &cc_export_default, NOW, pool), memo);
    ck_assert_ptr_null(ask(rules)->exports);
    ck_assert(is_new);
}

TEST(no_rules_make_exports_of_the_certificate_alone)
{
    const cc_export_t *export;
    const cc_memo_t *memo;

    ck_assert_int_eq(cc_export_parse(&export, "SUBJECT_CN DAYS_LEFT", pool, NULL), APR_SUCCESS);
    memo = ask_all(NULL, export, NOW, pool);
    ck_assert_ptr_null(memo->verdict);
    ck_assert_str_eq(apr_table_get(memo->exports, "CLIENTCERT_SUBJECT_CN"), "Alice");
    ck_assert(memo->stale_at <= NOW + DAY);
    ck_assert_ptr_ne(ask_all(NULL, export, memo->stale_at, pool), memo);
}

TEST(a_failed_verdict_has_no_exports)
{
    cc_rules_t *rules = table_rules();

    faketable.fails = "*";
    ck_assert_ptr_null(ask_all(rules, &cc_export_default, NOW, pool)->exports);
}

/* ---- the map ------------------------------------------------------------------------------- */

TEST(beyond_its_share_a_client_is_remembered_in_a_map)
{
    cc_rules_t *rules = ruleset_compile("user=x", pool);
    apr_pool_t *request;
    const cc_memo_t *memo;

    pools = 0;
    apr_pool_create(&request, NULL);
    memo = ask_all(rules, NULL, NOW, request);
    ck_assert(is_new && memo->pinned);
    ck_assert_ptr_null(atomic_load(&client.memos));
    ck_assert_ptr_nonnull(map);
    ck_assert_ptr_eq(ask_all(rules, NULL, NOW, request), memo);
    ck_assert(!is_new);
    apr_pool_destroy(request);
    ck_assert_str_eq(ask(rules)->verdict->user, "x");
    ck_assert(!is_new);
}

TEST(in_a_map_dates_and_tables_count_as_well)
{
    cc_rules_t *dated = ruleset_compile("days_left > 1 user=x", pool), *rules = table_rules();
    apr_time_t stale_at;

    pools = 0;
    stale_at = ask(dated)->stale_at;
    ask_at(dated, stale_at - 1);
    ck_assert(!is_new);
    ask_at(dated, stale_at);
    ck_assert(is_new);
    ask(rules);
    faketable.rows = others;
    faketable.generation++;
    ck_assert_str_eq(ask(rules)->verdict->user, "second");
    ask(rules);
    ck_assert(!is_new);
}

TEST(in_a_map_a_failure_that_passes_goes_with_the_request)
{
    cc_rules_t *rules = table_rules();
    apr_pool_t *request;
    const cc_memo_t *memo;

    pools = 0;
    faketable.fails = "*";
    apr_pool_create(&request, NULL);
    memo = ask_all(rules, NULL, NOW, request);
    ck_assert_ptr_nonnull(memo->verdict->failure);
    ask_all(rules, NULL, NOW, request);
    ck_assert(is_new);
    ck_assert_ptr_nonnull(memo->verdict->failure);
    apr_pool_destroy(request);
    faketable.fails = NULL;
    ck_assert_str_eq(ask(rules)->verdict->user, "first");
}

/* Two clients of one connection, one after the other, differ by their numbers. */
TEST(verdicts_of_one_map_are_those_of_their_clients)
{
    static ruleset_certificate_t bob = {"CN", "Bob", NULL};
    const cc_cert_t *certs[] = {client.cert, ruleset_certificate(bob, pool)};
    static const char *const users[] = {"Alice", "Bob"};
    cc_rules_t *rules = ruleset_compile("user=%{subject.CN}", pool);

    pools = 0;
    for (int i = 0; i < 20; i++) {
        client.cert = certs[i % 2];
        client.number = (apr_uint64_t)(1 + i % 2);
        ck_assert_str_eq(ask(rules)->verdict->user, users[i % 2]);
        ck_assert(is_new == (i < 2));
    }
}
