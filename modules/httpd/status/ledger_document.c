/* SPDX-License-Identifier: Apache-2.0 */
/* Builds the document of clientcert-ledger. */
#include <string.h>

#include <apr_encode.h>
#include <apr_escape.h>
#include <apr_strings.h>

#include "base/moment.h"
#include "base/text.h"
#include "cert/cert.h"
#include "httpd/conf/ledger_spec.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/metrics/counters.h"
#include "httpd/metrics/ledger.h"
#include "httpd/metrics/ledgers.h"
#include "httpd/status/ledger_document.h"
#include "httpd/status/verdict_json.h"

#define NAMES_MAX 16 /* values of a field */

/* The baton of cc_field_each. */
typedef struct shown_names_t {
    json_t *all;
    apr_pool_t *pool;
} shown_names_t;

/* The names in the subject alternative name. san.any has them all once more. */
static void name_add(const char *name, const cc_fieldref_t *ref, cc_values_t values, void *baton)
{
    shown_names_t *names = baton;
    json_t *list;

    (void)ref;
    if (strncmp(name, "san.", 4) != 0 || strcmp(name, "san.any") == 0) {
        return;
    }
    list = json_array();
    for (int i = 0; i < values.count && i < NAMES_MAX; i++) {
        const char *text = cc_text_excerpt(values.at[i].text, values.at[i].len, names->pool);

        json_array_append_new(list, cc_json_string(text, names->pool));
    }
    json_object_set_new(names->all, name, list);
}

static void names_add(json_t *one, const cc_ledger_names_t *names, apr_pool_t *p)
{
    shown_names_t found = {json_object(), p};
    cc_facts_t facts = {0};
    cc_error_t err = {0};
    apr_size_t len = 0;
    const unsigned char *der =
        apr_pdecode_base64_binary(p, names->der, APR_ENCODE_STRING, APR_ENCODE_NONE, &len);
    cc_cert_t *cert;

    if (der && cc_cert_parse(&cert, der, len, p, &err) == APR_SUCCESS) {
        cc_field_each(cert, &facts, name_add, &found, p);
    }
    json_object_set_new(one, "subject", cc_json_string(names->subject, p));
    json_object_set_new(one, "names", found.all);
    json_object_set_new(one, "der", *names->der ? json_string(names->der) : json_null());
}

/*
 * A rule for this certificate alone, without the name of the user. As it is, it is not legal, so it
 * cannot give a name by mistake.
 */
static const char *rule_of(const char *sha256, apr_pool_t *p)
{
    return apr_pstrcat(p, "ClientCertMap sha256 == ", sha256, " user=", NULL);
}

static json_t *entry_of(const cc_ledger_read_t *read, apr_pool_t *p)
{
    const cc_ledger_entry_t *entry = &read->entry;
    const char *sha256 = apr_pescape_hex(p, entry->sha256, sizeof(entry->sha256), 0);
    json_t *one =
        json_pack("{s:s, s:o, s:o, s:s, s:s, s:I, s:s}", "sha256", sha256, "issuer",
                  cc_json_string(entry->issuer, p), "serial", cc_json_string(entry->serial, p),
                  "first", cc_moment_text(entry->first, p), "last", cc_moment_text(entry->last, p),
                  "count", (json_int_t)entry->count, "rule", rule_of(sha256, p));

    if (read->names) {
        names_add(one, read->names, p);
    }
    return one;
}

json_t *cc_ledger_document(const request_rec *r)
{
    const cc_vhost_conf_t *conf = cc_vhost_conf_of(r->server);
    const apr_array_header_t *entries = cc_ledgers_entries(r->server, r->pool);
    const char *host = cc_metrics_vhost(r->server, r->pool);
    json_t *list;

    if (!entries) {
        return NULL;
    }
    list = json_array();
    for (int i = 0; i < entries->nelts; i++) {
        json_array_append_new(
            list, entry_of(&APR_ARRAY_IDX(entries, i, const cc_ledger_read_t), r->pool));
    }
    return json_pack("{s:o, s:b, s:i, s:i, s:I, s:o}", "host",
                     cc_json_string(*host ? host : NULL, r->pool), "names", conf->ledger->names,
                     "days", conf->ledger_spec->days, "most", CC_LEDGER_MOST, "replaced",
                     (json_int_t)cc_ledger_replaced(conf->ledger), "entries", list);
}
