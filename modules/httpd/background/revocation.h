/* SPDX-License-Identifier: Apache-2.0 */
/* Knows what the files that deal with revocation share: what a host was told, whom it asks. */
#ifndef CC_REVOCATION_H
#define CC_REVOCATION_H

#include "httpd/internal.h"

#include "revocation/revocation.h"

/* ---- configuration (server.c) -------------------------------------------------------------- */

/** The per-server record, as the directives fill it; a virtual host's overrides the server's. */
typedef struct cc_server_t {
    cc_crl_spec_t *crls;              /* ClientCertCRL; NULL: none */
    int leaf_alone;                   /* ClientCertCRLCheck: 1 leaf, 0 chain, -1 nobody said */
    apr_interval_time_t max_age;      /* ClientCertMaxAge; 0: any, -1 nobody said */
    cc_ocsp_spec_t *ocsp;             /* ClientCertOCSP; NULL: nobody said */
    apr_array_header_t *ocsp_hosts;   /* ClientCertOCSPAllow; NULL: none */
    struct cc_host_t *host;           /* peer/tls_hooks.c: once mod_ssl has made its context */
    int use;                          /* cc_use_t of use.h: this host's */
    int use_anywhere;                 /* of the main server: the greatest of all hosts */
    bool expressions;                 /* of the main server: clientcert() is in some expression */
    bool ends_connections;            /* of the main server: some host may end a connection */
    bool hooked;                      /* of the main server: server.c has registered hooks */
} cc_server_t;

static inline cc_server_t *cc_server_of(const server_rec *s)
{
    return ap_get_module_config(s->module_config, &clientcert_module);
}

/** The directives of revocation, for httpd's table of them. */
const char *cc_server_crl_directive(cmd_parms *cmd, void *record, const char *args);
const char *cc_server_crl_check_directive(cmd_parms *cmd, void *record, const char *word);
const char *cc_server_max_age_directive(cmd_parms *cmd, void *record, const char *word);
const char *cc_server_ocsp_directive(cmd_parms *cmd, void *record, const char *args);
const char *cc_server_ocsp_allow_directive(cmd_parms *cmd, void *record, const char *args);

/* ---- what is asked (revocation.c) ------------------------------------------------------------ */

/**
 * Opens what the virtual host asks; *revocation is NULL where it asks nobody. Hosts that are told
 * and trust the same share what they hold. In the parent, at start. Errors are those of
 * cc_crls_open and cc_ocsp_create.
 */
apr_status_t cc_revocation_create(cc_revocation_t **revocation, server_rec *s,
                                  const cc_trust_t *trust, apr_pool_t *p, cc_error_t *err);

/** The CRLs of a ClientCertCRL, and a virtual host that asks them: others may share them. */
typedef struct cc_opened_crls_t {
    const cc_crl_spec_t *spec;
    const cc_trust_t *trust;
    cc_crls_t *crls;
    server_rec *server;
} cc_opened_crls_t;

/** A virtual host that asks responders. */
typedef struct cc_opened_ocsp_t {
    cc_ocsp_t *ocsp;
    server_rec *server;
} cc_opened_ocsp_t;

/** All that the virtual hosts of a configuration ask; httpd sets the last one up first. */
typedef struct cc_opened_t {
    apr_array_header_t *crls; /* of cc_opened_crls_t * */
    apr_array_header_t *ocsp; /* of cc_opened_ocsp_t */
    apr_hash_t *told;         /* texts, so that hosts with one trouble tell it once */
} cc_opened_t;

/** To be had at any time of the start; complete after mod_ssl's post_config, then constant. */
const cc_opened_t *cc_revocation_opened(const server_rec *s);

/* ---- CRLs that nobody uses (foreign.c) ----------------------------------------------------- */

/** A CRL whose issuer no host trusts that was told of it. */
typedef struct cc_nobodys_t {
    const cc_opened_crls_t *opened; /* a host's that passes it over */
    cc_crl_info_t info;
    bool whole; /* it stands in a file that is named, and that is no use to anybody */
} cc_nobodys_t;

/** All of those (of cc_nobodys_t, in `p`) among what was opened (of cc_opened_crls_t *). */
apr_array_header_t *cc_revocation_nobodys(const apr_array_header_t *opened, apr_pool_t *p);

/** The warning (CC0183), in `p`. */
void cc_nobodys_error(cc_error_t *err, const cc_nobodys_t *one, apr_pool_t *p);

/* ---- before a start (precheck.c) ----------------------------------------------------------- */

/** What is wrong with CRLs. */
typedef struct cc_crl_fault_t {
    const char *tag;   /* a literal */
    const char *where; /* file:line of the directive */
    const char *text;  /* without the two */
    bool warning;      /* the server starts all the same */
    bool unused;       /* no host with TLS has the directive: nobody will open it at the start */
} cc_crl_fault_t;

/**
 * What is wrong with the CRLs of a configuration that was read, and does not serve yet (of
 * cc_crl_fault_t, in `p`): they are opened as the hosts would, with the CAs that mod_ssl is told
 * of. One thread.
 */
apr_array_header_t *cc_revocation_faults(server_rec *s, apr_pool_t *p);

/** post_config: true unless cc_revocation_precheck has found what the start does not find. Logs. */
bool cc_revocation_precheck_borne(server_rec *s);

/** A CRL, and a virtual host that holds it. */
typedef struct cc_shown_crl_t {
    const server_rec *server;
    cc_crl_info_t info;
} cc_shown_crl_t;

/**
 * All CRLs that count (of cc_shown_crl_t, in `p`), as this process holds them. They are copies: who
 * shows them to a client may be held up. Any thread.
 */
apr_array_header_t *cc_revocation_crls(const server_rec *s, apr_pool_t *p);

#endif
