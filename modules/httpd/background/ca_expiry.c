/* SPDX-License-Identifier: Apache-2.0 */
/* Warns before CAs of virtual hosts expire. */
#include <string.h>

#include <apr_escape.h>
#include <apr_hash.h>
#include <apr_strings.h>

#include <http_core.h>
#include <http_main.h>

#include "base/moment.h"
#include "base/text.h"
#include "httpd/background/ca_expiry.h"
#include "httpd/conf/configuration.h"
#include "httpd/conf/start.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/conf/view.h"
#include "trust/expiry.h"
#include "trust/trust.h"

#define LINES_MOST 10   /* about single CAs, at one time */
#define TOLD_MOST 10000 /* CAs that are remembered after they are gone */

/* The CAs of some virtual hosts. */
typedef struct {
    const cc_trust_t *trust;
    const char *origin; /* of CAs that are not of a followed file: SSLCACertificateFile */
} watched_t;

/* One of them that expires soon. */
typedef struct {
    cc_ca_expiry_t ca;
    const char *origin; /* its file */
} expiring_t;

/* The CAs of all virtual hosts. Used by the main thread of the parent alone. */
typedef struct cc_ca_expiries_t {
    apr_array_header_t *watched; /* of watched_t */
    apr_hash_t *known;           /* cc_cas_t *, and texts of trust ids: those that are watched */
    apr_hash_t *told;            /* by SHA-256, 32 octets: cc_ca_stage_t *, the last one logged */
    apr_pool_t *told_pool;
    apr_time_t next;          /* when a CA reaches its next stage */
    apr_uint64_t generations; /* the sum of those of all sets */
} cc_ca_expiries_t;

static cc_ca_expiries_t *expiries_of(const server_rec *s)
{
    cc_configuration_t *configuration = cc_configuration_of(s);
    apr_pool_t *pconf = s->process->pconf;

    if (!configuration->ca_expiries) {
        cc_ca_expiries_t *made = apr_pcalloc(pconf, sizeof(*made));

        made->watched = apr_array_make(pconf, 4, sizeof(watched_t));
        made->known = apr_hash_make(pconf);
        apr_pool_create(&made->told_pool, pconf);
        made->told = apr_hash_make(made->told_pool);
        configuration->ca_expiries = made;
    }
    return configuration->ca_expiries;
}

/* ---- what is watched ------------------------------------------------------------------------- */

/* True the first time for the CAs of a trust. */
static bool is_new(cc_ca_expiries_t *it, const cc_trust_t *trust, apr_pool_t *p)
{
    cc_cas_t *cas = cc_trust_cas(trust);
    const char *id = cas ? NULL : cc_trust_id_text(trust, p);
    const void *key = cas ? (const void *)apr_pmemdup(p, &cas, sizeof(cas)) : id;
    apr_ssize_t len = cas ? (apr_ssize_t)sizeof(cas) : APR_HASH_KEY_STRING;
    bool new = !apr_hash_get(it->known, key, len);

    apr_hash_set(it->known, key, len, "");
    return new;
}

/* SSLOpenSSLConfCmd may add CAs from other files. */
static const char *origin_of(const cc_conf_view_t *view, apr_pool_t *p)
{
    const char *file = cc_conf_view_value(view, "SSLCACertificateFile", p);
    const char *host = view->server->server_hostname;

    if (file && !cc_conf_view_arguments(view, "SSLOpenSSLConfCmd")) {
        return ap_server_root_relative(p, file);
    }
    return apr_pstrcat(p, "a CA of ", host ? host : "the main server", NULL);
}

void cc_ca_expiry_watch(server_rec *s, const cc_trust_t *trust)
{
    cc_ca_expiries_t *it = expiries_of(s);
    apr_pool_t *pconf = s->process->pconf;
    const cc_conf_view_t *view = cc_conf_view_of(ap_server_conf, s);

    if (cc_conf_view_ever_verifies(view) && is_new(it, trust, pconf)) {
        APR_ARRAY_PUSH(it->watched, watched_t) = (watched_t){trust, origin_of(view, pconf)};
    }
}

/* ---- what has been logged -------------------------------------------------------------------- */

/* True if this stage of this CA has not been logged. */
static bool told_note(cc_ca_expiries_t *it, const cc_ca_expiry_t *ca)
{
    cc_ca_stage_t *stage = apr_hash_get(it->told, ca->sha256, sizeof(ca->sha256));

    if (!stage) {
        stage = apr_pcalloc(it->told_pool, sizeof(*stage));
        apr_hash_set(it->told, apr_pmemdup(it->told_pool, ca->sha256, sizeof(ca->sha256)),
                     sizeof(ca->sha256), stage);
    } else if (*stage >= ca->stage) {
        return false;
    }
    *stage = ca->stage;
    return true;
}

/* Forgets the CAs that are gone, if they are many. */
static void told_trim(cc_ca_expiries_t *it, const apr_array_header_t *expiring)
{
    if (apr_hash_count(it->told) <= TOLD_MOST + (unsigned)expiring->nelts) {
        return;
    }
    apr_pool_clear(it->told_pool);
    it->told = apr_hash_make(it->told_pool);
    for (int i = 0; i < expiring->nelts; i++) {
        told_note(it, &APR_ARRAY_IDX(expiring, i, const expiring_t).ca);
    }
}

