/* SPDX-License-Identifier: Apache-2.0 */
/* Collects the CAs that a virtual host trusts for clients, by its directives and their files. */
#ifndef CC_ADMIN_HOST_CAS_H
#define CC_ADMIN_HOST_CAS_H

#include <stdbool.h>

#include <apr_tables.h>

#include "ca/ca.h"
#include "httpd/admin/query.h"
#include "httpd/conf/ca_files.h"
#include "httpd/conf/view.h"

/** A CA that a virtual host trusts. */
typedef struct cc_host_ca_t {
    const cc_cert_t *cert;
    unsigned char sha256[32];
    const char *file;   /* NULL: not known */
    const char *domain; /* the SPIFFE trust domain; NULL: none */
    const char *where;  /* the place of the directive that names the file; NULL: not known */
    cc_ca_traits_t traits;
    bool anchor; /* a chain may end with it */
    apr_time_t not_before, not_after;
} cc_host_ca_t;

/** The directives that determine the CAs of a virtual host. */
typedef struct cc_host_cas_by_t {
    const char *key;                 /* the same for virtual hosts that trust the same CAs */
    const char *directive;           /* "ClientCertCA" ...; NULL: there is none */
    const apr_array_header_t *where; /* const char *: the places of those that count */
} cc_host_cas_by_t;

/** Finds the directives. All is in `p`, or lives as long as the configuration. */
cc_host_cas_by_t cc_host_cas_by(const cc_conf_view_t *view, apr_pool_t *p);

/**
 * The CAs that the files contain now (of cc_host_ca_t), in the order in which they expire. They
 * live as long as q->pool. NULL: a file cannot be loaded, and q->err has the reason.
 */
apr_array_header_t *cc_host_cas(const cc_conf_view_t *view, cc_ca_files_t *files,
                                cc_admin_query_t *q);

#endif
