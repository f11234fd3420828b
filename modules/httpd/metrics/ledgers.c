/* SPDX-License-Identifier: Apache-2.0 */
/* Opens the ledgers of the virtual hosts, which survive a restart, and notes certificates in them.
 */
#include <string.h>

#include <apr_hash.h>
#include <apr_strings.h>

#include <httpd.h>

#include "base/text.h"
#include "cert/cert.h"
#include "httpd/conf/ledger_spec.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/metrics/counters.h"
#include "httpd/metrics/ledger.h"
#include "httpd/metrics/ledgers.h"
#include "httpd/metrics/segment.h"
#include "rules/rules.h"

/*
 * Ledgers are in the process pool, so that a restart keeps them. Children of the previous
 * configuration continue to write to the same memory. Nothing here points at the module's code,
 * which a restart unloads. The key contains the version of the layout of all these structs.
 */
static const char shelf_key[] = "clientcert_ledgers_2";

/* A ledger is kept for a host with the same key, of which there was one, and still is. */
typedef struct kept_ledger_t {
    struct kept_ledger_t *next;
    const char *key; /* NULL: it is not kept */
    cc_ledger_t ledger;
    bool used;        /* by the configuration that starts */
    apr_pool_t *pool; /* of all this */
} kept_ledger_t;

typedef struct ledger_shelf_t {
    kept_ledger_t *first;
} ledger_shelf_t;

/* ---- what is kept ------------------------------------------------------------------------ */

static ledger_shelf_t *shelf_of(const server_rec *s)
{
    apr_pool_t *p = s->process->pool;
    void *shelf = NULL;

    apr_pool_userdata_get(&shelf, shelf_key, p);
    if (!shelf) {
        shelf = apr_pcalloc(p, sizeof(ledger_shelf_t));
        apr_pool_userdata_setn(shelf, apr_pstrdup(p, shelf_key), NULL, p);
    }
    return shelf;
}

/* All ledgers by key, so that finding one does not take longer the more there are. */
static apr_hash_t *keys_of(const ledger_shelf_t *shelf, apr_pool_t *p)
{
    apr_hash_t *all = apr_hash_make(p);

    for (kept_ledger_t *kept = shelf->first; kept; kept = kept->next) {
        kept->used = false;
        if (kept->key) {
            apr_hash_set(all, kept->key, APR_HASH_KEY_STRING, kept);
        }
    }
    return all;
}

static kept_ledger_t *kept_make(ledger_shelf_t *shelf, const server_rec *s, const char *key,
                                bool names)
{
    apr_pool_t *p;
    kept_ledger_t *kept;

    apr_pool_create(&p, s->process->pool);
    kept = apr_pcalloc(p, sizeof(*kept));
    kept->pool = p;
    kept->key = apr_pstrdup(p, key);
    kept->ledger.names = names;
    kept->ledger.memory = cc_segment_make(s, cc_ledger_size(names), p);
    if (!kept->ledger.memory) {
        apr_pool_destroy(p);
        return NULL;
    }
    kept->next = shelf->first;
    shelf->first = kept;
    return kept;
}

/* Names that are no longer to be kept go with the ledger. */
static void unused_free(ledger_shelf_t *shelf)
{
    kept_ledger_t **at = &shelf->first;

    while (*at) {
        kept_ledger_t *kept = *at;

        if (kept->used) {
            at = &kept->next;
        } else {
            *at = kept->next;
            apr_pool_destroy(kept->pool);
        }
    }
}

/* ---- the key of a host ------------------------------------------------------------------- */

/*
 * An entry must never be shown for another host. The name and port of a host are its key if no
 * other host has both. Otherwise its addresses and aliases belong to the key. httpd never chooses
 * the second of two hosts that agree in all of these, and a restart cannot tell which was which: so
 * neither has a key.
 */
static const char *whole_name(const server_rec *s, apr_pool_t *p)
{
    const apr_array_header_t *aliases[] = {s->names, s->wild_names};
    const char *name = cc_metrics_vhost(s, p);

    for (const server_addr_rec *at = s->addrs; at; at = at->next) {
        name = apr_psprintf(p, "%s\n%s:%d", name, at->virthost ? at->virthost : "",
                            (int)at->host_port);
    }
    for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++) {
        if (aliases[i]) {
            name = apr_pstrcat(p, name, "\n", apr_array_pstrcat(p, aliases[i], '\n'), NULL);
        }
    }
    return name;
}

static void name_count(apr_hash_t *names, const char *name, apr_pool_t *p)
{
    int *count = apr_hash_get(names, name, APR_HASH_KEY_STRING);

    if (!count) {
        count = apr_pcalloc(p, sizeof(*count));
        apr_hash_set(names, name, APR_HASH_KEY_STRING, count);
    }
    ++*count;
}

/* How many hosts have each name, short or whole, whether they have ledgers or not. */
static apr_hash_t *hosts_count(const server_rec *main, apr_pool_t *p)
{
    apr_hash_t *names = apr_hash_make(p);

    for (const server_rec *s = main; s; s = s->next) {
        name_count(names, cc_metrics_vhost(s, p), p);
        if (s->is_virtual) {
            name_count(names, whole_name(s, p), p);
        }
    }
    return names;
}