/* ---- the lines ------------------------------------------------------------------------------- */

/* "the CA "CN=Staff" (sha256 HEX, FILE)" */
static const char *ca_text(const expiring_t *one, apr_pool_t *p)
{
    const char *sha256 = apr_pescape_hex(p, one->ca.sha256, sizeof(one->ca.sha256), 0);

    return apr_psprintf(p, "the CA \"%s\" (sha256 %s, %s)", one->ca.subject, sha256,
                        cc_text_escape(one->origin, strlen(one->origin), p));
}

/* In the main log: virtual hosts may have logs of their own, and several may have the CA. */
static void ca_log(const expiring_t *one, apr_pool_t *p)
{
    static const char *const when[] = {[CC_CA_EXPIRES_MONTH] = "within 30 days",
                                       [CC_CA_EXPIRES_WEEK] = "within 7 days",
                                       [CC_CA_EXPIRES_DAY] = "within 24 hours"};
    const char *ca = ca_text(one, p), *date = cc_moment_text(one->ca.not_after, p);
    bool has_expired = one->ca.stage == CC_CA_EXPIRED;

    if (one->ca.renewed_until) {
        ap_log_error(APLOG_MARK, APLOG_INFO, 0, ap_server_conf,
                     "CC0143: %s %s on %s, and a CA with the same name and key on %s", ca,
                     has_expired ? "expired" : "expires", date,
                     cc_moment_text(one->ca.renewed_until, p));
    } else if (has_expired) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, ap_server_conf,
                     "CC0142: %s expired on %s: certificates that need it give no identity", ca,
                     date);
    } else {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, ap_server_conf,
                     "CC0141: %s expires %s, on %s: after that, certificates that need it give no "
                     "identity",
                     ca, when[one->ca.stage], date);
    }
}

static void expiring_log(cc_ca_expiries_t *it, const apr_array_header_t *expiring, bool at_start,
                         apr_pool_t *p)
{
    int count = 0;

    for (int i = 0; i < expiring->nelts; i++) {
        const expiring_t *one = &APR_ARRAY_IDX(expiring, i, const expiring_t);
        bool by_lint = at_start && !one->ca.path && one->ca.stage == CC_CA_EXPIRED; /* CC0734 */

        if (told_note(it, &one->ca) && !by_lint && count++ < LINES_MOST) {
            ca_log(one, p);
        }
    }
    if (count > LINES_MOST) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, ap_server_conf,
                     "CC0144: %d more CAs expire soon or have expired: \"clientcert trust\" lists "
                     "them",
                     count - LINES_MOST);
    }
}

/* ---- a check --------------------------------------------------------------------------------- */

static apr_uint64_t generations_of(const cc_ca_expiries_t *it)
{
    apr_uint64_t sum = 0;

    for (int i = 0; i < it->watched->nelts; i++) {
        cc_cas_t *cas = cc_trust_cas(APR_ARRAY_IDX(it->watched, i, const watched_t).trust);

        sum += cas ? cc_cas_generation(cas) : 0;
    }
    return sum;
}

/* The CAs of all virtual hosts that expire soon (of expiring_t). Finds it->next. */
static const apr_array_header_t *expiring_find(cc_ca_expiries_t *it, apr_time_t now, apr_pool_t *p)
{
    apr_array_header_t *all = apr_array_make(p, 4, sizeof(expiring_t));

    it->next = APR_INT64_MAX;
    for (int i = 0; i < it->watched->nelts; i++) {
        const watched_t *watched = &APR_ARRAY_IDX(it->watched, i, const watched_t);
        const apr_array_header_t *found = cc_trust_expiring(watched->trust, now, &it->next, p);

        for (int j = 0; j < found->nelts; j++) {
            const cc_ca_expiry_t *ca = &APR_ARRAY_IDX(found, j, const cc_ca_expiry_t);

            APR_ARRAY_PUSH(all, expiring_t) =
                (expiring_t){*ca, ca->path ? ca->path : watched->origin};
        }
    }
    return all;
}

static void expiring_check(cc_ca_expiries_t *it, apr_time_t now, bool at_start, apr_pool_t *p)
{
    const apr_array_header_t *expiring;

    it->generations = generations_of(it); /* before the sets are read, which may change */
    expiring = expiring_find(it, now, p);
    expiring_log(it, expiring, at_start, p);
    told_trim(it, expiring);
}

int cc_ca_expiry_start(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    (void)pconf;
    (void)plog;
    if (!cc_start_is_trial()) {
        expiring_check(expiries_of(s), apr_time_now(), true, ptemp);
    }
    return OK;
}

void cc_ca_expiry_poll_parent(server_rec *s, apr_time_t now)
{
    cc_ca_expiries_t *it = expiries_of(s);
    apr_pool_t *scratch;

    if ((now >= it->next || generations_of(it) != it->generations) &&
        apr_pool_create(&scratch, s->process->pconf) == APR_SUCCESS) {
        expiring_check(it, now, false, scratch);
        apr_pool_destroy(scratch);
    }
}
