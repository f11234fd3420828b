/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the status of a certificate: in the cache, from a request in flight, or from a responder.
 */
#include <string.h>

#include <apr_strings.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "ocsp/internal.h"

/*
 * A cached answer is used until it is stale. In the last quarter of that time, a separate thread
 * fetches the next one. If there is no usable answer, a responder is asked, except right after a
 * failure. All checks of the same certificate wait together, but no longer than the limiter allows.
 * If there is still no answer, a stale one is used for as long as stale= allows.
 *
 * The cache contains the signed response, with the time of the request and that of the last
 * failure. The response is verified at each use, so the cache need not be trusted.
 */

/* ---- what is kept ---------------------------------------------------------------------------- */

/* The certificate (RFC 6960 CertID), and the settings that affect the answer. */
static bool key_make(cc_ocsp_check_t *check, const cc_ocsp_t *ocsp, apr_pool_t *p)
{
    const cc_ocsp_spec_t *spec = check->line->spec;
    const char *settings = apr_psprintf(p, "mod_clientcert OCSP 2: %d %d %s %s", spec->mode,
                                        spec->nonce, spec->responder ? spec->responder->text : "",
                                        ocsp->lists.name ? ocsp->lists.name : "");
    OCSP_CERTID *id = cc_ocsp_cert_id(&check->of);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    unsigned char *der = NULL;
    int len = id ? i2d_OCSP_CERTID(id, &der) : 0;
    bool made = len > 0 && ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) &&
                EVP_DigestUpdate(ctx, settings, strlen(settings) + 1) &&
                EVP_DigestUpdate(ctx, check->line->trust, CC_OCSP_TRUST) &&
                EVP_DigestUpdate(ctx, der, (size_t)len) &&
                EVP_DigestFinal_ex(ctx, check->key, NULL);

    EVP_MD_CTX_free(ctx);
    OPENSSL_free(der);
    OCSP_CERTID_free(id);
    return made;
}

/* Reads and verifies the cached answer as if it had just come from the responder. */
static void kept_verify(cc_kept_t *kept, const cc_ocsp_check_t *check, apr_pool_t *p)
{
    if (kept->record.response.len == 0) {
        return;
    }
    cc_answer_read(&kept->answer, check, &kept->record.response, p);
    if (kept->answer.status != CC_OCSP_FAILED) {
        kept->answer.asked_at = kept->record.asked_at;
        kept->life = cc_answer_life(&kept->answer, check->line->spec);
        kept->age = cc_life_age(&kept->life, check->now);
    }
}

static void kept_find(cc_kept_t *kept, const cc_ocsp_t *ocsp, const cc_ocsp_check_t *check,
                      apr_pool_t *p)
{
    const cc_ocsp_io_t *io = ocsp->io;
    unsigned int len = CC_OCSP_RECORD;
    unsigned char *octets = io->get ? apr_palloc(p, len) : NULL;

    memset(kept, 0, sizeof(*kept));
    kept->age = CC_AGE_EXPIRED;
    if (octets && io->get(io->state, check->key, octets, &len) &&
        cc_record_unpack(&kept->record, octets, len, check->now, p)) {
        kept_verify(kept, check, p);
    } else {
        memset(&kept->record, 0, sizeof(kept->record));
    }
}

/* A check, and the cached answer. */
typedef struct lookup_t {
    const cc_ocsp_check_t *check;
    const cc_kept_t *kept;
} lookup_t;

/* ---- answering ------------------------------------------------------------------------------- */

/* Waits for the answer of a request in flight, and leaves it. False: none came in time. */
static bool inflight_take(cc_ocsp_answer_t *answer, cc_inflight_t *inflight,
                          apr_interval_time_t max, apr_pool_t *p)
{
    bool came = false;

    if (!inflight) {
        cc_answer_fail(answer, "out of memory");
        return false;
    }
    came = cc_inflight_wait(inflight, max);
    if (came) {
        *answer = inflight->answer;
        answer->error = answer->error ? apr_pstrdup(p, answer->error) : NULL;
    } else {
        cc_answer_fail(answer, "no answer in time");
    }
    cc_inflight_leave(inflight);
    return came;
}

/* Uses the cached answer; if it has expired, `error` is the reason why there is no newer one. */
static void kept_serve(cc_ocsp_answer_t *answer, const cc_kept_t *kept, const char *error)
{
    *answer = kept->answer;
    answer->stale = kept->age == CC_AGE_STALE;
    answer->error = answer->stale ? error : NULL;
}

/* Lets another thread ask while the cached answer is used. */
static void kept_replace(cc_ocsp_t *ocsp, const cc_ocsp_check_t *check, const cc_kept_t *kept)
{
    bool first = false;
    cc_inflight_t *inflight = ocsp->io->start ? cc_ocsp_fetch(ocsp, check, kept, &first) : NULL;

    if (inflight) {
        cc_inflight_leave(inflight);
    }
}

