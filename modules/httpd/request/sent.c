/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the headers by which back ends get the certificate, the user and the groups of a client. */
#include <string.h>

#include <apr_strings.h>

#include "base/error.h"
#include "base/text.h"
#include "cert/cert.h"
#include "forward/forward.h"
#include "httpd/request/lookup.h"
#include "httpd/request/sent.h"

/*
 * Adds a header with a copy of the value (no value: none), unless there is a fault. A value that is
 * too long is one.
 */
static void header_add(cc_sent_t *sent, const char *name, const char *value,
                       const cc_sent_query_t *query, apr_pool_t *p)
{
    apr_size_t max =
        (apr_size_t)(query->cert && query->cert->format ? query->cert->max : CC_FORWARDING_MAX);
    apr_size_t len = value ? strlen(value) : 0;

    if (!value || sent->fault) {
        return;
    }
    if (len > max) {
        sent->fault =
            apr_psprintf(p,
                         "the header %s would have %" APR_SIZE_T_FMT
                         " octets, which is more than max=%" APR_SIZE_T_FMT " of ClientCertForward",
                         cc_text_escape(name, strlen(name), p), len, max);
        sent->count = 0;
        return;
    }
    sent->at[sent->count++] = (cc_sent_header_t){name, apr_pstrmemdup(p, value, len)};
}

/* The path is NULL if it cannot be built: then the certificate alone is sent. */
static void cert_add(cc_sent_t *sent, const cc_sent_query_t *query, apr_pool_t *p)
{
    const cc_client_t *client = query->client;
    bool asks = query->cert->sends_chain && client->source->path;
    STACK_OF(X509) *path = asks ? client->source->path(client, query->connection) : NULL;
    cc_forward_values_t values = {NULL, NULL};
    cc_error_t err = {0};

    if (cc_forward_write(&values, query->cert->format, cc_cert_x509(client->cert),
                         sk_X509_num(path) > 0 ? path : NULL, query->pool, &err) != APR_SUCCESS) {
        sent->fault = cc_error_text(&err, p);
    }
    sk_X509_pop_free(path, X509_free);
    header_add(sent, query->cert->header, values.value, query, p);
    header_add(sent, query->cert->chain, query->cert->chain ? values.chain_value : NULL, query, p);
}

/*
 * A header loses the spaces at the ends of its value (RFC 9110 5.5), and a reader of a list those
 * around its parts. "alice " would become the user alice.
 */
static void spaces_refuse(cc_sent_t *sent, const char *what, const char *name, apr_pool_t *p)
{
    apr_size_t len = strlen(name);

    if (!sent->fault && len > 0 && (name[0] == ' ' || name[len - 1] == ' ')) {
        sent->fault = apr_psprintf(p,
                                   "the %s \"%s\" begins or ends with a space, which a header "
                                   "would lose",
                                   what, cc_text_escape(name, len, p));
        sent->count = 0;
    }
}

static void identity_check(cc_sent_t *sent, const cc_sent_query_t *query, apr_pool_t *p)
{
    const cc_verdict_t *verdict = query->verdict;

    if (query->identity->user && verdict->user) {
        spaces_refuse(sent, "user", verdict->user, p);
    }
    for (int i = 0; query->identity->groups && i < verdict->group_count; i++) {
        spaces_refuse(sent, "group", verdict->groups[i].name, p);
    }
}

static void identity_add(cc_sent_t *sent, const char *name, const cc_lookup_t *lookup,
                         const cc_sent_query_t *query, apr_pool_t *p)
{
    if (name) {
        header_add(sent, name,
                   cc_lookup_text(lookup, query->client, NULL, query->verdict, query->pool), query,
                   p);
    }
}

const cc_sent_t *cc_sent_make(const cc_sent_query_t *query, apr_pool_t *p)
{
    const cc_verdict_t *verdict = query->verdict;
    cc_sent_t *sent;

    if (verdict && !verdict->user && verdict->group_count == 0) {
        return NULL;
    }
    sent = apr_pcalloc(p, sizeof(*sent));
    /* A back end would believe the names in a certificate for which no CA vouches. */
    if (query->cert && query->cert->format && !query->client->facts.pinned) {
        cert_add(sent, query, p);
    }
    if (query->identity && verdict) {
        identity_check(sent, query, p);
        identity_add(sent, query->identity->user, &cc_lookup_user, query, p);
        identity_add(sent, query->identity->groups, &cc_lookup_group, query, p);
    }
    return sent->fault || sent->count > 0 ? sent : NULL;
}
