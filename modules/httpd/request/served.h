/* SPDX-License-Identifier: Apache-2.0 */
/* Knows what comes of the answer to who the client is: variables, failures, what is not stored. */
#ifndef CC_SERVED_H
#define CC_SERVED_H

#include "httpd/internal.h"

/* ---- the variables of a request (variables.c) ----------------------------------------------- */

/**
 * Makes these (of ClientCertExport; NULL: none) the only ones that have a name of ours, apart from
 * those that httpd took over from another request. May replace the table.
 */
void cc_variables_set(request_rec *r, const apr_table_t *exports);
void cc_variables_clean(request_rec *r);
static inline void cc_variables_put(request_rec *r, const apr_table_t *exports)
{
    if (exports) {
        cc_variables_set(r, exports);
    } else if (apr_table_elts(r->subprocess_env)->nelts > 0) {
        cc_variables_clean(r); /* most files have no variables, when access is asked */
    }
}

/** The same; gives how many variables there are after that. */
int cc_variables_last(request_rec *r, const apr_table_t *exports);

/** The same for a subrequest, whose environment is a copy of that of its page. */
void cc_variables_copied(request_rec *r, const apr_table_t *exports);

/** Once more at the end of its fixups, where others have set variables. */
void cc_variables_copied_end(request_rec *r, const apr_table_t *exports);

/** ProxyFCGISetEnvIf, which is mod_proxy_fcgi's and comes here as well. CC0119. */
const char *cc_variables_fcgi_directive(cmd_parms *cmd, void *record, const char *args);

/* ---- mod_cache (cache.c) ------------------------------------------------------------------- */

/** The answer to this request depends on who the client is: it is not to be stored. */
void cc_cache_mark(request_rec *r);
static inline void cc_cache_personal(request_rec *r)
{
    const cc_request_t *kept = cc_request_seen(r);

    if (!kept || !kept->personal) {
        cc_cache_mark(r);
    }
}

/** Before anything else serves the request: tells mod_cache not to store it, if it is personal. */
void cc_cache_guard(request_rec *r);

/* ---- the user and the environment (authn.c, environment.c) --------------------------------- */

/** Whether the user or the variables of a request depend on who its client is. */
static inline bool cc_authn_asks(const cc_dir_t *dir)
{
    return (dir->rules && dir->auth != 0) || (dir->export ? dir->export->count > 0 : !!dir->rules);
}

/**
 * Serves a subrequest as its page is served, where httpd has done so with the user: it has the same
 * configuration. False where that has to be asked: the page has no such answer.
 */
bool cc_authn_inherit(request_rec *r);

/**
 * Makes these (NULL: none) the variables of a request, and puts those of the one before in order,
 * which may have ended before its last fixup.
 */
void cc_environment_put(request_rec *r, const apr_table_t *exports);

/** Nobody was asked who its client is: it has no variables. */
void cc_environment_unset(request_rec *r);

/**
 * Serves a request by the answer in what is kept of it, but for its variables. A page that includes
 * the request is as personal.
 */
static inline void cc_environment_serve(request_rec *r, cc_request_t *kept)
{
    kept->served = r->per_dir_config;
    if (r->ap_auth_type == cc_auth_type || kept->answer.exports) {
        kept->personal = true;
        if (r->main) {
            cc_cache_mark(r->main);
        }
    }
}

/** The same, and makes the exports of the answer its variables. */
static inline void cc_environment_set(request_rec *r, cc_request_t *kept)
{
    cc_environment_serve(r, kept);
    if (r->prev) {
        cc_environment_put(r, kept->answer.exports);
    } else {
        cc_variables_put(r, kept->answer.exports);
    }
}

/** The same for a subrequest, whose answer is that of its page. */
void cc_environment_inherit(request_rec *r, cc_request_t *kept);

/** Whether the answer that was found in the access phase is that of the configuration now. */
static inline bool cc_request_served(const request_rec *r, const cc_request_t *kept)
{
    return kept && kept->served == r->per_dir_config;
}

/* ---- failures (failure.c) ------------------------------------------------------------------ */

/**
 * A lookup failed that this request, or what is included in it, has asked for: its answer is to be
 * 500. False where it is too late for that: an error is being answered, or the request logged. What
 * was asked for then counts as absent. cc_failure_report sees to it in any phase, also where the
 * caller cannot fail; cc_failure_note leaves it to the caller and cc_failure_noted.
 */
bool cc_failure_report(request_rec *r);
bool cc_failure_note(request_rec *r);
bool cc_failure_stands(const request_rec *r);
static inline bool cc_failure_noted(const request_rec *r)
{
    const cc_request_t *kept = cc_request_seen(r);

    return kept && kept->failing && cc_failure_stands(r);
}

/** Whether it is to be answered with 500 now. Our page tells what failed, unless that denies it. */
static inline bool cc_failure_ends(const request_rec *r, bool is_page)
{
    return !is_page && cc_failure_noted(r);
}

/* ---- handlers (handlers.c; status/status.c) ------------------------------------------------ */

/** clientcert-status: tells a client what its own certificate is and gives. */
int cc_status_serve(request_rec *r);

#endif