/* Waits for a responder's answer, together with other checks of the same certificate. */
static bool responder_wait(cc_ocsp_answer_t *answer, cc_ocsp_t *ocsp, const lookup_t *lookup,
                           apr_interval_time_t max, apr_pool_t *p)
{
    bool first = false;
    cc_inflight_t *inflight = cc_ocsp_fetch(ocsp, lookup->check, lookup->kept, &first);

    if (inflight && !first) {
        cc_counter_add(&ocsp->counters->waits);
    }
    return inflight_take(answer, inflight, max, p);
}

/* The same, if the limiter allows it. */
static void responder_answer(cc_ocsp_answer_t *answer, cc_ocsp_t *ocsp, const lookup_t *lookup,
                             apr_pool_t *p)
{
    cc_ocsp_limiter_t *limiter = ocsp->io->limiter;
    const cc_ocsp_spec_t *spec = lookup->check->line->spec;
    apr_interval_time_t timeout = spec->timeout, rest = timeout;
    const cc_url_t *url = cc_url_choose(spec, ocsp->hosts, lookup->check->of.leaf, p).url;
    bool came = false;

    if (!limiter || !url) {
        responder_wait(answer, ocsp, lookup, timeout, p);
        return;
    }
    rest = cc_limiter_wait_begin(limiter, url, timeout, apr_time_now());
    if (rest > 0) {
        came = responder_wait(answer, ocsp, lookup, rest, p);
        cc_limiter_wait_end(limiter, url, came && answer->status != CC_OCSP_FAILED, apr_time_now());
    }
    if (!came && rest < timeout) {
        cc_counter_add(&ocsp->counters->turned_away);
        cc_answer_fail(answer,
                       apr_psprintf(p, "%s: it is slow, and enough others wait for it", url->text));
    }
}

/* When to check again: not at every request, if nothing can have changed. */
static apr_time_t ask_at(const cc_ocsp_answer_t *answer, const cc_ocsp_spec_t *spec, apr_time_t now)
{
    cc_life_t life = cc_answer_life(answer, spec);
    apr_time_t soon = now + CC_OCSP_BACKOFF;

    if (answer->status == CC_OCSP_FAILED || now >= life.stale_at) {
        return soon;
    }
    if (now < life.refresh_at) {
        return life.refresh_at;
    }
    return soon < life.stale_at ? soon : life.stale_at;
}

static void check_answer(cc_ocsp_answer_t *answer, cc_ocsp_t *ocsp, const cc_ocsp_check_t *check,
                         apr_pool_t *p)
{
    cc_kept_t kept;
    bool backs_off = false;

    kept_find(&kept, ocsp, check, p);
    backs_off = kept.record.failed_at && cc_record_backs_off(&kept.record, check->now);
    if (kept.age >= CC_AGE_DUE) {
        kept_serve(answer, &kept, NULL);
        cc_counter_add(&ocsp->counters->cache_hits);
        if (kept.age == CC_AGE_DUE && !backs_off) {
            kept_replace(ocsp, check, &kept);
        }
        return;
    }
    if (backs_off) {
        cc_answer_fail(answer, kept.record.error);
    } else {
        responder_answer(answer, ocsp, &(lookup_t){check, &kept}, p);
    }
    if (answer->status == CC_OCSP_FAILED && kept.age == CC_AGE_STALE) {
        kept_serve(answer, &kept, answer->error);
        cc_counter_add(&ocsp->counters->stale_answers);
    }
}

/* The answer to a check for which a responder has to be asked, or has been. */
static void asked_answer(cc_ocsp_answer_t *answer, cc_ocsp_t *ocsp, cc_ocsp_check_t *check,
                         apr_pool_t *p)
{
    const cc_ocsp_line_t *line = check->line;

    cc_answer_fail(answer, "OpenSSL cannot compute SHA-1 or SHA-256");
    if (key_make(check, ocsp, p)) {
        check_answer(answer, ocsp, check, p);
    }
    answer->where = line->spec->where;
    answer->waived = answer->status == CC_OCSP_FAILED && line->spec->allow && !line->unread;
    answer->ask_at = ask_at(answer, line->spec, check->now);
}

/* An answer that follows from the configuration, so it does not change. */
static bool foreseen(cc_ocsp_answer_t *answer, cc_ocsp_status_t status, const char *error)
{
    *answer = (cc_ocsp_answer_t){.status = status, .error = error, .ask_at = APR_INT64_MAX};
    return true;
}

