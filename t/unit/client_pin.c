/* SPDX-License-Identifier: Apache-2.0 */
/* Tests how long the answer about a pinned key is used, and that asking again costs no memory. */
#include <stdatomic.h>
#include <string.h>

#include <apr_escape.h>
#include <apr_strings.h>

#include "fakehttpd.h"
#include "faketable.h"
#include "httpd/peer/client_pin.h"
#include "ruleset.h"
#include "suite.h"

#define HOUR apr_time_from_sec(60 * 60)

static apr_pool_t *pool;
static cc_client_t client;
static cc_client_pin_t pin;
static faketable_row_t rows[2]; /* the key of the client, and no other */

static void setup(void)
{
    unsigned char sha256[32], spki_sha256[32];

    fake_begin();
    apr_pool_create(&pool, NULL);
    memset(&client, 0, sizeof(client));
    memset(&pin, 0, sizeof(pin));
    client.cert = ruleset_certificate(ruleset_alice, pool);
    client.problem = client.public_problem = "it is self-signed";
    cc_cert_digests(client.cert, sha256, spki_sha256);
    rows[0] = (faketable_row_t){apr_pescape_hex(pool, spki_sha256, 32, 0), "alice"};
}

static void teardown(void)
{
    apr_pool_destroy(pool);
    fake_end();
}

SUITE("client_pin", .setup = setup, .teardown = teardown);

/* Takes the pin of the client by a table of this kind. */
static void taken(const char *source, bool listed)
{
    static cc_pinning_t pinning;
    cc_tables_t *tables = faketable_make(source, pool);

    pinning = (cc_pinning_t){.table = cc_tables_find(tables, NULL, "t"), .where = "site.conf:1"};
    ck_assert_ptr_nonnull(pinning.table);
    faketable.rows = listed ? rows : rows + 1;
    cc_client_pin_take(&pin, &client, &pinning, pool);
    ck_assert_int_eq(pin.result, listed ? CC_TABLE_FOUND : CC_TABLE_MISSING);
    ck_assert_int_eq(client.facts.pinned, listed);
    ck_assert_int_eq(faketable.lookups, 1);
}

/* As if the answer had come at this moment. */
static void asked_at(apr_time_t moment)
{
    atomic_store(&pin.asked_at, moment);
}

/* A row may be removed while a slow source is asked. */
TEST(an_answer_is_as_old_as_its_question)
{
    apr_time_t before = apr_time_now();

    taken("t asked:x ttl=0 negative_ttl=0", true);
    ck_assert_int_ge(faketable.asked_at, before);
    ck_assert_int_le(atomic_load(&pin.asked_at), faketable.asked_at);
}

#define NOTHING_IS_KEPT "t asked:x ttl=0 negative_ttl=0"

TEST_LOOP(an_answer_that_may_not_be_kept_is_good_for_its_request_for_a_second, 0, 2)
{
    apr_time_t began = apr_time_now() - HOUR;

    taken(NOTHING_IS_KEPT, _i);
    asked_at(apr_time_now() + HOUR); /* so that a slow machine has no second pass */
    ck_assert(cc_client_pin_holds(&pin, began));
    asked_at(apr_time_now() - apr_time_from_sec(1));
    ck_assert(!cc_client_pin_holds(&pin, began));
}

TEST_LOOP(but_not_for_the_next_request, 0, 2)
{
    taken(NOTHING_IS_KEPT, _i);
    ck_assert(!cc_client_pin_holds(&pin, apr_time_now() + HOUR));
}

TEST(a_table_in_memory_is_asked_when_it_changes)
{
    taken("t fake:x", true);
    asked_at(apr_time_now() - HOUR);
    ck_assert(cc_client_pin_holds(&pin, apr_time_now()));
    faketable.generation++;
    ck_assert(!cc_client_pin_holds(&pin, apr_time_now() - HOUR));
}

TEST(asking_again_uses_no_memory_of_the_request)
{
    apr_pool_t *request;
    char *before, *after;

    taken(NOTHING_IS_KEPT, true);
    apr_pool_create(&request, pool);
    before = apr_palloc(request, 8);
    for (int i = 0; i < 100; i++) {
        ck_assert(cc_client_pin_renew(&pin, &client, request));
    }
    after = apr_palloc(request, 8);
    ck_assert_int_eq(faketable.lookups, 101);
    ck_assert_ptr_eq(after, before + 8);
    faketable.rows = rows + 1;
    ck_assert(!cc_client_pin_renew(&pin, &client, request));
}
