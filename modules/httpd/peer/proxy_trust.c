/* SPDX-License-Identifier: Apache-2.0 */
/* Decides whether the peer of a connection is a trusted proxy. */
#include <stdatomic.h>

#include <apr_strings.h>

#include "httpd/conf/module.h"
#include "httpd/conf/proxies.h"
#include "httpd/peer/client.h"
#include "httpd/peer/peer.h"
#include "httpd/peer/proxy_trust.h"
#include "httpd/peer/vhost.h"
#include "rules/rules.h"

/*
 * The conditions of a host that the certificate of a connection meets, or not. In a list that grows
 * at its front; what is stale stays behind newer results.
 */
typedef struct cc_proxy_met_t {
    struct cc_proxy_met_t *next;
    const cc_client_t *client; /* lives as long as the connection */
    const cc_rules_t *rules;
    apr_time_t stale_at;
    apr_uint64_t generation;
    bool met;
} cc_proxy_met_t;

static const cc_proxy_met_t *met_find(const cc_peer_t *peer, const cc_client_t *client,
                                      const cc_rules_t *rules, apr_time_t now)
{
    const cc_proxy_met_t *met = atomic_load_explicit(&peer->proxies_met, memory_order_acquire);

    while (met && (met->client != client || met->rules != rules || now >= met->stale_at ||
                   met->generation != cc_rules_generation(rules))) {
        met = met->next;
    }
    return met;
}

static void met_keep(cc_peer_t *peer, const cc_proxy_met_t *found, apr_pool_t *p)
{
    cc_proxy_met_t *met = apr_pmemdup(p, found, sizeof(*found));

    met->next = atomic_load_explicit(&peer->proxies_met, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&peer->proxies_met, &met->next, met,
                                                  memory_order_release, memory_order_relaxed)) {
    }
}

/* A failed lookup is no answer, and is not kept: the next request tries again. */
static bool met_evaluate(request_rec *r, cc_peer_t *peer, const cc_client_t *client,
                         const cc_rules_t *rules, apr_time_t now)
{
    cc_facts_t facts = cc_client_facts(client, now);
    const cc_verdict_t *verdict =
        cc_rules_evaluate(rules, client->cert, &facts, NULL, r->pool, r->pool);
    cc_proxy_met_t found = {.client = client,
                            .rules = rules,
                            .stale_at = verdict->stale_at,
                            .generation = verdict->generation,
                            .met = !verdict->failure && verdict->matched_count > 0};
    apr_pool_t *p = verdict->failure ? NULL : client->source->pool(client, r->connection);

    if (p) {
        met_keep(peer, &found, p);
    }
    return found.met;
}

static bool meets(request_rec *r, const cc_client_t *client, const cc_rules_t *rules,
                  apr_time_t now)
{
    cc_peer_t *peer = cc_peer_of(r->connection);
    const cc_proxy_met_t *met = met_find(peer, client, rules, now);

    return met ? met->met : met_evaluate(r, peer, client, rules, now);
}

/*
 * A certificate that verified and was revoked since, say, makes its connection one of any client,
 * whose requests are refused (request/refuse.c), whether conditions ask for it or not.
 */
static bool is_certified(request_rec *r, const cc_peer_t *peer, const cc_proxies_t *proxies)
{
    const cc_vhost_t *host = cc_vhost_of(r->server);
    bool may_have_client = peer->ssl || peer->finder;
    cc_nobody_t why;
    const cc_client_t *client;
    apr_time_t now;
    bool valid;

    if (!proxies->certs && !(may_have_client && host && cc_vhost_asks_more(host))) {
        return true;
    }
    client = cc_peer_client(r, &why);
    now = apr_time_now();
    valid = client && cc_client_fault(client, now).cause == CC_CAUSE_NONE;
    if (!proxies->certs) {
        return !client || valid || !client->verified;
    }
    return valid && meets(r, client, proxies->certs, now);
}

/* The address of a connection stays the same, so it is compared once in its own thread. */
static bool is_address_trusted(const conn_rec *c, cc_peer_t *peer, const cc_proxies_t *proxies)
{
    if (!c->master && peer->trusted_by == proxies) {
        return true;
    }
    if (!peer->address || !cc_proxies_trust(proxies, peer->address)) {
        return false;
    }
    if (!c->master) {
        peer->trusted_by = proxies;
    }
    return true;
}

cc_proxy_trust_t cc_proxy_trust(request_rec *r, const cc_proxies_t *proxies)
{
    cc_peer_t *peer = cc_peer_of(r->connection);

    if (!peer || !is_address_trusted(r->connection, peer, proxies)) {
        return CC_PROXY_ADDRESS;
    }
    return is_certified(r, peer, proxies) ? CC_PROXY_TRUSTED : CC_PROXY_CERTIFICATE;
}