/* Finds the line of the check, and the answer if it needs no responder. */
static bool foresee(cc_ocsp_answer_t *answer, const cc_ocsp_t *ocsp, cc_ocsp_check_t *check,
                    apr_pool_t *p)
{
    const cc_ocsp_line_t *line = NULL;
    cc_url_choice_t choice;

    if (!check->of.issuer) { /* which line would be used is not known */
        foreseen(answer, CC_OCSP_FAILED, "its issuer's certificate is not available");
        answer->waived = ocsp->of_issuers.waives;
        return true;
    }
    line = check->line = cc_ocsp_line_of(&ocsp->of_issuers, check->of.issuer);
    if (line->refusal) {
        return foreseen(answer, CC_OCSP_FAILED, line->refusal);
    }
    choice = cc_url_choose(line->spec, ocsp->hosts, check->of.leaf, p);
    if (line->spec->mode != CC_OCSP_OFF && !choice.missing) {
        return false;
    }
    foreseen(answer, choice.missing ? CC_OCSP_NO_RESPONDER : CC_OCSP_UNCHECKED, choice.error);
    answer->waived = choice.missing && line->spec->missing_allow && !line->unread;
    answer->where = line->spec->where;
    return true;
}

bool cc_ocsp_foresee(cc_ocsp_answer_t *answer, const cc_ocsp_t *ocsp,
                     const cc_ocsp_subject_t *subject, apr_pool_t *p)
{
    cc_ocsp_check_t check = {.of = *subject};
    bool known = false;

    ERR_set_mark();
    known = foresee(answer, ocsp, &check, p);
    ERR_pop_to_mark();
    return known;
}

void cc_ocsp_status(cc_ocsp_answer_t *answer, cc_ocsp_t *ocsp, const cc_ocsp_subject_t *subject,
                    apr_time_t now, apr_pool_t *p)
{
    cc_ocsp_check_t check = {.of = *subject, .now = now, .lists = &ocsp->lists};

    ERR_set_mark();
    if (!foresee(answer, ocsp, &check, p)) {
        asked_answer(answer, ocsp, &check, p);
    }
    if (answer->status != CC_OCSP_UNCHECKED) {
        cc_counter_add(&ocsp->counters->checks[answer->status]);
    }
    ERR_pop_to_mark();
}

const char *cc_ocsp_status_text(cc_ocsp_status_t status)
{
    static const char *const text[] = {
        [CC_OCSP_FAILED] = "failed",
        [CC_OCSP_GOOD] = "good",
        [CC_OCSP_REVOKED] = "revoked",
        [CC_OCSP_UNKNOWN] = "unknown",
        [CC_OCSP_NO_RESPONDER] = "no_responder",
        [CC_OCSP_UNCHECKED] = "unchecked",
    };

    return text[status];
}

void cc_ocsp_count_in(cc_ocsp_t *ocsp, cc_ocsp_counters_t *counters)
{
    ocsp->counters = counters;
}

/* ---- making ---------------------------------------------------------------------------------- */

/* Without a host that may be asked, AIA could not ask any responder. */
static apr_status_t hosts_check(const cc_ocsp_config_t *config, apr_pool_t *p, cc_error_t *err)
{
    bool named = config->hosts && config->hosts->nelts > 0;

    for (int i = 0; !named && config->specs && i < config->specs->nelts; i++) {
        const cc_ocsp_spec_t *spec = APR_ARRAY_IDX(config->specs, i, const cc_ocsp_spec_t *);

        if (spec->mode == CC_OCSP_AIA && !spec->responder) {
            return cc_error_set(err, p, "CC0437", "AIA",
                                "no responder may be asked; name the hosts of responders in "
                                "ClientCertOCSPAllow, or a responder with responder=URL");
        }
    }
    return APR_SUCCESS;
}

apr_status_t cc_ocsp_create(cc_ocsp_t **ocsp, const cc_ocsp_config_t *config,
                            const cc_ocsp_io_t *io, apr_pool_t *p, cc_error_t *err)
{
    cc_ocsp_t *made = apr_pcalloc(p, sizeof(*made));
    apr_status_t status = hosts_check(config, p, err);

    *ocsp = NULL;
    if (status == APR_SUCCESS) {
        status = cc_ocsp_lines_make(&made->of_issuers, config->specs, &config->files, p, err);
    }
    if (status != APR_SUCCESS || !made->of_issuers.asks) {
        return status;
    }
    made->hosts = config->hosts;
    made->lists = config->lists;
    made->io = io;
    made->counters = &made->own;
    if (cc_breakers_create(&made->breakers, p) != APR_SUCCESS ||
        cc_inflights_create(&made->inflights, p) != APR_SUCCESS) {
        return cc_error_set(err, p, "CC0438", NULL, "locks cannot be created: out of memory");
    }
    *ocsp = made;
    return APR_SUCCESS;
}
