/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the clients of proxies: the last of a connection, and those in the cache of a process. */
#include <apr_strings.h>

#include "httpd/conf/configuration.h"
#include "httpd/conf/module.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/metrics/counted.h"
#include "httpd/metrics/counters.h"
#include "httpd/peer/client.h"
#include "httpd/peer/client_map.h"
#include "httpd/peer/forwarded.h"
#include "httpd/peer/forwarded_cache.h"
#include "httpd/peer/forwarded_client.h"
#include "httpd/peer/octet_cache.h"
#include "httpd/peer/peer.h"
#include "httpd/peer/vhost.h"

/*
 * A proxy's connection carries the requests of many clients, and there is no TLS session in which a
 * verdict could be sealed. So verified certificates are kept by the exact octets that the proxy
 * sent, by its address, and by the number of the host, which changes with its CAs
 * (conf/vhost_conf.h). Nothing is kept that did not verify, except for the last header of a
 * connection: a client that has no certificate of a trusted CA takes no place from one that has.
 *
 * A connection is no client. It has a last header, which is compared octet by octet, and only in
 * the thread of an HTTP/1.1 connection, whose requests come one after another.
 */

enum { CLIENTS = 1024, RESULTS = 1024 };

struct cc_forwarded_store_t {
    cc_octet_cache_t *clients;
    cc_client_map_t *results; /* for which the pools of their clients did not suffice */
    atomic_uint_least64_t numbers;
};

static apr_status_t results_end(void *results)
{
    cc_client_map_end(results);
    return APR_SUCCESS;
}

void cc_forwarded_child_start(apr_pool_t *pchild, server_rec *s)
{
    cc_configuration_t *configuration = cc_configuration_of(s);
    cc_forwarded_store_t *store;

    if (!configuration->takes_headers) {
        return;
    }
    store = apr_pcalloc(pchild, sizeof(*store));
    store->clients = cc_octet_cache_make(CLIENTS, pchild);
    store->results = cc_client_map_make(RESULTS);
    if (store->results) {
        apr_pool_cleanup_register(pchild, store->results, results_end, apr_pool_cleanup_null);
    }
    configuration->forwarded = store;
}

static cc_forwarded_store_t *store_of(const server_rec *s)
{
    return cc_configuration_of(s)->forwarded;
}

/* ---- finding --------------------------------------------------------------------------------- */

/* Certificates in a header and in a PROXY header are read differently. */
static apr_uint64_t number_of(const request_rec *r, cc_via_t via)
{
    return atomic_load_explicit(&cc_vhost_conf_of(r->server)->number, memory_order_acquire) * 4 +
           (apr_uint64_t)via;
}

/* What was found is for the caller, a holder, to use: not if it has to be made again. */
static cc_octet_entry_t *valid(cc_octet_entry_t *entry, request_rec *r)
{
    if (entry &&
        !cc_forwarded_client_holds(cc_forwarded_client_of(entry), cc_vhost_of(r->server)) &&
        !cc_forwarded_client_renew(cc_forwarded_client_of(entry), r)) {
        cc_octet_entry_release(entry);
        return NULL;
    }
    return entry;
}

static const cc_client_source_t source; /* below */

/* Gives a new client its number, and a place if it verified. */
static cc_octet_entry_t *introduce(cc_octet_entry_t *entry, cc_forwarded_store_t *store)
{
    cc_forwarded_client_t *data = entry ? cc_forwarded_client_of(entry) : NULL;

    if (!data || data->bad) {
        return entry;
    }
    data->client.source = &source;
    data->client.number = store ? atomic_fetch_add(&store->numbers, 1) + 1 : 0;
    if (data->seal.state == CC_TRUST_OK && store && store->clients) {
        cc_octet_cache_keep(store->clients, entry);
    }
    return entry;
}

static cc_octet_entry_t *take(cc_forwarded_store_t *store, const cc_octet_key_t *key)
{
    return store && store->clients ? cc_octet_cache_take(store->clients, key) : NULL;
}

static cc_octet_entry_t *last_take(const cc_peer_t *last_of, const cc_octet_key_t *key)
{
    cc_octet_entry_t *last = last_of ? last_of->last : NULL;

    if (!last || !cc_octet_key_same(&last->key, key)) {
        return NULL;
    }
    cc_octet_entry_hold(last);
    return last;
}

static void last_set(cc_peer_t *last_of, cc_octet_entry_t *entry)
{
    cc_octet_entry_t *before = last_of->last;

    if (before == entry) {
        return;
    }
    cc_octet_entry_hold(entry);
    last_of->last = entry;
    if (before) {
        cc_octet_entry_release(before);
    }
}

