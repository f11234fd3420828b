/* SPDX-License-Identifier: Apache-2.0 */
/* Opens, polls and queries the CRLs of one directive: one thread polls, many query. */
#include <apr_file_info.h>
#include <apr_strings.h>

#include "crl/internal.h"
#include "crl/kept.h"

#define SOON apr_time_from_msec(50)

/* ---- at start -------------------------------------------------------------------------------- */

static apr_status_t crls_close(void *data)
{
    cc_crls_t *crls = data;

    for (int i = 0; i < crls->files->nelts; i++) {
        cc_crl_file_t *file = APR_ARRAY_IDX(crls->files, i, cc_crl_file_t *);

        cc_crl_content_release(file->content);
        apr_pool_destroy(file->pool);
    }
    cc_crl_version_free(cc_snapshot_reclaim(&crls->versions));
    cc_crl_version_free(cc_snapshot_current(&crls->versions));
    cc_crl_authorities_release(crls->cas);
    cc_crl_authorities_release(crls->read_for);
    apr_pool_destroy(crls->pool);
    return APR_SUCCESS;
}

static void sources_take(cc_crls_t *crls, apr_pool_t *p)
{
    const cc_crl_spec_t *spec = crls->spec;

    for (int i = 0; i < spec->paths->nelts; i++) {
        const char *path = APR_ARRAY_IDX(spec->paths, i, const char *);
        cc_crl_source_t *source = apr_array_push(crls->sources);
        char *merged = NULL;

        *source = (cc_crl_source_t){.path = path};
        if (apr_filepath_merge(&merged, spec->root, path, 0, p) == APR_SUCCESS) {
            source->path = merged;
        }
    }
}

cc_crls_t *cc_crls_create(const cc_crl_spec_t *spec, const cc_trust_t *trust, apr_pool_t *p)
{
    cc_crls_t *crls = apr_pcalloc(p, sizeof(*crls));

    crls->spec = spec;
    crls->counters = &crls->own;
    crls->trust = trust;
    /*
     * The pool has its own allocator, since only the polling thread uses it, independently of `p`.
     */
    apr_pool_create_unmanaged_ex(&crls->pool, NULL, NULL);
    crls->sources = apr_array_make(p, spec->paths->nelts, sizeof(cc_crl_source_t));
    crls->files = apr_array_make(crls->pool, 8, sizeof(cc_crl_file_t *));
    crls->streams = apr_hash_make(crls->pool);
    if (spec->highest) {
        cc_crls_highest_restore(crls, spec->highest);
    }
    cc_crls_cas_take(crls);
    cc_crls_cas_read(crls);
    cc_snapshot_init(&crls->versions, NULL);
    apr_pool_cleanup_register(p, crls, crls_close, apr_pool_cleanup_null);
    sources_take(crls, p);
    return crls;
}

/* Sets *err to that of the first source that cannot be read. */
static apr_status_t sources_check(const cc_crls_t *crls, cc_error_t *err)
{
    for (int i = 0; i < crls->sources->nelts; i++) {
        const cc_crl_source_t *source = &APR_ARRAY_IDX(crls->sources, i, cc_crl_source_t);

        if (source->refusal.tag) {
            *err = source->refusal;
            return APR_EINVAL;
        }
    }
    return APR_SUCCESS;
}

void cc_crls_complete(cc_crls_t *crls)
{
    for (int i = 0; i < crls->files->nelts; i++) {
        const cc_crl_file_t *file = APR_ARRAY_IDX(crls->files, i, const cc_crl_file_t *);

        if (file->content) {
            cc_crl_kept_put(crls, file->path, file->content);
        }
    }
    cc_snapshot_init(&crls->versions, cc_crl_version_make(crls));
    cc_crls_count_open(crls, apr_time_now());
}

