/* SPDX-License-Identifier: Apache-2.0 */
/* Knows what the files that deal with revocation share: what a host was told, whom it asks. */
#ifndef CC_REVOCATION_H
#define CC_REVOCATION_H

#include "httpd/internal.h"

#include "crl/crl.h"
#include "ocsp/ocsp.h"

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

/* ---- asking (revocation.c) ----------------------------------------------------------------- */

/** Whom a virtual host asks about certificates. */
typedef struct cc_revocation_t {
    cc_crls_t *crls; /* NULL: none */
    cc_ocsp_t *ocsp; /* NULL: off */
    const cc_trust_t *trust;
    bool leaf_alone;
} cc_revocation_t;

/**
 * Opens what the virtual host asks; *revocation is NULL where it asks nobody. Hosts that are told
 * and trust the same share what they hold. In the parent, at start. Errors are those of
 * cc_crls_open and cc_ocsp_create.
 */
apr_status_t cc_revocation_create(cc_revocation_t **revocation, server_rec *s,
                                  const cc_trust_t *trust, apr_pool_t *p, cc_error_t *err);

/** A certificate that verified. */
typedef struct cc_verified_t {
    X509 *x509;
    const cc_seal_t *seal;
    STACK_OF(X509) *sent; /* along with it; NULL in a resumed session */
} cc_verified_t;

/** What is known of the revocation of a certificate. */
typedef struct cc_standing_t {
    const char *state;  /* a word of the field `revocation`, a literal */
    const char *reason; /* likewise of revocation.reason; NULL: none */
    bool revoked;
    apr_time_t revoked_at; /* 0: not known, or the very beginning of time */
    const char *problem; /* NULL, or why it gives no identity, in plain words: for the log */
    const char *told;    /* the same for the client: nothing of whom we ask and what went wrong */
    apr_uint64_t generation; /* it may be kept while cc_revocation_generation stays the same, */
    apr_time_t stale_at;     /* and until then */
} cc_standing_t;

/** Asks. May take as long as an OCSP responder's timeout. Texts are in `p`. Any thread. */
void cc_revocation_ask(cc_standing_t *standing, cc_revocation_t *revocation,
                       const cc_verified_t *cert, apr_time_t now, apr_pool_t *p);

/** Copies its texts to `p`, where they outlive what they were asked with. */
void cc_revocation_keep(cc_standing_t *standing, apr_pool_t *p);

/** The same of CRLs alone, for a handshake: waits for nobody. */
void cc_revocation_ask_crls(cc_standing_t *standing, const cc_revocation_t *revocation,
                            const cc_verified_t *cert, apr_time_t now, apr_pool_t *p);

/** One source of those that there are, for who wants to know what each says. */
void cc_revocation_check_crls(cc_crl_answer_t *answer, const cc_revocation_t *revocation,
                              const cc_verified_t *cert, apr_time_t now);
void cc_revocation_check_ocsp(cc_ocsp_answer_t *answer, const cc_revocation_t *revocation,
                              const cc_verified_t *cert, apr_time_t now, apr_pool_t *p);

/** What its answer comes to; that of CRLs is taken first. */
void cc_revocation_take_crls(cc_standing_t *standing, const cc_revocation_t *revocation,
                             const cc_crl_answer_t *answer, apr_pool_t *p);
void cc_revocation_take_ocsp(cc_standing_t *standing, const cc_revocation_t *revocation,
                             const cc_ocsp_answer_t *answer, apr_pool_t *p);

/** What responders' signers are looked up in; NULL: nowhere. */
static inline cc_ocsp_lists_t cc_revocation_lists(cc_crls_t *crls)
{
    return crls ? (cc_ocsp_lists_t){cc_crls_revoke, crls, cc_crls_spec(crls)->where}
                : (cc_ocsp_lists_t){.revoked = NULL};
}

/** ISO 8601. */
const char *cc_revocation_time(apr_time_t time, apr_pool_t *p);

/** True if both say the same of the certificate. */
bool cc_revocation_same(const cc_standing_t *a, const cc_standing_t *b);

/** Of what is held; grows when a CRL changes. A few instructions. */
apr_uint64_t cc_revocation_generation(cc_revocation_t *revocation);

/**
 * What CRLs have against a certificate that has verified: X509_V_ERR_CERT_REVOKED, or
 * X509_V_ERR_UNABLE_TO_GET_CRL where they do not know it and must; *depth is that of the
 * certificate at fault, 0 the client's. X509_V_OK: nothing. Waits for nobody: made for a handshake.
 */
int cc_revocation_objection(const cc_revocation_t *revocation, const cc_verified_t *cert,
                            apr_time_t now, int *depth);

/**
 * True if a session with this certificate is not to be resumed: CRLs have something against it, or
 * OCSP could not be asked then. Waits for nobody: made for a handshake.
 */
bool cc_revocation_bars(cc_revocation_t *revocation, const cc_verified_t *cert, apr_time_t now);

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
typedef struct cc_held_crl_t {
    const server_rec *server;
    cc_crl_info_t info;
} cc_held_crl_t;

/**
 * All CRLs that count (of cc_held_crl_t, in `p`), as this process holds them. They are copies: who
 * shows them to a client may be held up. Any thread.
 */
apr_array_header_t *cc_revocation_crls(const server_rec *s, apr_pool_t *p);

#endif
