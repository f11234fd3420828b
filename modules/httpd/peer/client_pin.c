/* SPDX-License-Identifier: Apache-2.0 */
/* Looks up the key of a client in the table of ClientCertPinned, and keeps the answer. */
#include <apr_escape.h>
#include <apr_strings.h>

#include "cert/cert.h"
#include "httpd/peer/client.h"
#include "httpd/peer/client_pin.h"
#include "rules/rules.h"
#include "tables/table.h"

cc_table_result_t cc_pinning_lookup(const char **why, apr_time_t *stale_at,
                                    const cc_pinning_t *pinning, const cc_cert_t *cert,
                                    apr_pool_t *p)
{
    unsigned char sha256[32], spki_sha256[32];
    const char *name = cc_table_name(pinning->table), *what = pinning->whole ? "digest" : "key";
    cc_query_t query = {.form = CC_KEY_HEX};

    cc_cert_digests(cert, sha256, spki_sha256);
    query.key = apr_pescape_hex(p, pinning->whole ? sha256 : spki_sha256, sizeof(sha256), 0);
    query.len = 2 * sizeof(sha256);
    cc_table_lookup(pinning->table, &query, apr_time_now(), p);
    *why = NULL;
    if (query.result == CC_TABLE_MISSING) {
        *why = apr_psprintf(p, "its %s is not in the table %s (ClientCertPinned)", what, name);
    } else if (query.result == CC_TABLE_FAILED) {
        *why = apr_psprintf(p, "its %s cannot be looked up: table %s (%s): %s", what, name,
                            cc_table_where(pinning->table),
                            query.info.failure ? query.info.failure
                                               : "its source could not be queried");
    }
    if (stale_at) {
        *stale_at = query.info.stale_at;
    }
    return query.result;
}

/*
 * The number of the generation and the time are read first: a change during the lookup then makes
 * the answer stale, and a request that began meanwhile asks again. Only after a failure does it
 * not: it has waited for the source already.
 */
static cc_table_result_t look_up(cc_client_pin_t *pin, const char **why, const cc_cert_t *cert,
                                 apr_pool_t *p)
{
    apr_uint64_t generation = cc_table_generation(pin->by->table);
    apr_time_t stale_at, asked_at = apr_time_now();
    cc_table_result_t result = cc_pinning_lookup(why, &stale_at, pin->by, cert, p);

    atomic_store_explicit(&pin->stale_at, stale_at, memory_order_relaxed);
    asked_at = result == CC_TABLE_FAILED ? apr_time_now() : asked_at;
    atomic_store_explicit(&pin->asked_at, asked_at, memory_order_relaxed);
    atomic_store_explicit(&pin->generation, generation, memory_order_release);
    return result;
}

void cc_client_pin_take(cc_client_pin_t *pin, cc_client_t *client, const cc_pinning_t *by,
                        apr_pool_t *p)
{
    const char *why;

    pin->by = by;
    pin->result = look_up(pin, &why, client->cert, p);
    if (pin->result == CC_TABLE_FOUND) {
        client->problem = client->public_problem = NULL;
        client->fault = (cc_fault_t){CC_CAUSE_NONE, 0, 0};
        client->facts.pinned = true;
        return;
    }
    client->problem = apr_pstrcat(p, client->problem, "; ", why, NULL);
    if (pin->result == CC_TABLE_FAILED) {
        cc_verdict_t *failed = apr_pcalloc(p, sizeof(*failed));

        failed->failure = why;
        client->failed = failed;
    }
}

/*
 * After a failed lookup, the next request tries again. The answer of a source that keeps none
 * (ttl=0) is good for this request, and for a second at most: a tunnel is one request, which asks
 * with each octet that passes.
 */
#define SAME_REQUEST apr_time_from_sec(1)

bool cc_client_pin_is_fresh(const cc_client_pin_t *pin, apr_time_t since)
{
    apr_time_t now = apr_time_now(), asked_at;

    if (atomic_load_explicit(&pin->generation, memory_order_acquire) !=
        cc_table_generation(pin->by->table)) {
        return false;
    }
    asked_at = atomic_load_explicit(&pin->asked_at, memory_order_relaxed);
    if (pin->result == CC_TABLE_FAILED) {
        return since < asked_at;
    }
    return now < atomic_load_explicit(&pin->stale_at, memory_order_relaxed) ||
           (since <= asked_at && now < asked_at + SAME_REQUEST);
}

/* The key, the row and a reason are temporary. */
static cc_table_result_t look_up_again(cc_client_pin_t *again, const cc_client_t *client,
                                       apr_pool_t *p)
{
    apr_pool_t *scratch = NULL;
    const char *why;
    cc_table_result_t result;

    if (apr_pool_create_unmanaged_ex(&scratch, NULL, NULL) == APR_SUCCESS) {
        p = scratch;
    }
    result = look_up(again, &why, client->cert, p);
    if (scratch) {
        apr_pool_destroy(scratch);
    }
    return result;
}

bool cc_client_pin_renew(cc_client_pin_t *pin, const cc_client_t *client, apr_pool_t *p)
{
    cc_client_pin_t again = {.by = pin->by};

    if (look_up_again(&again, client, p) != pin->result) {
        return false;
    }
    atomic_store_explicit(&pin->stale_at, atomic_load(&again.stale_at), memory_order_relaxed);
    atomic_store_explicit(&pin->asked_at, atomic_load(&again.asked_at), memory_order_relaxed);
    atomic_store_explicit(&pin->generation, atomic_load(&again.generation), memory_order_release);
    return true;
}