apr_status_t cc_crls_open(cc_crls_t **crls, const cc_crl_spec_t *spec, const cc_trust_t *trust,
                          apr_pool_t *p, cc_error_t *err)
{
    cc_crls_t *made = cc_crls_create(spec, trust, p);
    cc_error_t found = {NULL, NULL, NULL, NULL};
    apr_status_t status = APR_SUCCESS;

    apr_pool_create_unmanaged_ex(&made->scratch, NULL, NULL);
    cc_crls_scan(made);
    status = sources_check(made, &found);
    if (status == APR_SUCCESS) {
        status = cc_crls_load(made, &found);
    }
    if (status == APR_SUCCESS) {
        cc_crls_complete(made);
        *crls = made;
    } else {
        status = cc_error_set(err, p, found.tag, found.word, "%s", found.message);
    }
    if (status != APR_SUCCESS && err) {
        err->where = spec->where;
    }
    apr_pool_destroy(made->scratch);
    return status;
}

const cc_crl_spec_t *cc_crls_spec(const cc_crls_t *crls)
{
    return crls->spec;
}

/* ---- polling -------------------------------------------------------------------------------- */

/* A poll, and the function that it reports to. */
typedef struct {
    cc_crls_t *crls;
    apr_time_t now;
    cc_crls_report_fn *report;
    void *baton;
} poll_t;

static void error_report(const poll_t *poll, cc_error_t *err)
{
    if (err->tag) {
        err->where = poll->crls->spec->where;
        poll->report(poll->crls, err, poll->baton);
        err->tag = NULL;
    }
}

static void refusals_report(const poll_t *poll)
{
    for (int i = 0; i < poll->crls->sources->nelts; i++) {
        error_report(poll, &APR_ARRAY_IDX(poll->crls->sources, i, cc_crl_source_t).refusal);
    }
    for (int i = 0; i < poll->crls->files->nelts; i++) {
        cc_crl_file_t *file = APR_ARRAY_IDX(poll->crls->files, i, cc_crl_file_t *);

        if (file->refusal.tag) {
            cc_crls_count_file(poll->crls, file, false);
        }
        error_report(poll, &file->refusal);
    }
}

/* Reports an older CRL that is not used after the later one has gone. */
static void older_report(const poll_t *poll, const cc_crl_held_t *held)
{
    cc_crl_stream_t *stream = cc_crls_highest(poll->crls, held->crl);
    apr_pool_t *p = poll->crls->scratch;
    cc_error_t err = {NULL, NULL, NULL, NULL};

    if (held->use != CC_CRL_OLDER || stream->reported) {
        return;
    }
    stream->reported = true;
    cc_error_set(&err, p, "CC0415", held->path,
                 "%s of %s, is not used: a later one was loaded before, number %s of %s, and its "
                 "file is gone",
                 cc_crl_text(held->crl, p), cc_moment_text(held->crl->this_update, p),
                 cc_crl_number_text(&stream->number, p), cc_moment_text(stream->this_update, p));
    error_report(poll, &err);
}

static void stale_report(const poll_t *poll, const cc_crl_held_t *held)
{
    cc_crl_t *crl = held->crl;
    apr_pool_t *p = poll->crls->scratch;
    cc_error_t err = {NULL, NULL, NULL, NULL};

    if (held->use != CC_CRL_USED || crl->reported_stale ||
        poll->now <= crl->next_update + poll->crls->spec->grace) {
        return;
    }
    crl->reported_stale = true;
    cc_error_set(&err, p, "CC0416", held->path,
                 "%s has expired: its nextUpdate was %s; missing=%s applies to certificates that "
                 "it does not list",
                 cc_crl_text(crl, p), cc_moment_text(crl->next_update, p),
                 poll->crls->spec->missing_allow ? "allow" : "deny");
    error_report(poll, &err);
}

static void alone_report(const poll_t *poll, const cc_crl_held_t *held)
{
    cc_crl_t *crl = held->crl;
    apr_pool_t *p = poll->crls->scratch;
    cc_error_t err = {NULL, NULL, NULL, NULL};

    if (held->use == CC_CRL_NO_BASE && !crl->reported_alone) {
        crl->reported_alone = true;
        cc_error_set(&err, p, "CC0418", held->path,
                     "%s is used without the complete CRL that it changes: certificates that it "
                     "lists are revoked, missing=%s applies to all others",
                     cc_crl_text(crl, p), poll->crls->spec->missing_allow ? "allow" : "deny");
        error_report(poll, &err);
    }
}

