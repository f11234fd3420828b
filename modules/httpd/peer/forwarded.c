/* SPDX-License-Identifier: Apache-2.0 */
/* Takes from a request what a trusted proxy passed on, and gives its client. */
#include <string.h>

#include "forward/forward.h"
#include "httpd/conf/module.h"
#include "httpd/conf/proxies.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/metrics/counted.h"
#include "httpd/metrics/counters.h"
#include "httpd/metrics/quota.h"
#include "httpd/peer/client.h"
#include "httpd/peer/forwarded.h"
#include "httpd/peer/forwarded_cache.h"
#include "httpd/peer/forwarded_client.h"
#include "httpd/peer/octet_cache.h"
#include "httpd/peer/peer.h"
#include "httpd/peer/proxy_filter.h"
#include "httpd/peer/proxy_trust.h"

/* What was taken from a request, and its client once it was asked for; in the request's pool. */
typedef struct captured_t {
    cc_forwarded_t seen; /* the first member */
    cc_octet_entry_t *entry;
    apr_pool_t *pool;
} captured_t;

static apr_status_t entry_release(void *entry)
{
    cc_octet_entry_release(entry);
    return APR_SUCCESS;
}

/* ---- headers --------------------------------------------------------------------------------- */

/* The headers of one name. */
typedef struct named_t {
    const char *value;
    int exact;  /* headers that are spelled as in the configuration */
    int others; /* headers that some program would take for it */
} named_t;

/* All headers of a request that matter here. */
typedef struct headers_t {
    named_t cert, chain;
    bool veto;
} headers_t;

/* ASCII, and faster than ctype. */
static inline bool is_letter(char c)
{
    return ((unsigned char)c | 0x20U) - 'a' < 26;
}

/* Names that begin with different letters are different. */
static inline bool may_be(const char *name, const char *wanted)
{
    return !((*name ^ *wanted) & ~0x20) || !is_letter(*name) || !is_letter(*wanted);
}

static bool is_named(named_t *named, const char *wanted, const apr_table_entry_t *header)
{
    if (!strcasecmp(header->key, wanted)) {
        named->exact++;
        named->value = header->val;
        return true;
    }
    if (cc_header_same(header->key, wanted)) {
        named->others++;
        return true;
    }
    return false;
}

static inline bool may_veto(const char *name)
{
    return may_be(name, "S") || may_be(name, "X");
}

static headers_t headers_find(const request_rec *r, const cc_header_spec_t *spec)
{
    const apr_array_header_t *all = apr_table_elts(r->headers_in);
    headers_t found = {{NULL, 0, 0}, {NULL, 0, 0}, false};

    for (int i = 0; i < all->nelts; i++) {
        const apr_table_entry_t *header = &APR_ARRAY_IDX(all, i, apr_table_entry_t);

        if ((may_be(header->key, spec->name) && is_named(&found.cert, spec->name, header)) ||
            (spec->chain_name && may_be(header->key, spec->chain_name) &&
             is_named(&found.chain, spec->chain_name, header))) {
            continue;
        }
        found.veto = found.veto || (may_veto(header->key) &&
                                    cc_header_veto(header->key, header->val) == CC_VETO_FAILED);
    }
    return found;
}

static bool is_single(const named_t *named)
{
    return named->exact < 2 && (named->exact == 0 || named->others == 0);
}

/*
 * A literal, or NULL. A header in another spelling alone is not looked at: it is just removed. What
 * follows a PROXY header, the proxy may pass on unread.
 */
static const char *fault_of(const headers_t *found, const cc_peer_t *peer)
{
    if (found->cert.value && peer->of_proxy) {
        return "the connection began with a PROXY header, after which a header of HTTP may be from "
               "the client";
    }
    if (!is_single(&found->cert)) {
        return "the header is there twice, or in two spellings";
    }
    if (!is_single(&found->chain)) {
        return "the header of its chain is there twice, or in two spellings";
    }
    return found->veto && found->cert.value
               ? "the proxy reports that the certificate did not verify"
               : NULL;
}

static void header_remove(request_rec *r, const named_t *named, const char *wanted)
{
    const apr_array_header_t *all = apr_table_elts(r->headers_in);

    if (named->exact > 0) {
        apr_table_unset(r->headers_in, wanted);
    }
    for (int i = all->nelts; named->others > 0 && i-- > 0;) {
        const char *name = APR_ARRAY_IDX(all, i, apr_table_entry_t).key;

        if (cc_header_same(name, wanted)) {
            apr_table_unset(r->headers_in, name);
            i = all->nelts; /* others of this name may have been removed with it */
        }
    }
}

