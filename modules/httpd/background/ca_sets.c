/* SPDX-License-Identifier: Apache-2.0 */
/* Opens the CA sets of virtual hosts at a start and a restart, and polls their files. */
#include <stdatomic.h>

#include <apr_hash.h>
#include <apr_strings.h>

#include <http_main.h>

#include "base/error.h"
#include "base/moment.h"
#include "ca/ca.h"
#include "httpd/background/ca_sets.h"
#include "httpd/conf/configuration.h"
#include "httpd/conf/module.h"
#include "httpd/conf/start.h"
#include "httpd/conf/vhost_conf.h"

/* The CA sets of a configuration. */
typedef struct cc_ca_sets_t {
    apr_array_header_t *opened; /* of cc_opened_cas_t */
    apr_hash_t *numbers;        /* what directives say, to the place of their set in `opened` */
    apr_uint64_t hosts;         /* that have a number */
} cc_ca_sets_t;

static cc_ca_sets_t *sets_of(const server_rec *s)
{
    cc_configuration_t *configuration = cc_configuration_of(s);
    apr_pool_t *pconf = s->process->pconf;

    if (!configuration->ca_sets) {
        cc_ca_sets_t *made = apr_pcalloc(pconf, sizeof(*made));

        made->opened = apr_array_make(pconf, 2, sizeof(cc_opened_cas_t));
        made->numbers = apr_hash_make(pconf);
        configuration->ca_sets = made;
    }
    return configuration->ca_sets;
}

const apr_array_header_t *cc_ca_sets_opened(const server_rec *s)
{
    return sets_of(s)->opened;
}

/* ---- numbers ------------------------------------------------------------------------------- */

/*
 * The number of a virtual host is the number of the host, and below it the generation of its CAs.
 * Requests compare it with the number for which their client was judged (peer/tls.c). It is written
 * after the set, so with a new number a request sees the new set, or a later one.
 */
#define GENERATION_BITS 40
#define GENERATION_MASK ((1ULL << GENERATION_BITS) - 1)

static apr_uint64_t number_of(apr_uint64_t host, cc_cas_t *cas)
{
    return host << GENERATION_BITS | (cas ? cc_cas_generation(cas) & GENERATION_MASK : 0);
}

static void number_give(server_rec *s, cc_cas_t *cas)
{
    atomic_store(&cc_vhost_conf_of(s)->number, number_of(++sets_of(s)->hosts, cas));
}

static void numbers_renew(const cc_opened_cas_t *opened)
{
    for (int i = 0; i < opened->users->nelts; i++) {
        server_rec *s = APR_ARRAY_IDX(opened->users, i, server_rec *);
        _Atomic(apr_uint64_t) *number = &cc_vhost_conf_of(s)->number;

        atomic_store(number, number_of(atomic_load(number) >> GENERATION_BITS, opened->cas));
    }
}

/* ---- opening ------------------------------------------------------------------------------- */

/*
 * The CAs that were loaded last, kept for the next restart; NULL while the configuration is only
 * checked. The key has the number of the layout, because another version of the module may run
 * after a restart.
 */
static cc_ca_kept_t *kept_of(const server_rec *s)
{
    static const char key[] = "clientcert_cas_kept 1";
    apr_pool_t *p = s->process->pool;
    void *kept = NULL;

    if (cc_start_is_trial()) {
        return NULL;
    }
    apr_pool_userdata_get(&kept, key, p);
    if (!kept) {
        kept = cc_cas_kept_create(p);
        apr_pool_userdata_set(kept, key, NULL, p); /* copies the key: the module may be unloaded */
    }
    cc_cas_kept_own(kept);
    return kept;
}