static void signer_report(const poll_t *poll, const cc_crl_pair_t *pair)
{
    cc_crl_t *crl = pair->either;
    apr_pool_t *p = poll->crls->scratch;
    cc_error_t err = {NULL, NULL, NULL, NULL};

    if (pair->signer_revoked && !crl->reported_signer) {
        crl->reported_signer = true;
        cc_error_set(&err, p, "CC0417", crl->issuer_text,
                     "the certificate that signed this issuer's CRL, or a CA above it, is revoked; "
                     "missing=%s applies to certificates that the CRL does not list",
                     poll->crls->spec->missing_allow ? "allow" : "deny");
        error_report(poll, &err);
    }
}

static void version_report(const poll_t *poll, const cc_crl_version_t *version)
{
    for (int i = 0; i < version->held->nelts; i++) {
        const cc_crl_held_t *held = &APR_ARRAY_IDX(version->held, i, cc_crl_held_t);

        older_report(poll, held);
        stale_report(poll, held);
        alone_report(poll, held);
    }
    for (int i = 0; i < version->pairs->nelts; i++) {
        signer_report(poll, &APR_ARRAY_IDX(version->pairs, i, cc_crl_pair_t));
    }
}

/* True if both have the same CRLs in the same use. */
static bool same_crls(const cc_crl_version_t *a, const cc_crl_version_t *b)
{
    for (int i = 0; a->held->nelts == b->held->nelts && i < a->held->nelts; i++) {
        const cc_crl_held_t *one = &APR_ARRAY_IDX(a->held, i, cc_crl_held_t);
        const cc_crl_held_t *other = &APR_ARRAY_IDX(b->held, i, cc_crl_held_t);

        if (one->crl != other->crl || one->use != other->use) {
            return false;
        }
    }
    return a->held->nelts == b->held->nelts;
}

/* CAs that come or go without a CRL are no change of the CRLs. */
static void version_replace(const poll_t *poll)
{
    cc_crls_t *crls = poll->crls;
    cc_crl_version_t *next = cc_crl_version_make(crls);
    bool told = crls->changed || !same_crls(cc_snapshot_current(&crls->versions), next);

    crls->changed = crls->outdated = false;
    cc_snapshot_replace(&crls->versions, next);
    cc_crl_version_free(cc_snapshot_reclaim(&crls->versions));
    if (told) {
        poll->report(crls, NULL, poll->baton);
    }
}

/* Checks all files; returns the time until the next poll, 0: there is nothing to wait for. */
static apr_interval_time_t poll_now(const poll_t *poll)
{
    cc_crls_t *crls = poll->crls;
    apr_interval_time_t wait = 0;

    cc_crls_cas_follow(crls);
    cc_crls_scan(crls);
    wait = cc_crls_poll_files(crls, poll->now);
    cc_crls_cas_polled(crls);
    cc_crls_count_poll(crls, poll->now);
    refusals_report(poll);
    cc_crl_version_free(cc_snapshot_reclaim(&crls->versions));
    if ((crls->changed || crls->outdated) && !cc_snapshot_settled(&crls->versions)) {
        return SOON; /* a reader of an earlier version has not finished yet */
    }
    if (crls->changed || crls->outdated) {
        version_replace(poll);
    }
    version_report(poll, cc_snapshot_current(&crls->versions));
    return wait;
}

/* With reload=0, the files are polled when the CAs change, and then until all are read. */
static bool is_due(const cc_crls_t *crls, apr_time_t now)
{
    apr_interval_time_t reload = crls->spec->reload;

    return cc_crls_cas_changed(crls) || (reload > 0 ? cc_due_now(&crls->due, reload, now)
                                                    : crls->due.next > 0 && now >= crls->due.next);
}

apr_interval_time_t cc_crls_poll(cc_crls_t *crls, apr_time_t now, cc_crls_report_fn *report,
                                 void *baton, apr_pool_t *scratch)
{
    poll_t poll = {crls, now, report, baton};
    apr_interval_time_t reload = crls->spec->reload, soon = 0;

    if (is_due(crls, now)) {
        crls->scratch = scratch;
        soon = poll_now(&poll);
        if (reload > 0) {
            cc_due_polled(&crls->due, reload, soon, now);
        } else {
            crls->due.next = soon > 0 ? now + soon : 0;
        }
    }
    return crls->due.next > 0 ? crls->due.next - now : 0;
}
