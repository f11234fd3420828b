/* SPDX-License-Identifier: Apache-2.0 */
/* Judges a certificate that a proxy passed on: reads it, verifies it, and checks its revocation. */
#include <apr_strings.h>

#include "base/error.h"
#include "cert/cert.h"
#include "forward/forward.h"
#include "httpd/conf/log_text.h"
#include "httpd/conf/module.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/log/log.h"
#include "httpd/metrics/counted.h"
#include "httpd/metrics/counters.h"
#include "httpd/metrics/quota.h"
#include "httpd/peer/client.h"
#include "httpd/peer/client_revocation.h"
#include "httpd/peer/forwarded.h"
#include "httpd/peer/forwarded_client.h"
#include "httpd/peer/octet_cache.h"
#include "httpd/peer/vhost.h"
#include "trust/path.h"
#include "trust/trust.h"

/* How long a certificate that did not verify is not verified again on the same connection. */
#define RETRY apr_time_from_sec(60)

/* ---- reading --------------------------------------------------------------------------------- */

void cc_forwarded_bad_log(request_rec *r, const cc_forwarded_t *forwarded, const char *reason)
{
    bool header = forwarded->via == CC_VIA_HEADER;

    if (APLOG_R_IS_LEVEL(r, APLOG_WARNING) && cc_quota_lets(r->server, CC_QUOTA_BAD_HEADER)) {
        ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r,
                      "CC0145: the %s %s of the proxy %s is not used: %s",
                      header ? "header" : "header of the protocol",
                      header ? forwarded->spec->name : "PROXY", forwarded->proxy, reason);
    }
}

static apr_status_t free_certs(void *data)
{
    const cc_forwarded_certs_t *certs = data;

    X509_free(certs->leaf);
    sk_X509_pop_free(certs->chain, X509_free);
    return APR_SUCCESS;
}

/* Sets data->bad if it is not a certificate. */
static void certs_read(cc_forwarded_client_t *data, request_rec *r, const cc_forwarded_t *forwarded,
                       apr_pool_t *p)
{
    const cc_header_spec_t *spec = forwarded->spec;
    cc_error_t err = {0};
    apr_status_t status =
        forwarded->via == CC_VIA_HEADER
            ? cc_forward_read(&data->certs, spec->format, forwarded->value, forwarded->chain,
                              spec->reads_chain, p, &err)
            : cc_forward_read_der(&data->certs, (const unsigned char *)forwarded->value,
                                  forwarded->len, p, &err);

    if (status != APR_SUCCESS) {
        data->bad = "the proxy passed on a certificate that cannot be read";
        cc_forwarded_bad_log(r, forwarded, cc_log_text(cc_error_text(&err, r->pool), r->pool));
    }
}

/* ---- judging --------------------------------------------------------------------------------- */

static const char *verify(cc_forwarded_client_t *data, request_rec *r, apr_pool_t *p)
{
    const cc_vhost_t *host = cc_vhost_of(r->server);
    apr_time_t now = apr_time_now();
    const char *problem;

    data->retry_at = now + RETRY;
    if (!host) {
        data->seal.state = CC_TRUST_FAILED;
        data->client.fault = (cc_fault_t){CC_CAUSE_NO_TLS, 0, 0};
        return "this virtual host verifies no certificates";
    }
    problem = cc_trust_verify_within(&data->seal, host->trust, data->certs.leaf, data->certs.chain,
                                     cc_vhost_conf_of(r->server)->verify_depth, now, p);
    if (problem) {
        data->client.fault = data->seal.fault;
    }
    return problem;
}

static cc_verified_t verified_of(const cc_forwarded_client_t *data)
{
    return (cc_verified_t){data->certs.leaf, &data->seal, data->certs.chain};
}

static void facts_set(cc_forwarded_client_t *data, cc_via_t via, const char *proxy)
{
    cc_facts_t *facts = &data->client.facts;

    cc_trust_facts(facts, data->trust, &data->seal, data->certs.leaf, data->certs.chain,
                   data->entry->pool);
    facts->via = via;
    facts->via_proxy = proxy;
}

/* Counts and logs that it gives no identity, or that it will expire soon. */
static void tell(cc_forwarded_client_t *data, request_rec *r)
{
    cc_client_t *client = &data->client;

    if (client->problem) {
        cc_counters_rejected(r->server, cc_client_rejection(&data->seal, &data->revocation.status));
        cc_log_problem(r, (cc_log_client_t){client->cert, &client->facts}, client->problem);
    } else {
        cc_client_expiry_tell(client, data->certs.leaf, r);
    }
}