/* The directives of a host, as a text that is the same for hosts that can share a set. */
static const char *specs_text(const apr_array_header_t *specs, apr_pool_t *p)
{
    apr_array_header_t *texts = apr_array_make(p, specs->nelts, sizeof(const char *));

    for (int i = 0; i < specs->nelts; i++) {
        const cc_ca_spec_t *spec = APR_ARRAY_IDX(specs, i, const cc_ca_spec_t *);

        APR_ARRAY_PUSH(texts, const char *) =
            apr_psprintf(p, "%" APR_TIME_T_FMT " %d %s\n%s\n", spec->reload, spec->depth,
                         spec->domain ? spec->domain : "", apr_array_pstrcat(p, spec->paths, '\n'));
    }
    return apr_array_pstrcat(p, texts, '\n');
}

/* Writes to the main log, because a virtual host may have a log of its own. */
static void reopened_log(const cc_error_t *err, apr_time_t since, void *baton)
{
    apr_pool_t *p = baton;
    const char *text = cc_error_text(err, p);

    if (since) {
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, ap_server_conf,
                     "CC0197: after the restart, the CAs loaded on %s stay in use: %s",
                     cc_moment_text(since, p), text);
    } else {
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, ap_server_conf,
                     "CC0198: after the restart, none of these CAs is in use, and their clients "
                     "are refused until the file can be loaded: %s",
                     text);
    }
}

/*
 * Runs before the sets of this configuration close. When httpd ends, the pools of the kept CAs are
 * destroyed before those of the configuration, which are older.
 */
static apr_status_t kept_decide(void *kept)
{
    if (ap_state_query(AP_SQ_MAIN_STATE) != AP_SQ_MS_DESTROY_CONFIG) {
        cc_cas_kept_end(kept);
    }
    return APR_SUCCESS;
}

/* Opens the set of a virtual host, the first one with these directives. */
static apr_status_t first_open(cc_opened_cas_t *opened, server_rec *s, apr_pool_t *p,
                               cc_error_t *err)
{
    cc_cas_plan_t *plan = apr_palloc(p, sizeof(*plan));
    apr_status_t rv = APR_SUCCESS;

    *plan = (cc_cas_plan_t){
        .specs = cc_vhost_conf_of(s)->ca_specs, .root = ap_server_root, .kept = kept_of(s)};
    *opened = (cc_opened_cas_t){.server = s, .users = apr_array_make(p, 1, sizeof(server_rec *))};
    if (cc_start_is_restart()) {
        cc_cas_reopen(&opened->cas, plan, p, reopened_log, p);
    } else {
        rv = cc_cas_open(&opened->cas, plan, p, err);
    }
    if (plan->kept) { /* after the set, so that it runs before the cleanup of the set */
        apr_pool_pre_cleanup_register(p, plan->kept, kept_decide);
    }
    return rv;
}

/* The set with these directives, opened if no other host has done so. NULL: an error. */
static cc_opened_cas_t *opened_get(server_rec *s, apr_pool_t *p, cc_error_t *err)
{
    cc_ca_sets_t *sets = sets_of(s);
    const char *text = specs_text(cc_vhost_conf_of(s)->ca_specs, p);
    const int *known = apr_hash_get(sets->numbers, text, APR_HASH_KEY_STRING);
    cc_opened_cas_t opened;

    if (known) {
        return &APR_ARRAY_IDX(sets->opened, *known, cc_opened_cas_t);
    }
    if (first_open(&opened, s, p, err) != APR_SUCCESS) {
        return NULL;
    }
    apr_hash_set(sets->numbers, text, APR_HASH_KEY_STRING,
                 apr_pmemdup(p, &sets->opened->nelts, sizeof(int)));
    APR_ARRAY_PUSH(sets->opened, cc_opened_cas_t) = opened;
    return &APR_ARRAY_IDX(sets->opened, sets->opened->nelts - 1, cc_opened_cas_t);
}

apr_status_t cc_ca_sets_open(cc_cas_t **cas, server_rec *s, apr_pool_t *p, cc_error_t *err)
{
    *cas = NULL;
    if (cc_vhost_conf_of(s)->ca_specs) {
        cc_opened_cas_t *opened = opened_get(s, p, err);

        if (!opened) {
            return APR_EGENERAL;
        }
        APR_ARRAY_PUSH(opened->users, server_rec *) = s;
        *cas = opened->cas;
    }
    number_give(s, *cas);
    return APR_SUCCESS;
}

