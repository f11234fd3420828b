/* SPDX-License-Identifier: Apache-2.0 */
/* Selects the CAs of a group that a verification may need. */
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "ca/internal.h"

#define FEW 64            /* CAs, for which no memory is allocated */
#define SIGNATURES_MAX 32 /* verified for one chain, which may be from anyone */

/* Candidates that are being collected. The stack is also the list of those to be examined. */
typedef struct {
    const cc_ca_group_t *group;
    STACK_OF(X509) * certs;
    bool *taken; /* for each member of the group */
    int signatures;
    bool failed; /* out of memory */
} candidate_search_t;

static void member_take(candidate_search_t *search, int number)
{
    X509 *cert = NULL;

    if (search->taken[number]) {
        return;
    }
    cert = cc_ca_entry_cert(search->group->members[number].entry);
    search->taken[number] = true;
    search->failed = search->failed || !cert || !sk_X509_push(search->certs, cert);
}

static bool has_one_key(const cc_ca_member_t *members, int count)
{
    for (int i = 1; i < count; i++) {
        if (memcmp(members[0].ca.spki_sha256, members[i].ca.spki_sha256, 32) != 0) {
            return false;
        }
    }
    return true;
}

static bool has_signed(candidate_search_t *search, const cc_ca_member_t *member, X509 *child)
{
    X509 *cert = cc_ca_entry_cert(member->entry);
    bool signed_it = false;

    ERR_set_mark();
    if (cert && search->signatures < SIGNATURES_MAX &&
        X509_check_issued(cert, child) == X509_V_OK) {
        EVP_PKEY *key = X509_get0_pubkey(cert);

        search->signatures++;
        signed_it = key && X509_verify(child, key) > 0;
    }
    ERR_pop_to_mark();
    return signed_it;
}

/* Takes those that signed the certificate; all of them if none did, so that the cause is right. */
static void signers_take(candidate_search_t *search, int first, int count, X509 *child)
{
    bool found = false;

    for (int i = first; i < first + count; i++) {
        if (has_signed(search, &search->group->members[i], child)) {
            found = true;
            member_take(search, i);
        }
    }
    for (int i = first; !found && i < first + count; i++) {
        member_take(search, i);
    }
}

static void issuers_take(candidate_search_t *search, X509 *child)
{
    int count = 0;
    int first = cc_ca_range_of(search->group, X509_get_issuer_name(child), &count);

    if (count > 1 && !has_one_key(search->group->members + first, count)) {
        signers_take(search, first, count, child);
        return;
    }
    for (int i = first; i < first + count; i++) {
        member_take(search, i);
    }
}

static void search_run(candidate_search_t *search, X509 *leaf, STACK_OF(X509) * untrusted)
{
    issuers_take(search, leaf);
    for (int i = 0; i < sk_X509_num(untrusted); i++) {
        if (sk_X509_value(untrusted, i) != leaf) { /* in a handshake, it is among them */
            issuers_take(search, sk_X509_value(untrusted, i));
        }
    }
    for (int i = 0; i < sk_X509_num(search->certs); i++) {
        X509 *cert = sk_X509_value(search->certs, i);

        if (!(X509_get_extension_flags(cert) & EXFLAG_SS)) {
            issuers_take(search, cert);
        }
    }
}

STACK_OF(X509) *
    cc_ca_group_candidates(const cc_ca_group_t *group, X509 *leaf, STACK_OF(X509) * untrusted)
{
    bool few[FEW] = {false};
    bool *taken = group->count <= FEW ? few : calloc((size_t)group->count, sizeof(bool));
    candidate_search_t search = {.group = group, .certs = sk_X509_new_null(), .taken = taken};

    search.failed = !search.certs || !taken;
    if (!search.failed) {
        search_run(&search, leaf, untrusted);
    }
    if (taken != few) {
        free(taken);
    }
    if (search.failed) {
        sk_X509_free(search.certs);
        return NULL;
    }
    return search.certs;
}

static STACK_OF(X509) * range_certs(const cc_ca_group_t *group, int first, int count)
{
    STACK_OF(X509) *certs = sk_X509_new_reserve(NULL, count);

    for (int i = first; certs && i < first + count; i++) {
        X509 *cert = cc_ca_entry_cert(group->members[i].entry);

        if (!cert) {
            sk_X509_free(certs);
            return NULL;
        }
        sk_X509_push(certs, cert);
    }
    return certs;
}

STACK_OF(X509) * cc_ca_group_certs(const cc_ca_group_t *group)
{
    return range_certs(group, 0, group->count);
}

STACK_OF(X509) * cc_ca_group_named(const cc_ca_group_t *group, const X509_NAME *name)
{
    int count = 0;
    int first = cc_ca_range_of(group, name, &count);

    return range_certs(group, first, count);
}
