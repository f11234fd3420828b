/* SPDX-License-Identifier: Apache-2.0 */
/* Knows the way to a certificate's status: what is kept, what is being asked, a responder. */
#include <string.h>

#include <apr_strings.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "ocsp/internal.h"

/* ---- what is kept ---------------------------------------------------------------------------- */

/* The certificate (RFC 6960 CertID), and the settings on which it depends who answers and how. */
static bool key_make(cc_ocsp_request_t *question, const cc_ocsp_t *ocsp, apr_pool_t *p)
{
    const cc_ocsp_spec_t *spec = ocsp->spec;
    const char *settings = apr_psprintf(p, "mod_clientcert OCSP 1: %d %d %s %s", spec->mode,
                                        spec->nonce, spec->responder ? spec->responder->text : "",
                                        ocsp->lists.name ? ocsp->lists.name : "");
    OCSP_CERTID *id = cc_question_id(&question->of);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    unsigned char *der = NULL;
    int len = id ? i2d_OCSP_CERTID(id, &der) : 0;
    bool made = len > 0 && ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) &&
                EVP_DigestUpdate(ctx, settings, strlen(settings) + 1) &&
                EVP_DigestUpdate(ctx, der, (size_t)len) &&
                EVP_DigestFinal_ex(ctx, question->key, NULL);

    EVP_MD_CTX_free(ctx);
    OPENSSL_free(der);
    OCSP_CERTID_free(id);
    return made;
}

/* Reads the kept answer as if it came from the responder now. */
static void kept_verify(cc_kept_t *kept, const cc_ocsp_t *ocsp, const cc_ocsp_request_t *question,
                        apr_pool_t *p)
{
    if (kept->record.response.len == 0) {
        return;
    }
    cc_answer_read(&kept->answer, question, &kept->record.response, p);
    if (kept->answer.status != CC_OCSP_FAILED) {
        kept->answer.asked_at = kept->record.asked_at;
        kept->life = cc_answer_life(&kept->answer, ocsp->spec);
        kept->age = cc_life_age(&kept->life, question->now);
    }
}

static void kept_recall(cc_kept_t *kept, const cc_ocsp_t *ocsp, const cc_ocsp_request_t *question,
                        apr_pool_t *p)
{
    const cc_ocsp_means_t *means = ocsp->means;
    unsigned int len = CC_OCSP_RECORD;
    unsigned char *octets = means->get ? apr_palloc(p, len) : NULL;

    memset(kept, 0, sizeof(*kept));
    kept->age = CC_AGE_OVER;
    if (octets && means->get(means->state, question->key, octets, &len) &&
        cc_record_unpack(&kept->record, octets, len, question->now, p)) {
        kept_verify(kept, ocsp, question, p);
    } else {
        memset(&kept->record, 0, sizeof(kept->record));
    }
}

/* What is to be asked, and what was kept of earlier answers. */
typedef struct cc_asked_t {
    const cc_ocsp_request_t *question;
    const cc_kept_t *kept;
} cc_asked_t;

/* ---- answering ------------------------------------------------------------------------------- */

/* Waits for the answer of a flight so long, and leaves that. False where none came in time. */
static bool flight_take(cc_ocsp_answer_t *answer, cc_flight_t *flight, apr_interval_time_t most,
                        apr_pool_t *p)
{
    bool came = false;

    if (!flight) {
        cc_answer_fail(answer, "out of memory");
        return false;
    }
    came = cc_flight_wait(flight, most);
    if (came) {
        *answer = flight->answer;
        answer->why = answer->why ? apr_pstrdup(p, answer->why) : NULL;
    } else {
        cc_answer_fail(answer, "no answer in time");
    }
    cc_flight_leave(flight);
    return came;
}

/* The kept answer serves; `why` it is not a newer one, where it has run out. */
static void kept_serve(cc_ocsp_answer_t *answer, const cc_kept_t *kept, const char *why)
{
    *answer = kept->answer;
    answer->stale = kept->age == CC_AGE_STALE;
    answer->why = answer->stale ? why : NULL;
}

/* Lets another thread ask while the kept answer serves. */
static void kept_replace(cc_ocsp_t *ocsp, const cc_ocsp_request_t *question, const cc_kept_t *kept)
{
    bool first = false;
    cc_flight_t *flight = ocsp->means->start ? cc_ocsp_ask(ocsp, question, kept, &first) : NULL;

    if (flight) {
        cc_flight_leave(flight);
    }
}

/* Waits for a responder's answer, together with others who want to know the same. */
static bool responder_wait(cc_ocsp_answer_t *answer, cc_ocsp_t *ocsp, const cc_asked_t *asked,
                           apr_interval_time_t most, apr_pool_t *p)
{
    bool first = false;
    cc_flight_t *flight = cc_ocsp_ask(ocsp, asked->question, asked->kept, &first);

    if (flight && !first) {
        cc_counter_add(&ocsp->counters->waits);
    }
    return flight_take(answer, flight, most, p);
}