cc_octet_entry_t *cc_forwarded_find(request_rec *r, const cc_forwarded_t *forwarded)
{
    cc_octet_key_t key = {number_of(r, forwarded->via),
                          {forwarded->proxy, forwarded->value, forwarded->chain},
                          {strlen(forwarded->proxy), forwarded->len, forwarded->chain_len}};
    cc_forwarded_store_t *store = store_of(r->server);
    cc_peer_t *last_of = r->connection->master ? NULL : cc_peer_of(r->connection);
    cc_octet_entry_t *last = last_take(last_of, &key);
    cc_octet_entry_t *entry = valid(last ? last : take(store, &key), r);

    if (!entry) {
        entry = introduce(cc_forwarded_client_make(r, forwarded, &key), store);
        if (entry && !cc_forwarded_client_of(entry)->bad) {
            cc_counters_forwarded(r->server, CC_FORWARDED_VERIFIED);
        }
    } else if (entry != last) {
        cc_counters_forwarded(r->server, CC_FORWARDED_CACHED);
    }
    if (entry && last_of) {
        last_set(last_of, entry);
    }
    return entry;
}

bool cc_forwarded_is_current(const cc_octet_entry_t *entry, const request_rec *r)
{
    const cc_forwarded_client_t *data = cc_forwarded_client_of(entry);

    return entry->key.number == number_of(r, data->client.facts.via) &&
           cc_forwarded_client_holds(data, cc_vhost_of(r->server));
}

/* ---- the source ------------------------------------------------------------------------------ */

/* What was found for a tunnel since its request; in the pool of that request. */
typedef struct later_t {
    cc_octet_entry_t *entry;
} later_t;

static apr_status_t later_release(void *data)
{
    later_t *later = data;

    if (later->entry) {
        cc_octet_entry_release(later->entry);
    }
    return APR_SUCCESS;
}

static later_t *later_of(request_rec *r)
{
    static const char key[] = "clientcert_later";
    void *later = NULL;

    apr_pool_userdata_get(&later, key, r->pool);
    if (!later) {
        later = apr_pcalloc(r->pool, sizeof(later_t));
        apr_pool_userdata_setn(later, key, NULL, r->pool);
        apr_pool_cleanup_register(r->pool, later, later_release, apr_pool_cleanup_null);
    }
    return later;
}

/* A separate function: most tunnels end before anything has changed. */
static __attribute__((noinline)) cc_client_t *changed(const cc_forwarded_client_t *before,
                                                      request_rec *r)
{
    cc_forwarded_store_t *store = store_of(r->server);
    cc_octet_key_t key = before->entry->key;
    later_t *later = later_of(r);
    cc_octet_entry_t *entry;

    key.number = number_of(r, before->client.facts.via);
    entry = valid(take(store, &key), r);
    if (!entry) {
        entry = introduce(cc_forwarded_client_again(r, before, &key), store);
    }
    if (later->entry) {
        cc_octet_entry_release(later->entry);
    }
    later->entry = entry;
    return entry ? &cc_forwarded_client_of(entry)->client : NULL;
}

static cc_client_t *forwarded_again(cc_client_t *client, request_rec *r)
{
    cc_forwarded_client_t *data = (cc_forwarded_client_t *)client;

    return data->entry->key.number == number_of(r, client->facts.via) &&
                   (cc_forwarded_client_holds(data, cc_vhost_of(r->server)) ||
                    cc_forwarded_client_renew(data, r))
               ? client
               : changed(data, r);
}

/* The connection is that of the proxy, and of its other clients. */
static void forwarded_end(cc_client_t *client, request_rec *r)
{
    (void)client;
    (void)r;
}

static apr_pool_t *forwarded_pool(const cc_client_t *client, conn_rec *c)
{
    (void)c;
    return cc_forwarded_client_pool((cc_forwarded_client_t *)client);
}

static cc_client_map_t *forwarded_map(const cc_client_t *client, conn_rec *c, bool make)
{
    cc_forwarded_store_t *store = store_of(c->base_server);

    (void)client;
    (void)make;
    return store ? store->results : NULL;
}

static STACK_OF(X509) * forwarded_path(const cc_client_t *client, conn_rec *c)
{
    const cc_forwarded_client_t *data = (const cc_forwarded_client_t *)client;

    (void)c;
    return data->trust
               ? cc_trust_path(data->trust, data->certs.leaf, data->certs.chain, apr_time_now())
               : NULL;
}

static const cc_client_source_t source = {forwarded_again, forwarded_end, forwarded_pool,
                                          forwarded_map, forwarded_path};
