/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the record of a connection, and memory that lasts as long as the connection. */
#include <http_main.h>

#include "httpd/conf/module.h"
#include "httpd/conf/use.h"
#include "httpd/peer/client_map.h"
#include "httpd/peer/octet_cache.h"
#include "httpd/peer/peer.h"

/*
 * The number of pools exceeds what the rule sets and renegotiations of most connections need.
 * Further data goes into a map, whose places are reused.
 */
enum { POOLS = 32, PLACES = 96 };

/* A pool that a stream has requested; in that pool. */
typedef struct cc_peer_pool_t {
    struct cc_peer_pool_t *next;
    apr_pool_t *pool;
} cc_peer_pool_t;

static apr_status_t peer_cleanup(void *data)
{
    cc_peer_t *peer = data;
    cc_peer_pool_t *each = atomic_load(&peer->pools);
    cc_client_map_t *map = atomic_load(&peer->map);

    while (each) {
        cc_peer_pool_t *next = each->next;
        apr_pool_destroy(each->pool);
        each = next;
    }
    if (map) {
        cc_client_map_end(map);
    }
    if (peer->last) {
        cc_octet_entry_release(peer->last);
    }
    return APR_SUCCESS;
}

static const char *address_text(const conn_rec *c)
{
#if APR_HAVE_SOCKADDR_UN
    if (c->client_addr && c->client_addr->family == APR_UNIX) {
        return "unix";
    }
#endif
    return c->client_ip;
}

int cc_peer_pre_connection(conn_rec *c, void *socket)
{
    cc_peer_t *peer;

    (void)socket;
    if (c->master || c->outgoing || cc_use_anywhere(ap_server_conf) == CC_USE_NONE) {
        return OK;
    }
    peer = apr_pcalloc(c->pool, sizeof(*peer));
    atomic_init(&peer->accepted_until, APR_INT64_MAX);
    peer->address = c->client_addr;
    peer->address_text = address_text(c);
    apr_pool_cleanup_register(c->pool, peer, peer_cleanup, apr_pool_cleanup_null);
    ap_set_module_config(c->conn_config, &clientcert_module, peer);
    return OK;
}

/*
 * Streams run in parallel with each other and with their master connection, and must not use its
 * pool. Each gets a pool of its own, which the master's cleanup destroys.
 */
static apr_pool_t *stream_pool(cc_peer_t *peer)
{
    apr_pool_t *p;
    cc_peer_pool_t *each;

    if (apr_pool_create(&p, NULL) != APR_SUCCESS) {
        return NULL;
    }
    apr_pool_tag(p, "clientcert_stream");
    each = apr_palloc(p, sizeof(*each));
    each->pool = p;
    each->next = atomic_load_explicit(&peer->pools, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&peer->pools, &each->next, each,
                                                  memory_order_release, memory_order_relaxed)) {
    }
    return p;
}

apr_pool_t *cc_peer_pool(conn_rec *c)
{
    cc_peer_t *peer = cc_peer_of(c);

    if (!peer) {
        return NULL;
    }
    if (atomic_fetch_add(&peer->given, 1) >= POOLS) {
        atomic_fetch_sub(&peer->given, 1);
        return NULL;
    }
    return c->master ? stream_pool(peer) : c->pool;
}

cc_client_map_t *cc_peer_map(conn_rec *c, bool make)
{
    cc_peer_t *peer = cc_peer_of(c);
    cc_client_map_t *map = peer ? atomic_load_explicit(&peer->map, memory_order_acquire) : NULL;
    cc_client_map_t *made;

    if (map || !make || !peer) {
        return map;
    }
    made = cc_client_map_make(PLACES);
    if (made && !atomic_compare_exchange_strong(&peer->map, &map, made)) {
        cc_client_map_end(made);
        return map; /* another stream was faster */
    }
    return made;
}

/* ---- requests that were accepted ------------------------------------------------------------ */

/*
 * The streams of a connection may be for several hosts, which accept the client up to different
 * times. The earliest one counts, whichever stream is the last to write.
 */
void cc_peer_accept(const request_rec *r, apr_uint64_t number, apr_time_t until)
{
    cc_peer_t *peer = cc_peer_of(r->connection);
    apr_time_t known;

    if (!peer) {
        return;
    }
    known = atomic_load_explicit(&peer->accepted_until, memory_order_relaxed);
    while (until < known &&
           !atomic_compare_exchange_weak_explicit(&peer->accepted_until, &known, until,
                                                  memory_order_relaxed, memory_order_relaxed)) {
    }
    atomic_store_explicit(&peer->accepted_by, number, memory_order_release);
}

void cc_peer_forget(const conn_rec *c)
{
    cc_peer_t *peer = cc_peer_of(c);

    if (peer) {
        atomic_store(&peer->accepted_by, 0);
        atomic_store(&peer->accepted_until, APR_INT64_MAX);
    }
}
