/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the record of a connection: which connections have one, its pools and its map. */
#include "fakehttpd.h"
#include "httpd/conf/use.h"
#include "httpd/peer/peer.h"
#include "suite.h"

#define SHARE 32 /* pools of a connection */

SUITE("peer_record", .setup = fake_begin, .teardown = fake_end);

/* A server with these lines, for which the use of the module is known. */
static void configured(const char *lines)
{
    fake_configured(lines);
    cc_use_find(fake.pconf, NULL, NULL, fake.main);
}

static conn_rec *connection_make(conn_rec *master)
{
    conn_rec *c;
    apr_pool_t *p;

    apr_pool_create(&p, fake.pool);
    c = apr_pcalloc(p, sizeof(*c));
    c->pool = p;
    c->master = master;
    c->conn_config = fake_vector(p);
    return c;
}

/* A client's connection, which httpd has begun. */
static conn_rec *begun(void)
{
    conn_rec *c = connection_make(NULL);

    ck_assert_int_eq(cc_peer_pre_connection(c, NULL), OK);
    return c;
}

/* ---- which connections have one ------------------------------------------------------------ */

TEST(a_connection_has_a_record_with_and_without_tls)
{
    conn_rec *c;

    configured("ClientCertMap user=x");
    c = begun();
    ck_assert_ptr_nonnull(cc_peer_of(c));
    ck_assert_ptr_null(cc_peer_of(c)->ssl);
    ck_assert_ptr_ne(cc_peer_of(c), cc_peer_of(begun()));
}

TEST(streams_share_the_record_of_their_master)
{
    conn_rec *master, *stream;

    configured("ClientCertMap user=x");
    master = begun();
    stream = connection_make(master);
    cc_peer_pre_connection(stream, NULL);
    ck_assert_ptr_eq(cc_peer_of(stream), cc_peer_of(master));
    ck_assert_ptr_null(ap_get_module_config(stream->conn_config, &clientcert_module));
}

TEST(a_connection_to_a_back_end_has_none)
{
    conn_rec *c = connection_make(NULL);

    configured("ClientCertMap user=x");
    c->outgoing = 1;
    cc_peer_pre_connection(c, NULL);
    ck_assert_ptr_null(cc_peer_of(c));
    ck_assert_ptr_null(cc_peer_pool(c));
    ck_assert_ptr_null(cc_peer_map(c, true));
}

TEST(where_nobody_uses_the_module_there_is_none)
{
    configured("");
    ck_assert_int_eq(cc_use_anywhere(fake.main), CC_USE_NONE);
    ck_assert_ptr_null(cc_peer_of(begun()));
}

TEST_LOOP(without_tls_nothing_is_presented, 0, 2)
{
    cc_nobody_t why = {"?", true, true};
    request_rec *r;

    configured(_i ? "ClientCertMap user=x" : "");
    r = fake_request(fake.main, "/");
    cc_peer_pre_connection(r->connection, NULL);
    ck_assert_ptr_null(cc_peer_client(r, &why));
    ck_assert_ptr_null(why.unproven);
    ck_assert(!why.gone);
}

/* ---- memory -------------------------------------------------------------------------------- */

TEST(a_connection_gives_its_own_pool_and_no_more_than_its_share)
{
    conn_rec *c;

    configured("ClientCertMap user=x");
    c = begun();
    for (int i = 0; i < SHARE; i++) {
        ck_assert_ptr_eq(cc_peer_pool(c), c->pool);
    }
    ck_assert_ptr_null(cc_peer_pool(c));
    ck_assert_ptr_null(cc_peer_pool(c));
}

static apr_status_t count_end(void *ended)
{
    ++*(int *)ended;
    return APR_SUCCESS;
}

TEST(each_stream_gets_pools_of_its_own_that_end_with_the_connection)
{
    apr_pool_t *pools[SHARE];
    conn_rec *master, *stream;
    int ended = 0;

    configured("ClientCertMap user=x");
    master = begun();
    stream = connection_make(master);
    for (int i = 0; i < SHARE; i++) {
        pools[i] = cc_peer_pool(stream);
        ck_assert_ptr_nonnull(pools[i]);
        ck_assert(pools[i] != master->pool && pools[i] != stream->pool);
        ck_assert(i == 0 || pools[i] != pools[i - 1]);
        apr_pool_cleanup_register(pools[i], &ended, count_end, apr_pool_cleanup_null);
    }
    ck_assert_ptr_null(cc_peer_pool(stream));
    apr_pool_destroy(stream->pool);
    ck_assert_int_eq(ended, 0);
    apr_pool_destroy(master->pool);
    ck_assert_int_eq(ended, SHARE);
}

TEST(a_connection_has_one_map_once_somebody_wants_it)
{
    cc_client_map_key_t key = {1, {NULL, NULL, NULL}};
    apr_pool_t *p, *request;
    conn_rec *master, *stream;
    cc_client_map_t *map;
    int ended = 0;

    configured("ClientCertMap user=x");
    master = begun();
    stream = connection_make(master);
    ck_assert_ptr_null(cc_peer_map(stream, false));
    map = cc_peer_map(stream, true);
    ck_assert_ptr_nonnull(map);
    ck_assert_ptr_eq(cc_peer_map(master, true), map);
    ck_assert_ptr_eq(cc_peer_map(master, false), map);

    p = cc_client_map_pool();
    request = cc_client_map_pool();
    apr_pool_cleanup_register(p, &ended, count_end, apr_pool_cleanup_null);
    cc_client_map_keep(map, &key, "kept", p, request);
    apr_pool_destroy(request);
    ck_assert_int_eq(ended, 0);
    apr_pool_destroy(master->pool);
    ck_assert_int_eq(ended, 1);
}
