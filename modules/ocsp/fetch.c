/* SPDX-License-Identifier: Apache-2.0 */
/* Fetches an answer from a responder, and keeps the answer or the failure. */
#include <string.h>

#include <apr_strings.h>

#include <openssl/err.h>

#include "ocsp/internal.h"

/* A check for the thread that sends the request; in the pool of the request in flight. */
typedef struct job_t {
    cc_limiter_turn_t turn;
    cc_ocsp_t *ocsp;
    cc_inflight_t *inflight;
    cc_ocsp_check_t check;
    cc_kept_t kept;
    const cc_url_t *url; /* NULL: there is none, */
    const char *error;   /* and this is the reason */
    apr_time_t started;  /* by the system's clock, which may differ from check.now */
    apr_time_t begun;    /* likewise: when a thread began to work on it */
} job_t;

static void record_keep(const job_t *job, const cc_record_t *record, apr_time_t until)
{
    const cc_ocsp_io_t *io = job->ocsp->io;
    apr_size_t len = 0;
    cc_ocsp_record_t packed;

    if (!io->put) {
        return;
    }
    packed.octets = cc_record_pack(&len, record, job->inflight->pool);
    packed.len = (unsigned int)len;
    packed.until = until;
    io->put(io->state, job->check.key, &packed);
}

/* Keeps the failure, together with the cached answer if that can still be used. */
static void failure_keep(const job_t *job, const char *error, apr_time_t now)
{
    cc_record_t record = {0};
    apr_time_t until = now + CC_OCSP_BACKOFF;

    if (job->kept.age != CC_AGE_EXPIRED) {
        record = job->kept.record;
        until = job->kept.life.expires_at;
    }
    record.failed_at = now;
    record.error = error;
    record_keep(job, &record, until);
}

/* The current time by the clock of the check, which may differ from the system's. */
static apr_time_t job_now(const job_t *job)
{
    return job->check.now + (apr_time_now() - job->started);
}

/*
 * True if the answer would undo a revocation: an attacker on the network path can replay an earlier
 * answer until its nextUpdate.
 */
static bool is_undone_by(const cc_kept_t *kept, const cc_ocsp_answer_t *answer)
{
    return kept->age != CC_AGE_EXPIRED && kept->answer.status == CC_OCSP_REVOKED &&
           answer->status != CC_OCSP_REVOKED && answer->this_update < kept->answer.this_update;
}

/* Accepts a response that is valid and current. */
static void response_take(job_t *job, cc_response_t *response)
{
    cc_ocsp_answer_t *answer = &job->inflight->answer;
    cc_record_t record = {.asked_at = job->check.now, .response = *response, .error = ""};
    cc_life_t life;

    cc_answer_read(answer, &job->check, response, job->inflight->pool);
    if (answer->status == CC_OCSP_FAILED) {
        return;
    }
    if (is_undone_by(&job->kept, answer)) {
        cc_answer_fail(answer, "the response is rejected: it is older than a revocation");
        return;
    }
    answer->asked_at = job->check.now;
    life = cc_answer_life(answer, job->check.line->spec);
    if (cc_life_age(&life, job->check.now) <= CC_AGE_STALE) {
        cc_answer_fail(answer, answer->next_update
                                   ? "the response is rejected: its nextUpdate has passed"
                                   : "the response is rejected: it has no nextUpdate and its "
                                     "thisUpdate is older than ttl=");
        return;
    }
    record_keep(job, &record, life.expires_at);
}

static void responder_ask(job_t *job, const cc_url_t *url)
{
    cc_ocsp_t *ocsp = job->ocsp;
    cc_inflight_t *inflight = job->inflight;
    cc_http_exchange_t exchange = {url, job->begun + job->check.line->spec->timeout, NULL};
    cc_response_t response = {0};
    bool came = job->check.request &&
                cc_http_exchange(&response, &exchange, job->check.request, inflight->pool);

    if (came) {
        response_take(job, &response);
    } else {
        cc_answer_fail(&inflight->answer, exchange.error ? exchange.error : "out of memory");
    }
    cc_breaker_tell(ocsp->breakers, url, came && !response.busy, job_now(job));
    if (inflight->answer.status == CC_OCSP_FAILED) {
        inflight->answer.error =
            apr_psprintf(inflight->pool, "%s: %s", url->text, inflight->answer.error);
        failure_keep(job, inflight->answer.error, job_now(job));
    }
}

static apr_status_t request_free(void *request)
{
    OCSP_REQUEST_free(request);
    return APR_SUCCESS;
}

static apr_status_t cert_free(void *cert)
{
    X509_free(cert);
    return APR_SUCCESS;
}