static void headers_remove(request_rec *r, const headers_t *found, const cc_header_spec_t *spec)
{
    header_remove(r, &found->cert, spec->name);
    if (spec->chain_name) {
        header_remove(r, &found->chain, spec->chain_name);
    }
}

/* ---- peers that are not trusted -------------------------------------------------------------- */

static void untrusted_tell(request_rec *r, cc_proxy_trust_t trust, const char *name)
{
    const cc_peer_t *peer = cc_peer_of(r->connection);
    const char *address = peer && peer->address_text ? peer->address_text : "unknown";

    cc_counters_rejected(r->server, CC_REJECTED_UNTRUSTED_PROXY);
    if (!APLOG_R_IS_LEVEL(r, APLOG_WARNING) ||
        !cc_quota_lets(r->server, CC_QUOTA_UNTRUSTED_PROXY)) {
        return;
    }
    if (trust == CC_PROXY_ADDRESS) {
        ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r,
                      "CC0146: removed the request header %s: %s is not a trusted proxy "
                      "(ClientCertTrustedProxy)",
                      name, address);
    } else {
        ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r,
                      "CC0146: removed the request header %s: the proxy %s has no certificate that "
                      "ClientCertTrustedProxyCert accepts",
                      name, address);
    }
}

/* ---- capturing ------------------------------------------------------------------------------- */

static cc_forwarded_t *captured_make(request_rec *r, const cc_forwarded_t *seen)
{
    captured_t *captured = apr_palloc(r->pool, sizeof(*captured));

    *captured = (captured_t){*seen, NULL, r->pool};
    return &captured->seen;
}

/* The same fault is logged once for a connection, and for streams of HTTP/2 within the quota. */
static void bad_tell(request_rec *r, const cc_forwarded_t *seen)
{
    cc_peer_t *peer = cc_peer_of(r->connection);

    cc_counters_rejected(r->server, CC_REJECTED_BAD_HEADER);
    if (r->connection->master || peer->last_bad != seen->bad) {
        cc_forwarded_bad_log(r, seen, seen->bad);
    }
    if (!r->connection->master) {
        peer->last_bad = seen->bad;
    }
}

static const cc_forwarded_t *header_capture(request_rec *r, const cc_proxies_t *proxies,
                                            const char **untrusted)
{
    const cc_header_spec_t *spec = proxies->header;
    headers_t found = headers_find(r, spec);
    cc_proxy_trust_t trust = cc_proxy_trust(r, proxies);
    cc_forwarded_t seen = {.via = CC_VIA_HEADER, .spec = spec, .value = found.cert.value};

    headers_remove(r, &found, spec);
    if (trust != CC_PROXY_TRUSTED) {
        if (found.cert.exact + found.cert.others > 0) {
            untrusted_tell(r, trust, spec->name);
            *untrusted = spec->name;
        }
        return NULL;
    }
    seen.proxy = cc_peer_of(r->connection)->address_text;
    seen.len = seen.value ? strlen(seen.value) : 0;
    seen.chain = found.chain.value && *found.chain.value ? found.chain.value : NULL;
    seen.chain_len = seen.chain ? strlen(seen.chain) : 0;
    seen.bad = fault_of(&found, cc_peer_of(r->connection));
    if (seen.bad) {
        bad_tell(r, &seen);
    }
    return captured_make(r, &seen);
}

/*
 * What the PROXY header of an HTTP/1.1 connection passes on, with the client that a host found for
 * it: most requests find it here. Its entry is held as long as the connection lasts.
 */
typedef struct cc_lasting_client_t {
    captured_t captured; /* the first member */
    const struct cc_lasting_client_t *next;
    int count; /* of the list from here on */
} cc_lasting_client_t;

/* More than the hosts, and changes of CRLs, of most connections. */
enum { LASTING = 8 };

/*
 * Whether a proxy is trusted by its certificate may change while a request is served, so it is
 * decided once for each request, which keeps what was captured.
 */
static bool may_last(const request_rec *r)
{
    return !r->connection->master && !cc_vhost_conf_of(r->server)->proxies->certs;
}

static const cc_forwarded_t *lasting_find(const request_rec *r)
{
    const cc_lasting_client_t *each = may_last(r) ? cc_peer_of(r->connection)->lasting : NULL;

    while (each && !cc_forwarded_is_current(each->captured.entry, r)) {
        each = each->next;
    }
    return each ? &each->captured.seen : NULL;
}

static bool is_lasting(const cc_peer_t *peer, const cc_octet_entry_t *entry)
{
    const cc_lasting_client_t *each = peer->lasting;

    while (each && each->captured.entry != entry) {
        each = each->next;
    }
    return each != NULL;
}

