/* SPDX-License-Identifier: Apache-2.0 */
/* Knows how a question becomes an answer that is kept, or a failure that is remembered. */
#include <string.h>

#include <apr_strings.h>

#include <openssl/err.h>

#include "ocsp/internal.h"

/* A question in the hands of the thread that asks it; in the pool of its flight. */
typedef struct job_t {
    cc_turn_t turn;
    cc_ocsp_t *ocsp;
    cc_flight_t *flight;
    cc_ocsp_request_t question;
    cc_kept_t kept;
    const cc_url_t *url; /* NULL: there is none, */
    const char *why;     /* and why not */
    apr_time_t started;  /* by the clock; question.now may be another one */
    apr_time_t begun;    /* likewise: when a thread had time for it */
} job_t;

static void record_keep(const job_t *job, const cc_record_t *record, apr_time_t until)
{
    const cc_ocsp_means_t *means = job->ocsp->means;
    apr_size_t len = 0;
    cc_ocsp_record_t packed;

    if (!means->put) {
        return;
    }
    packed.octets = cc_record_pack(&len, record, job->flight->pool);
    packed.len = (unsigned int)len;
    packed.until = until;
    means->put(means->state, job->question.key, &packed);
}

/* What is kept stays where it still serves; that the responder failed is kept with it. */
static void failure_keep(const job_t *job, const char *why, apr_time_t now)
{
    cc_record_t record = {0};
    apr_time_t until = now + CC_OCSP_REST;

    if (job->kept.age != CC_AGE_OVER) {
        record = job->kept.record;
        until = job->kept.life.over;
    }
    record.failed_at = now;
    record.why = why;
    record_keep(job, &record, until);
}

/* The moment that it is by now, as the one who asks counts. */
static apr_time_t job_now(const job_t *job)
{
    return job->question.now + (apr_time_now() - job->started);
}

/* Whoever is on the way may play back what was said before a revocation, until its nextUpdate. */
static bool is_undone_by(const cc_kept_t *kept, const cc_ocsp_answer_t *answer)
{
    return kept->age != CC_AGE_OVER && kept->answer.status == CC_OCSP_REVOKED &&
           answer->status != CC_OCSP_REVOKED && answer->this_update < kept->answer.this_update;
}

/* What a responder sent counts if it is current too. */
static void response_take(job_t *job, cc_response_t *response)
{
    cc_ocsp_answer_t *answer = &job->flight->answer;
    cc_record_t record = {.asked_at = job->question.now, .response = *response, .why = ""};
    cc_life_t life;

    cc_answer_read(answer, &job->question, response, job->flight->pool);
    if (answer->status == CC_OCSP_FAILED) {
        return;
    }
    if (is_undone_by(&job->kept, answer)) {
        cc_answer_fail(answer, "the response does not count: it is older than a revocation");
        return;
    }
    answer->asked_at = job->question.now;
    life = cc_answer_life(answer, job->ocsp->spec);
    if (cc_life_age(&life, job->question.now) <= CC_AGE_STALE) {
        cc_answer_fail(answer, answer->next_update
                                   ? "the response does not count: its nextUpdate has passed"
                                   : "the response does not count: it has no nextUpdate and its "
                                     "thisUpdate is older than ttl=");
        return;
    }
    record_keep(job, &record, life.over);
}