/*
 * `verified` stays false: its requests are not refused, and the connection of the proxy stays open,
 * since other clients use it.
 */
static void judge(cc_forwarded_client_t *data, request_rec *r, cc_via_t via, const char *proxy)
{
    const cc_vhost_t *host = cc_vhost_of(r->server);
    cc_client_t *client = &data->client;
    cc_verified_t cert = verified_of(data);
    apr_pool_t *p = data->entry->pool;

    data->trust = host ? host->trust : NULL;
    client->problem = client->public_problem = verify(data, r, p);
    client->cert = cc_cert_wrap(data->certs.leaf, p);
    facts_set(data, via, proxy);
    client->facts.host = r->server;
    if (host) {
        cc_client_revocation_take(&data->revocation, client, host->revocation, &cert, p);
    }
    cc_client_span_set(client, &data->seal, 0);
    tell(data, r);
}

/* ---- entries --------------------------------------------------------------------------------- */

typedef struct cc_lasting_t {
    struct cc_lasting_t *next;
    apr_pool_t *pool;
} cc_lasting_t;

static apr_status_t pools_free(void *entry_data)
{
    cc_forwarded_client_t *data = entry_data;
    cc_lasting_t *each = atomic_load(&data->pools);

    while (each) {
        cc_lasting_t *next = each->next;
        apr_pool_destroy(each->pool);
        each = next;
    }
    return APR_SUCCESS;
}

static cc_forwarded_client_t *data_make(const cc_octet_key_t *key)
{
    cc_octet_entry_t *entry = cc_octet_entry_make(key);
    cc_forwarded_client_t *data;

    if (!entry) {
        return NULL;
    }
    data = apr_pcalloc(entry->pool, sizeof(*data));
    data->entry = entry;
    entry->data = data;
    apr_pool_cleanup_register(entry->pool, data, pools_free, apr_pool_cleanup_null);
    return data;
}

cc_octet_entry_t *cc_forwarded_client_make(request_rec *r, const cc_forwarded_t *forwarded,
                                           const cc_octet_key_t *key)
{
    cc_forwarded_client_t *data = data_make(key);

    if (!data) {
        return NULL;
    }
    certs_read(data, r, forwarded, data->entry->pool);
    if (!data->bad) {
        judge(data, r, forwarded->via, apr_pstrdup(data->entry->pool, forwarded->proxy));
    }
    return data->entry;
}

cc_octet_entry_t *cc_forwarded_client_again(request_rec *r, const cc_forwarded_client_t *before,
                                            const cc_octet_key_t *key)
{
    const cc_facts_t *facts = &before->client.facts;
    cc_forwarded_client_t *data = data_make(key);

    if (!data) {
        return NULL;
    }
    X509_up_ref(before->certs.leaf);
    data->certs = (cc_forwarded_certs_t){
        before->certs.leaf, before->certs.chain ? X509_chain_up_ref(before->certs.chain) : NULL};
    apr_pool_cleanup_register(data->entry->pool, &data->certs, free_certs, apr_pool_cleanup_null);
    judge(data, r, facts->via, apr_pstrdup(data->entry->pool, facts->via_proxy));
    return data->entry;
}

bool cc_forwarded_client_holds(const cc_forwarded_client_t *data, const cc_vhost_t *host)
{
    if (data->bad) {
        return true;
    }
    return data->seal.state == CC_TRUST_OK
               ? cc_client_revocation_holds(&data->revocation, host->revocation)
               : apr_time_now() < data->retry_at;
}

bool cc_forwarded_client_renew(cc_forwarded_client_t *data, request_rec *r)
{
    cc_verified_t cert = verified_of(data);

    return data->seal.state == CC_TRUST_OK &&
           cc_client_revocation_renew(&data->revocation, cc_vhost_of(r->server)->revocation, &cert,
                                      r->pool);
}

/* More than the rule sets and conditions of most requests. Further results are in a map. */
#define POOLS 4

apr_pool_t *cc_forwarded_client_pool(cc_forwarded_client_t *data)
{
    cc_lasting_t *each;
    apr_pool_t *p;

    if (atomic_fetch_add(&data->given, 1) >= POOLS) {
        atomic_fetch_sub(&data->given, 1);
        return NULL;
    }
    p = cc_client_map_pool();
    if (!p) {
        return NULL;
    }
    each = apr_palloc(p, sizeof(*each));
    each->pool = p;
    each->next = atomic_load_explicit(&data->pools, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&data->pools, &each->next, each,
                                                  memory_order_release, memory_order_relaxed)) {
    }
    return p;
}
