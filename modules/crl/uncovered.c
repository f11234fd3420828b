/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the CAs of which no certificate can be good by the CRLs that are loaded. */
#include <string.h>

#include <apr_strings.h>

#include <openssl/x509v3.h>

#include "crl/internal.h"

/*
 * Only what is certain for every certificate of a CA is found. An indirect CRL may cover any
 * certificate that names it, so if there is one, the CRLs of the CAs themselves are not missed. If
 * only the CRL of the issuing CA is consulted, a CA above another one may issue CAs alone, and
 * needs no CRL.
 */

/* The state of a search. */
typedef struct {
    const cc_crls_t *crls;
    const cc_crl_version_t *version;
    apr_hash_t *paths;             /* const cc_crl_t * to the path of its file */
    apr_hash_t *above;             /* the keys of CAs that have issued another CA */
    apr_hash_t *found;             /* the keys of CAs without a current CRL */
    apr_array_header_t *uncovered; /* of cc_uncovered_t */
    bool leaf_alone;
    apr_time_t now;
    apr_pool_t *pool;
} uncovered_search_t;

#define KEY_LEN 32

static bool is_ca(const cc_authority_t *authority)
{
    return authority->verified && X509_check_ca(authority->cert) != 0;
}

static const cc_authority_t *authority_at(const apr_array_header_t *authorities, int i)
{
    return APR_ARRAY_IDX(authorities, i, const cc_authority_t *);
}

/* ---- indexes --------------------------------------------------------------------------------- */

static void paths_note(uncovered_search_t *search)
{
    const apr_array_header_t *held = search->version->held;

    for (int i = 0; i < held->nelts; i++) {
        const cc_crl_held_t *one = &APR_ARRAY_IDX(held, i, cc_crl_held_t);

        apr_hash_set(search->paths, &one->crl, sizeof(one->crl), one->path);
    }
}

static void above_note(uncovered_search_t *search)
{
    const apr_array_header_t *all = search->version->authorities;

    for (int i = 0; i < all->nelts; i++) {
        const cc_authority_t *authority = authority_at(all, i);

        if (is_ca(authority) && !authority->anchor) {
            apr_hash_set(search->above, authority->parent_spki_sha256, KEY_LEN, "");
        }
    }
}

/* ---- the CRLs of a CA ------------------------------------------------------------------------ */

static void uncovered_add(uncovered_search_t *search, const cc_authority_t *ca,
                          cc_uncovered_t uncovered)
{
    uncovered.ca = cc_name_text(X509_get_subject_name(ca->cert), search->pool);
    APR_ARRAY_PUSH(search->uncovered, cc_uncovered_t) = uncovered;
}

static bool is_late(const uncovered_search_t *search, const cc_crl_t *crl)
{
    return search->now > crl->next_update + search->crls->spec->grace;
}

/* The last complete CRL of a CA to expire; NULL: none. */
static const cc_crl_t *last_of(const cc_crl_version_t *version, const cc_authority_t *ca)
{
    const apr_array_header_t *pairs = version->pairs;
    const cc_crl_t *last = NULL;

    for (int i = cc_crl_pair_first(pairs, ca->spki_sha256); i < pairs->nelts; i++) {
        const cc_crl_pair_t *pair = &APR_ARRAY_IDX(pairs, i, cc_crl_pair_t);
        const cc_crl_t *crl = pair->complete;

        if (memcmp(pair->either->signer_spki_sha256, ca->spki_sha256, KEY_LEN) != 0) {
            break;
        }
        if (crl && X509_NAME_cmp(crl->issuer, X509_get_subject_name(ca->cert)) == 0 &&
            (!last || crl->next_update > last->next_update)) {
            last = crl;
        }
    }
    return last;
}

static void crls_check(uncovered_search_t *search, const cc_authority_t *ca)
{
    const cc_crl_t *last = last_of(search->version, ca);
    const char *path;

    if (search->leaf_alone && apr_hash_get(search->above, ca->spki_sha256, KEY_LEN)) {
        return;
    }
    if (!last) {
        uncovered_add(search, ca, (cc_uncovered_t){.kind = CC_UNCOVERED_NO_CRL});
    } else if (is_late(search, last)) {
        path = apr_hash_get(search->paths, &last, sizeof(last));
        uncovered_add(search, ca,
                      (cc_uncovered_t){.kind = CC_UNCOVERED_EXPIRED,
                                       .path = apr_pstrdup(search->pool, path),
                                       .next_update = last->next_update});
    } else {
        return;
    }
    apr_hash_set(search->found, ca->spki_sha256, KEY_LEN, "");
}

/* ---- the certificate of a CA ----------------------------------------------------------------- */

static void certificate_check(uncovered_search_t *search, const cc_authority_t *ca)
{
    cc_crl_answer_t answer = {.stale_at = APR_INT64_MAX};
    cc_crl_check_t check = {.version = search->version,
                            .cert = ca->cert,
                            .ca_spki_sha256 = ca->parent_spki_sha256,
                            .now = search->now,
                            .grace = search->crls->spec->grace};

    cc_crl_check_one(&answer, &check);
    if (answer.state == CC_CRL_REVOKED) {
        uncovered_add(search, ca, (cc_uncovered_t){.kind = CC_UNCOVERED_REVOKED});
    } else if (answer.state == CC_CRL_UNKNOWN &&
               !apr_hash_get(search->found, ca->parent_spki_sha256, KEY_LEN)) {
        uncovered_add(search, ca, (cc_uncovered_t){.kind = CC_UNCOVERED_CA, .cause = answer.cause});
    }
}

/* ---- all ------------------------------------------------------------------------------------- */

static void authorities_check(uncovered_search_t *search)
{
    const apr_array_header_t *all = search->version->cas->list;

    for (int i = 0; i < all->nelts && search->version->indirect->nelts == 0; i++) {
        if (is_ca(authority_at(all, i))) {
            crls_check(search, authority_at(all, i));
        }
    }
    for (int i = 0; i < all->nelts && !search->leaf_alone; i++) {
        if (is_ca(authority_at(all, i)) && !authority_at(all, i)->anchor) {
            certificate_check(search, authority_at(all, i));
        }
    }
}

apr_array_header_t *cc_crls_uncovered(cc_crls_t *crls, bool leaf_alone, apr_time_t now,
                                      apr_pool_t *p)
{
    unsigned side = 0;
    uncovered_search_t search = {.crls = crls,
                                 .version = cc_snapshot_enter(&crls->versions, &side),
                                 .paths = apr_hash_make(p),
                                 .above = apr_hash_make(p),
                                 .found = apr_hash_make(p),
                                 .uncovered = apr_array_make(p, 2, sizeof(cc_uncovered_t)),
                                 .leaf_alone = leaf_alone,
                                 .now = now,
                                 .pool = p};

    if (!search.version->incomplete) {
        paths_note(&search);
        above_note(&search);
        authorities_check(&search);
    }
    cc_snapshot_leave(&crls->versions, side);
    return search.uncovered;
}
