/* SPDX-License-Identifier: Apache-2.0 */
/* Makes files of CAs for unit tests, opens them and follows them. */
#ifndef CASET_H
#define CASET_H

#include <apr_pools.h>

#include "pki.h"
#include "ca/ca.h"

/** A folder for files, and the set of CAs that was opened last. */
typedef struct caset_t {
    apr_pool_t *pool;
    apr_pool_t *plan_pool; /* of `cas` */
    char *folder;
    cc_ca_kept_t *kept; /* NULL: nothing is kept */
    cc_cas_t *cas;
    cc_error_t err;
    apr_time_t later; /* the time by which the clock of polls is ahead */
} caset_t;

/** Begins with a new folder; the second function ends it. */
void caset_begin(caset_t *set);
void caset_end(caset_t *set);

const char *caset_path(caset_t *set, const char *name);
void caset_write(caset_t *set, const char *name, const char *text);

/** Replaces a file atomically by certificates in PEM; the list ends with NULL. */
void caset_put(caset_t *set, const char *name, const pki_t *const *list);
#define CASET_PUT(set, name, ...)                                                                  \
    caset_put(set, name, (const pki_t *const[]){__VA_ARGS__, NULL})

/** The same in place, so that it may be half written. */
void caset_overwrite(caset_t *set, const char *name, const pki_t *const *list);

/** A certificate in PEM with this label ("CERTIFICATE"). */
const char *caset_pem(caset_t *set, const pki_t *pki, const char *label);

/**
 * Opens the directives, each in a line ("a.pem\nb.pem domain=example.org"), with paths relative to
 * the folder: "" or the error. The second function must succeed.
 */
const char *caset_try(caset_t *set, const char *lines);
void caset_open(caset_t *set, const char *lines);

/** The same at a restart, after which the earlier one ends: the refusals, joined by " | ". */
const char *caset_reopen(caset_t *set, const char *lines);

/** Polls as if the clock had moved on by a minute: what is reported, joined by " | ". */
const char *caset_poll(caset_t *set);

/** Polls often enough that a missing file counts as removed. */
const char *caset_poll_gone(caset_t *set);

/** The common names in a group of the current set, sorted, joined by spaces. */
const char *caset_names(caset_t *set, int group);

/** Since when a CA is in a group of the current set; -1: it is not. */
apr_time_t caset_since(caset_t *set, int group, const pki_t *ca);

/** The subjects of certificates, in order; frees the stack. */
const char *caset_subjects(caset_t *set, STACK_OF(X509) * certs);

#endif