/* The same, where somebody may wait at all. */
static void responder_answer(cc_ocsp_answer_t *answer, cc_ocsp_t *ocsp, const cc_asked_t *asked,
                             apr_pool_t *p)
{
    cc_patience_t *patience = ocsp->means->patience;
    apr_interval_time_t timeout = ocsp->spec->timeout, rest = timeout;
    const char *why = NULL;
    const cc_url_t *url =
        patience ? cc_url_choose(ocsp->spec, ocsp->hosts, asked->question->of.leaf, &why, p) : NULL;
    bool came = false;

    if (!url) {
        responder_wait(answer, ocsp, asked, timeout, p);
        return;
    }
    rest = cc_patience_begin(patience, url, timeout, apr_time_now());
    if (rest > 0) {
        came = responder_wait(answer, ocsp, asked, rest, p);
        cc_patience_end(patience, url, came && answer->status != CC_OCSP_FAILED, apr_time_now());
    }
    if (!came && rest < timeout) {
        cc_counter_add(&ocsp->counters->turned_away);
        cc_answer_fail(answer,
                       apr_psprintf(p, "%s: it is slow, and enough others wait for it", url->text));
    }
}

/* When it is worth the while to come again: not at every request while nothing can have changed. */
static apr_time_t ask_at(const cc_ocsp_answer_t *answer, const cc_ocsp_spec_t *spec, apr_time_t now)
{
    cc_life_t life = cc_answer_life(answer, spec);
    apr_time_t soon = now + CC_OCSP_REST;

    if (answer->status == CC_OCSP_FAILED || now >= life.stale) {
        return soon;
    }
    if (now < life.due) {
        return life.due;
    }
    return soon < life.stale ? soon : life.stale;
}

static void question_answer(cc_ocsp_answer_t *answer, cc_ocsp_t *ocsp,
                            const cc_ocsp_request_t *question, apr_pool_t *p)
{
    cc_kept_t kept;
    bool rests = false;

    kept_recall(&kept, ocsp, question, p);
    rests = kept.record.failed_at && cc_record_rests(&kept.record, question->now);
    if (kept.age >= CC_AGE_DUE) {
        kept_serve(answer, &kept, NULL);
        cc_counter_add(&ocsp->counters->cache_hits);
        if (kept.age == CC_AGE_DUE && !rests) {
            kept_replace(ocsp, question, &kept);
        }
        return;
    }
    if (rests) {
        cc_answer_fail(answer, kept.record.why);
    } else {
        responder_answer(answer, ocsp, &(cc_asked_t){question, &kept}, p);
    }
    if (answer->status == CC_OCSP_FAILED && kept.age == CC_AGE_STALE) {
        kept_serve(answer, &kept, answer->why);
        cc_counter_add(&ocsp->counters->stale_answers);
    }
}

void cc_ocsp_status(cc_ocsp_answer_t *answer, cc_ocsp_t *ocsp, const cc_ocsp_subject_t *subject,
                    apr_time_t now, apr_pool_t *p)
{
    cc_ocsp_request_t question = {.of = *subject, .now = now, .lists = &ocsp->lists};

    ERR_set_mark();
    cc_answer_fail(answer, "OpenSSL cannot compute SHA-1 or SHA-256");
    if (key_make(&question, ocsp, p)) {
        question_answer(answer, ocsp, &question, p);
    }
    answer->ask_at = ask_at(answer, ocsp->spec, now);
    cc_counter_add(&ocsp->counters->checks[answer->status]);
    ERR_pop_to_mark();
}

bool cc_ocsp_allows(const cc_ocsp_t *ocsp, const cc_ocsp_answer_t *answer)
{
    return answer->status == CC_OCSP_GOOD ||
           (answer->status == CC_OCSP_FAILED && ocsp->spec->allow);
}

const char *cc_ocsp_status_text(cc_ocsp_status_t status)
{
    static const char *const text[] = {
        [CC_OCSP_FAILED] = "failed",
        [CC_OCSP_GOOD] = "good",
        [CC_OCSP_REVOKED] = "revoked",
        [CC_OCSP_UNKNOWN] = "unknown",
    };

    return text[status];
}

void cc_ocsp_count_in(cc_ocsp_t *ocsp, cc_ocsp_counters_t *counters)
{
    ocsp->counters = counters;
}

/* ---- making ---------------------------------------------------------------------------------- */

apr_status_t cc_ocsp_create(cc_ocsp_t **ocsp, const cc_ocsp_config_t *config,
                            const cc_ocsp_means_t *means, apr_pool_t *p, cc_error_t *err)
{
    const cc_ocsp_spec_t *spec = config->spec;
    cc_ocsp_t *made = apr_pcalloc(p, sizeof(*made));

    *ocsp = NULL;
    if (!spec || spec->mode == CC_OCSP_OFF) {
        return APR_SUCCESS;
    }
    if (spec->mode == CC_OCSP_AIA && !spec->responder &&
        (!config->hosts || config->hosts->nelts == 0)) {
        return cc_error_set(err, p, "CC0437", "AIA",
                            "nobody may be asked; name the hosts of responders in "
                            "ClientCertOCSPAllow, or one with responder=URL");
    }
    made->spec = spec;
    made->hosts = config->hosts;
    made->lists = config->lists;
    made->means = means;
    made->counters = &made->own;
    if (cc_breakers_create(&made->breakers, p) != APR_SUCCESS ||
        cc_flights_create(&made->flights, p) != APR_SUCCESS) {
        return cc_error_set(err, p, "CC0438", NULL, "no lock can be made: out of memory");
    }
    *ocsp = made;
    return APR_SUCCESS;
}