static void responder_ask(job_t *job, const cc_url_t *url)
{
    cc_ocsp_t *ocsp = job->ocsp;
    cc_flight_t *flight = job->flight;
    cc_talk_t talk = {url, job->begun + ocsp->spec->timeout, NULL};
    cc_response_t response = {0};
    bool came = job->question.request &&
                cc_talk_hold(&response, &talk, job->question.request, flight->pool);

    if (came) {
        response_take(job, &response);
    } else {
        cc_answer_fail(&flight->answer, talk.why ? talk.why : "out of memory");
    }
    cc_breaker_tell(ocsp->breakers, url, came && !response.busy, job_now(job));
    if (flight->answer.status == CC_OCSP_FAILED) {
        flight->answer.why = apr_psprintf(flight->pool, "%s: %s", url->text, flight->answer.why);
        failure_keep(job, flight->answer.why, job_now(job));
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

/* Nobody waits any more. That says something of our threads, and nothing of the responder. */
static bool job_is_late(const job_t *job)
{
    return job->begun >= job->started + job->ocsp->spec->timeout;
}

/* Asks, or says why not; what came of it. */
static int job_ask(job_t *job)
{
    cc_ocsp_t *ocsp = job->ocsp;
    cc_flight_t *flight = job->flight;
    const cc_url_t *url = job->url;
    const char *why = NULL;

    if (!url) {
        cc_answer_fail(&flight->answer, job->why);
        return CC_OCSP_NOT_ASKED;
    }
    if (job_is_late(job)) {
        cc_answer_fail(&flight->answer, "all threads that ask were busy for too long");
        return CC_OCSP_NOT_ASKED;
    }
    if (!cc_breaker_lets(ocsp->breakers, url, job_now(job))) {
        why = "it failed again and again, and is left alone for a while";
        cc_answer_fail(&flight->answer, apr_psprintf(flight->pool, "%s: %s", url->text, why));
        return CC_OCSP_LEFT_ALONE;
    }
    job->question.request = cc_question_make(&job->question.of, ocsp->spec->nonce);
    apr_pool_cleanup_register(flight->pool, job->question.request, request_free,
                              apr_pool_cleanup_null);
    responder_ask(job, url);
    return (int)flight->answer.status;
}

static void job_do(job_t *job)
{
    ERR_set_mark();
    job->begun = apr_time_now();
    cc_counter_add(&job->ocsp->counters->questions[job_ask(job)]);
    ERR_pop_to_mark();
    cc_flight_land(job->flight);
}

static bool stands_in_line(const job_t *job)
{
    return job->ocsp->means->start && job->ocsp->means->patience && job->url;
}

/* The job is over, and its memory goes. The one whose turn it is now, or NULL. */
static job_t *job_end(job_t *job)
{
    cc_turn_t *next = NULL;

    if (stands_in_line(job)) {
        next = cc_patience_next(job->ocsp->means->patience, job->url);
    }
    cc_flight_leave(job->flight);
    return (job_t *)next;
}

static void jobs_do(void *data)
{
    for (job_t *job = data; job; job = job_end(job)) {
        job_do(job);
    }
}

/* A copy of what the job needs: who asks may be gone before it is done. */
static job_t *job_make(cc_ocsp_t *ocsp, cc_flight_t *flight, const cc_ocsp_request_t *question,
                       const cc_kept_t *kept)
{
    apr_pool_t *pool = flight->pool;
    job_t *job = apr_pcalloc(pool, sizeof(*job));

    job->ocsp = ocsp;
    job->flight = flight;
    job->started = apr_time_now();
    job->question = *question;
    job->url = cc_url_choose(ocsp->spec, ocsp->hosts, question->of.leaf, &job->why, pool);
    X509_up_ref(question->of.leaf);
    apr_pool_cleanup_register(pool, question->of.leaf, cert_free, apr_pool_cleanup_null);
    X509_up_ref(question->of.issuer);
    apr_pool_cleanup_register(pool, question->of.issuer, cert_free, apr_pool_cleanup_null);
    job->kept = *kept;
    if (kept->record.response.len > 0) {
        job->kept.record.response.der =
            apr_pmemdup(pool, kept->record.response.der, kept->record.response.len);
    }
    return job;
}

/* Those whose turn it would be then fail too. */
static void jobs_start(job_t *job)
{
    const cc_ocsp_means_t *means = job->ocsp->means;

    while (job && !means->start(means->state, jobs_do, job)) {
        cc_answer_fail(&job->flight->answer, "there is no thread that could ask");
        cc_counter_add(&job->ocsp->counters->questions[CC_OCSP_NOT_ASKED]);
        cc_flight_land(job->flight);
        job = job_end(job);
    }
}

cc_flight_t *cc_ocsp_ask(cc_ocsp_t *ocsp, const cc_ocsp_request_t *question, const cc_kept_t *kept,
                         bool *first)
{
    const cc_ocsp_means_t *means = ocsp->means;
    cc_flight_t *flight = cc_flight_join(ocsp->flights, question->key, ocsp->spec->timeout, first);

    if (flight && *first) {
        job_t *job = job_make(ocsp, flight, question, kept);

        cc_flight_hold(flight); /* for jobs_do */
        if (!means->start) {
            jobs_do(job);
        } else if (!stands_in_line(job) ||
                   cc_patience_turn(means->patience, job->url, &job->turn)) {
            jobs_start(job);
        }
    }
    return flight;
}
