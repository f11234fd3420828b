/* SPDX-License-Identifier: Apache-2.0 */
/* Logs that a request was denied, and which requirement was not met. */
#ifndef CC_REQUEST_DENIAL_H
#define CC_REQUEST_DENIAL_H

#include "httpd/conf/module.h"
#include "httpd/request/state.h"

/** From now on, until cc_denial_passed, a 403 of this request is logged as a denial. */
static inline void cc_denial_watch(request_rec *r)
{
    request_rec *client = r->main ? cc_request_client(r) : r;
    const cc_request_t *kept = cc_request_seen(client);

    if (!kept || !kept->watched) {
        cc_request_of(client)->watched = true;
    }
}

/** True if a request with this status may be one that cc_denial_log logs. */
static inline bool cc_denial_is_status(int status)
{
    return status == HTTP_FORBIDDEN || status == HTTP_UNAUTHORIZED;
}

/** Ends that: a later 403 does not concern access control. */
static inline void cc_denial_passed(request_rec *r)
{
    request_rec *client = r->main ? cc_request_client(r) : r;
    const cc_request_t *seen = cc_request_seen(client);

    if (seen && seen->watched) {
        cc_request_t *kept = cc_request_of(client);

        kept->watched = false;
        kept->missing = NULL;
    }
}

/**
 * Logs one line (CC0110) if a request, or one that it led to, was denied. Called for the request of
 * the client, after it has been answered.
 */
void cc_denial_log(request_rec *r);

/** The kinds of requirements. */
typedef enum {
    CC_MISSING_OTHER,      /* not a Require of this module */
    CC_MISSING_CONDITIONS, /* Require clientcert: asks for no identity */
    CC_MISSING_USER,       /* Require clientcert-user */
    CC_MISSING_GROUP,      /* Require clientcert-group */
    CC_MISSING_STRENGTH,   /* Require clientcert-strength */
    CC_MISSING_LOGIN,      /* Require clientcert-same-user */
    CC_MISSING_BOUND       /* Require clientcert-bound: asks for no identity */
} cc_missing_kind_t;

/** A requirement that was not met. */
typedef struct cc_missing_t {
    struct cc_missing_t *next; /* for cc_denial_missing */
    cc_missing_kind_t kind;
    bool negated;
    const char *text;      /* as written: "not clientcert-group guests" */
    const char *where;     /* FILE:LINE of the Require; NULL: none */
    const char *undecided; /* FILE:LINE of the rule that left it undecided; NULL: none */
    const cc_note_t *note; /* of the evaluation of Require clientcert; NULL: none */
    const char *because;   /* why it was not met, once another login has been verified: then even
                              a 401 is a denial. Safe for a log; always copied. NULL: not known */
} cc_missing_t;

/** How many requirements that were not met a request keeps; of others, only that there are some. */
#define CC_MISSING_MAX 8

/**
 * Records a requirement that was not met, unless it was recorded for this request before; then only
 * its `because` is taken over. `keep`: the members of *missing live as long as the request of the
 * client; otherwise they are copied.
 */
void cc_denial_missing(request_rec *r, const cc_missing_t *missing, bool keep);

/**
 * The requirements of a request that were not met, each with its place, for the administrator:
 * "clientcert-user root (site.conf:12), clientcert-group wheel (site.conf:13)". NULL: none of this
 * module. Not escaped. Lives as long as `p`.
 */
const char *cc_denial_needs(request_rec *r, apr_pool_t *p);

#endif