static bool is_alone(apr_hash_t *names, const char *name)
{
    const int *count = apr_hash_get(names, name, APR_HASH_KEY_STRING);

    return count && *count == 1;
}

/* NULL: nothing distinguishes the host from another one. */
static const char *key_of(const server_rec *s, bool names, apr_hash_t *hosts, apr_pool_t *p)
{
    const char *name = cc_metrics_vhost(s, p);

    name = is_alone(hosts, name) ? name : whole_name(s, p);
    return is_alone(hosts, name) ? apr_pstrcat(p, names ? "names " : "plain ", name, NULL) : NULL;
}

/* ---- start ------------------------------------------------------------------------------- */

static bool has_ledger(const server_rec *s)
{
    const cc_ledger_spec_t *spec = cc_vhost_conf_of(s)->ledger_spec;

    return spec && spec->on;
}

static bool is_wanted(const server_rec *s)
{
    while (s && !has_ledger(s)) {
        s = s->next;
    }
    return s != NULL;
}

static int ledgers_open(ledger_shelf_t *shelf, server_rec *main, apr_pool_t *p)
{
    apr_hash_t *all = keys_of(shelf, p), *hosts = hosts_count(main, p);

    for (server_rec *s = main; s; s = s->next) {
        cc_vhost_conf_t *conf = cc_vhost_conf_of(s);
        kept_ledger_t *kept;
        const char *key;

        if (!has_ledger(s)) {
            continue;
        }
        key = key_of(s, conf->ledger_spec->names, hosts, p);
        kept = key ? apr_hash_get(all, key, APR_HASH_KEY_STRING) : NULL;
        kept = kept ? kept : kept_make(shelf, s, key, conf->ledger_spec->names);
        if (!kept) {
            return !OK;
        }
        kept->used = true;
        conf->ledger = &kept->ledger;
    }
    unused_free(shelf);
    return OK;
}

int cc_ledgers_start(server_rec *main)
{
    void *shelf = NULL;
    apr_pool_t *p;
    int answer;

    apr_pool_userdata_get(&shelf, shelf_key, main->process->pool);
    if (!shelf && !is_wanted(main)) {
        return OK;
    }
    apr_pool_create(&p, main->process->pool);
    answer = ledgers_open(shelf_of(main), main, p);
    apr_pool_destroy(p);
    return answer;
}

/* ---- the end of entries ------------------------------------------------------------------- */

int cc_ledgers_monitor(apr_pool_t *p, server_rec *main)
{
    apr_time_t now = apr_time_now();

    (void)p;
    for (server_rec *s = main; s; s = s->next) {
        const cc_vhost_conf_t *conf = cc_vhost_conf_of(s);

        if (conf->ledger) {
            cc_ledger_erase(conf->ledger, cc_ledger_oldest(conf->ledger_spec, now));
        }
    }
    return DECLINED;
}

/* ---- entries ----------------------------------------------------------------------------- */

static void text_take(char *text, const cc_cert_t *cert, const char *field, apr_pool_t *p)
{
    const cc_value_t *value = cc_cert_value(cert, field, p);

    memset(text, 0, CC_LEDGER_TEXT);
    if (value) {
        apr_cpystrn(text, cc_text_excerpt(value->text, value->len, p), CC_LEDGER_TEXT);
    }
}

static const cc_ledger_names_t *names_make(const cc_cert_t *cert, apr_pool_t *p)
{
    cc_ledger_names_t *names = apr_pcalloc(p, sizeof(*names));
    const cc_value_t *der = cc_cert_value(cert, "der", p);

    text_take(names->subject, cert, "subject", p);
    if (der && !der->unusable && der->len < sizeof(names->der)) {
        memcpy(names->der, der->text, der->len);
    }
    return names;
}

void cc_ledgers_note(const request_rec *r, const cc_cert_t *cert, const cc_verdict_t *verdict)
{
    const cc_vhost_conf_t *conf = cc_vhost_conf_of(r->server);
    cc_ledger_entry_t entry = {.first = r->request_time, .last = r->request_time, .count = 1};
    unsigned char spki_sha256[32];
    apr_time_t oldest;

    if (!conf->ledger || cc_verdict_result(verdict) != CC_RESULT_UNMAPPED) {
        return;
    }
    oldest = cc_ledger_oldest(conf->ledger_spec, r->request_time);
    cc_cert_digests(cert, entry.sha256, spki_sha256);
    if (!cc_ledger_count(conf->ledger, entry.sha256, r->request_time, oldest)) {
        text_take(entry.issuer, cert, "issuer", r->pool);
        text_take(entry.serial, cert, "serial", r->pool);
        cc_ledger_add(conf->ledger, &entry, conf->ledger->names ? names_make(cert, r->pool) : NULL,
                      oldest);
    }
}

apr_array_header_t *cc_ledgers_entries(const server_rec *s, apr_pool_t *p)
{
    const cc_vhost_conf_t *conf = cc_vhost_conf_of(s);

    return conf->ledger ? cc_ledger_read(conf->ledger,
                                         cc_ledger_oldest(conf->ledger_spec, apr_time_now()), p)
                        : NULL;
}
