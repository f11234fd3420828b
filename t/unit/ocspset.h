/* SPDX-License-Identifier: Apache-2.0 */
/* Provides a cache, threads and a clock for the engine that asks OCSP responders, in unit tests. */
#ifndef OCSPSET_H
#define OCSPSET_H

#include <apr_hash.h>
#include <apr_thread_mutex.h>

#include "ocspkit.h"

/** Everything that a check needs. There is one; ocspset_setup clears it. */
typedef struct ocspset_t {
    apr_pool_t *pool;
    pki_t ca, leaf;
    responder_t *responder; /* answers that `leaf` is good, for a day */
    cc_ocsp_io_t io;  /* with a cache in memory, and threads */
    cc_ocsp_lists_t lists;  /* of the next engines; empty by default */
    cc_ocsp_files_t files;  /* likewise */
    const apr_array_header_t *hosts; /* likewise */
    cc_ocsp_t *ocsp;
    apr_time_t now;          /* the engine's clock */
    cc_ocsp_answer_t answer; /* the last one */
    apr_hash_t *records;     /* key -> cc_ocsp_record_t */
    bool no_threads;         /* none can be started */
    /* For ocspset.c alone: */
    apr_thread_mutex_t *lock; /* of the records and the threads */
    apr_thread_t *threads[64];
    int started;
} ocspset_t;

/** The settings of a host, one directive a line. */
apr_array_header_t *ocspset_specs(const char *lines, apr_pool_t *p);

void ocspset_setup(ocspset_t *set);
void ocspset_teardown(ocspset_t *set);

/** Makes the engine of another process, with these options beside "On responder=URL". */
void ocspset_engine(ocspset_t *set, const char *options);

/** The same with these directives, one a line; "RESPONDER" in them is the URL. */
apr_status_t ocspset_lines(ocspset_t *set, const char *lines, cc_error_t *err);

/** The path in `p` of a file with these certificates, in PEM, in a new folder. */
const char *ocspset_file(const pki_t *first, const pki_t *second, apr_pool_t *p);

/** The status of a certificate of an issuer (NULL: not available). */
cc_ocsp_status_t ocspset_status_by(ocspset_t *set, const pki_t *cert, const pki_t *issuer);

/** The status of a certificate of the CA, and of `leaf`. */
cc_ocsp_status_t ocspset_status_of(ocspset_t *set, const pki_t *cert);
cc_ocsp_status_t ocspset_status(ocspset_t *set);

/** Moves the clock on by these seconds, after all threads so far have ended. */
void ocspset_later(ocspset_t *set, long seconds);

/** Empties the cache. */
void ocspset_forget(ocspset_t *set);

#endif