int cc_ca_sets_start(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    cc_ca_kept_t *kept = kept_of(s);

    (void)pconf;
    (void)plog;
    (void)ptemp;
    if (kept) {
        cc_cas_kept_sweep(kept);
    }
    return OK;
}

/* ---- polling the files --------------------------------------------------------------------- */

/* How many CAs that came or left one line names. */
#define NAMED_MOST 16

/* "added A, B and 3 more"; "" for none. */
static const char *named(const char *verb, const apr_array_header_t *cas, apr_pool_t *p)
{
    const char *text = "";

    for (int i = 0; i < cas->nelts && i < NAMED_MOST; i++) {
        text = apr_pstrcat(p, text, i == 0 ? verb : ",", " ", APR_ARRAY_IDX(cas, i, const char *),
                           NULL);
    }
    return cas->nelts > NAMED_MOST
               ? apr_psprintf(p, "%s and %d more", text, cas->nelts - NAMED_MOST)
               : text;
}

/* A line of the log about a poll. */
typedef struct line_t {
    int level;
    const char *text;
} line_t;

/* Notes what has happened, to be logged when all requests see it. `baton`: an array of line_t. */
static void news_note(const cc_cas_t *cas, const cc_cas_news_t *news, void *baton)
{
    apr_array_header_t *lines = baton;
    apr_pool_t *p = lines->pool;
    line_t line = {APLOG_NOTICE, NULL};

    (void)cas;
    if (news->first && news->refusal) {
        line = (line_t){APLOG_ERR, apr_pstrcat(p, "CC0196: the CAs already loaded stay in use: ",
                                               cc_error_text(news->refusal, p), NULL)};
    } else if (news->first) {
        const char *came = named("added", news->came, p), *left = named("removed", news->left, p);

        line.text = apr_pstrcat(p, "CC0195: \"", news->path, "\": CAs have changed: ", came,
                                *came && *left ? "; " : "", left, NULL);
    }
    if (line.text) {
        APR_ARRAY_PUSH(lines, line_t) = line;
    }
}

static void lines_log(const apr_array_header_t *lines, server_rec *s)
{
    for (int i = 0; i < lines->nelts; i++) {
        const line_t *line = &APR_ARRAY_IDX(lines, i, const line_t);

        ap_log_error(APLOG_MARK, line->level, 0, s, "%s", line->text);
    }
}

static apr_interval_time_t poll_one(const cc_opened_cas_t *opened, apr_time_t now, bool logs,
                                    apr_pool_t *scratch)
{
    apr_array_header_t *lines = apr_array_make(scratch, 1, sizeof(line_t));
    apr_interval_time_t wait = cc_cas_poll(opened->cas, now, news_note, lines, scratch);

    numbers_renew(opened);
    if (logs) {
        lines_log(lines, opened->server);
    }
    return wait;
}

static apr_interval_time_t poll_all(server_rec *s, apr_time_t now, bool logs)
{
    const apr_array_header_t *all = cc_ca_sets_opened(s);
    apr_interval_time_t soonest = 0;
    apr_pool_t *scratch;

    /* Without a parent pool, which might be destroyed before the polling thread ends. */
    if (all->nelts == 0 || apr_pool_create_unmanaged_ex(&scratch, NULL, NULL) != APR_SUCCESS) {
        return 0;
    }
    for (int i = 0; i < all->nelts; i++) {
        apr_interval_time_t wait =
            poll_one(&APR_ARRAY_IDX(all, i, const cc_opened_cas_t), now, logs, scratch);

        if (wait > 0 && (soonest == 0 || wait < soonest)) {
            soonest = wait;
        }
        apr_pool_clear(scratch);
    }
    apr_pool_destroy(scratch);
    return soonest;
}

apr_interval_time_t cc_ca_sets_poll_child(server_rec *s, apr_time_t now)
{
    return poll_all(s, now, true);
}

void cc_ca_sets_poll_parent(server_rec *s, apr_time_t now)
{
    poll_all(s, now, false);
}