/* True if no thread waits any longer. The cause is a lack of threads here, not the responder. */
static bool job_is_late(const job_t *job)
{
    return job->begun >= job->started + job->check.line->spec->timeout;
}

/* Asks the responder, or sets the reason why not; returns the outcome. */
static int job_ask(job_t *job)
{
    cc_ocsp_t *ocsp = job->ocsp;
    cc_inflight_t *inflight = job->inflight;
    const cc_url_t *url = job->url;
    const char *error = NULL;

    if (!url) {
        cc_answer_fail(&inflight->answer, job->error);
        return CC_OCSP_NOT_ASKED;
    }
    if (job_is_late(job)) {
        cc_answer_fail(&inflight->answer, "all threads that ask responders were busy for too long");
        return CC_OCSP_NOT_ASKED;
    }
    if (!cc_breaker_lets(ocsp->breakers, url, job_now(job))) {
        error = "it failed repeatedly, and is not asked for a while";
        cc_answer_fail(&inflight->answer, apr_psprintf(inflight->pool, "%s: %s", url->text, error));
        return CC_OCSP_LEFT_ALONE;
    }
    job->check.request = cc_ocsp_request_make(&job->check.of, job->check.line->spec->nonce);
    apr_pool_cleanup_register(inflight->pool, job->check.request, request_free,
                              apr_pool_cleanup_null);
    responder_ask(job, url);
    return (int)inflight->answer.status;
}

static void job_do(job_t *job)
{
    ERR_set_mark();
    job->begun = apr_time_now();
    cc_counter_add(&job->ocsp->counters->requests[job_ask(job)]);
    ERR_pop_to_mark();
    cc_inflight_finish(job->inflight);
}

static bool stands_in_line(const job_t *job)
{
    return job->ocsp->io->start && job->ocsp->io->limiter && job->url;
}

/* Ends a job and frees its memory. Returns the next job in the queue, or NULL. */
static job_t *job_end(job_t *job)
{
    cc_limiter_turn_t *next = NULL;

    if (stands_in_line(job)) {
        next = cc_limiter_ask_end(job->ocsp->io->limiter, job->url);
    }
    cc_inflight_leave(job->inflight);
    return (job_t *)next;
}

static void jobs_do(void *data)
{
    for (job_t *job = data; job; job = job_end(job)) {
        job_do(job);
    }
}

/* Copies all data of the job: the thread that started it may be gone before it is done. */
static job_t *job_make(cc_ocsp_t *ocsp, cc_inflight_t *inflight, const cc_ocsp_check_t *check,
                       const cc_kept_t *kept)
{
    apr_pool_t *pool = inflight->pool;
    job_t *job = apr_pcalloc(pool, sizeof(*job));
    cc_url_choice_t choice = cc_url_choose(check->line->spec, ocsp->hosts, check->of.leaf, pool);

    job->ocsp = ocsp;
    job->inflight = inflight;
    job->started = apr_time_now();
    job->check = *check;
    job->url = choice.url;
    job->error = choice.error;
    X509_up_ref(check->of.leaf);
    apr_pool_cleanup_register(pool, check->of.leaf, cert_free, apr_pool_cleanup_null);
    X509_up_ref(check->of.issuer);
    apr_pool_cleanup_register(pool, check->of.issuer, cert_free, apr_pool_cleanup_null);
    job->kept = *kept;
    if (kept->record.response.len > 0) {
        job->kept.record.response.der =
            apr_pmemdup(pool, kept->record.response.der, kept->record.response.len);
    }
    return job;
}

/* If no thread can be started, the jobs that follow in the queue fail too. */
static void jobs_start(job_t *job)
{
    const cc_ocsp_io_t *io = job->ocsp->io;

    while (job && !io->start(io->state, jobs_do, job)) {
        cc_answer_fail(&job->inflight->answer, "there is no thread to ask it");
        cc_counter_add(&job->ocsp->counters->requests[CC_OCSP_NOT_ASKED]);
        cc_inflight_finish(job->inflight);
        job = job_end(job);
    }
}

cc_inflight_t *cc_ocsp_fetch(cc_ocsp_t *ocsp, const cc_ocsp_check_t *check, const cc_kept_t *kept,
                             bool *first)
{
    const cc_ocsp_io_t *io = ocsp->io;
    cc_inflight_t *inflight =
        cc_inflight_join(ocsp->inflights, check->key, check->line->spec->timeout, first);

    if (inflight && *first) {
        job_t *job = job_make(ocsp, inflight, check, kept);

        cc_inflight_hold(inflight); /* for jobs_do */
        if (!io->start) {
            jobs_do(job);
        } else if (!stands_in_line(job) ||
                   cc_limiter_ask_begin(io->limiter, job->url, &job->turn)) {
            jobs_start(job);
        }
    }
    return inflight;
}