static void lasting_add(const request_rec *r, const captured_t *captured)
{
    conn_rec *c = r->connection;
    cc_peer_t *peer = cc_peer_of(c);
    int count = peer->lasting ? peer->lasting->count : 0;
    cc_lasting_client_t *made;

    if (captured->seen.via != CC_VIA_PROXY_PROTOCOL || !may_last(r) || count == LASTING ||
        is_lasting(peer, captured->entry)) {
        return;
    }
    made = apr_palloc(c->pool, sizeof(*made));
    *made = (cc_lasting_client_t){*captured, peer->lasting, count + 1};
    made->captured.seen.lasts = true;
    made->captured.pool = c->pool;
    cc_octet_entry_hold(captured->entry);
    apr_pool_cleanup_register(c->pool, captured->entry, entry_release, apr_pool_cleanup_null);
    peer->lasting = made;
}

/* True if the PROXY header of the connection counts for a request, instead of headers of HTTP. */
static bool is_by_protocol(const request_rec *r, const cc_proxies_t *proxies)
{
    const cc_peer_t *peer = cc_peer_of(r->connection);

    return proxies->proxy_protocol && (!proxies->header || (peer && peer->of_proxy));
}

/* Headers of HTTP do not count: see fault_of. */
static const cc_forwarded_t *protocol_capture(request_rec *r, const cc_proxies_t *proxies)
{
    cc_proxy_trust_t trust = cc_proxy_trust(r, proxies);
    const cc_forwarded_t *seen;

    if (trust == CC_PROXY_ADDRESS) {
        return NULL;
    }
    seen = trust == CC_PROXY_TRUSTED ? lasting_find(r) : NULL;
    if (seen) {
        return seen;
    }
    seen = cc_proxy_filter_forwarded(r);
    if (trust == CC_PROXY_TRUSTED) {
        if (seen->bad) {
            bad_tell(r, seen);
        }
        return captured_make(r, seen);
    }
    if (seen->value && r->connection->keepalives == 0) {
        cc_proxy_filter_ignored(r->connection, r->server,
                                "has no certificate that ClientCertTrustedProxyCert accepts");
    }
    return NULL;
}

const cc_forwarded_t *cc_forwarded_capture(request_rec *r, const char **untrusted)
{
    const cc_proxies_t *proxies = cc_vhost_conf_of(r->server)->proxies;

    if (!cc_proxies_take(proxies)) {
        return NULL;
    }
    if (!is_by_protocol(r, proxies)) {
        return header_capture(r, proxies, untrusted);
    }
    if (proxies->header) {
        headers_t found = headers_find(r, proxies->header);

        headers_remove(r, &found, proxies->header);
    }
    return protocol_capture(r, proxies);
}

const cc_forwarded_t *cc_forwarded_unread(request_rec *r)
{
    const cc_proxies_t *proxies = cc_vhost_conf_of(r->server)->proxies;
    cc_forwarded_t seen = {.via = CC_VIA_HEADER,
                           .spec = proxies->header,
                           .bad = "the request of the proxy could not be read"};

    if (is_by_protocol(r, proxies)) {
        return protocol_capture(r, proxies);
    }
    if (cc_proxy_trust(r, proxies) != CC_PROXY_TRUSTED) {
        return NULL;
    }
    seen.proxy = cc_peer_of(r->connection)->address_text;
    return captured_make(r, &seen);
}

/* ---- the client ------------------------------------------------------------------------------ */

/* A request asks several times, and has to get the same client each time. */
static cc_octet_entry_t *entry_of(request_rec *r, captured_t *captured)
{
    if (captured->entry) {
        return captured->entry;
    }
    captured->entry = cc_forwarded_find(r, &captured->seen);
    if (captured->entry) {
        apr_pool_cleanup_register(captured->pool, captured->entry, entry_release,
                                  apr_pool_cleanup_null);
        if (cc_forwarded_client_of(captured->entry)->bad) {
            cc_counters_rejected(r->server, CC_REJECTED_BAD_HEADER);
        } else {
            lasting_add(r, captured);
        }
    }
    return captured->entry;
}

cc_client_t *cc_forwarded_client(request_rec *r, const cc_forwarded_t *forwarded, cc_nobody_t *why)
{
    cc_forwarded_client_t *data;
    cc_octet_entry_t *entry;

    *why = (cc_nobody_t){.unproven = forwarded->bad, .passed_on = true};
    if (forwarded->bad || !forwarded->value) {
        return NULL;
    }
    entry = entry_of(r, (captured_t *)forwarded);
    if (!entry) {
        why->unproven = "there was no memory to verify it";
        return NULL;
    }
    data = cc_forwarded_client_of(entry);
    why->unproven = data->bad;
    return data->bad ? NULL : &data->client;
}
