/* SPDX-License-Identifier: Apache-2.0 */
/* A host of unit tests that follows a set of CAs, and has CRLs. */
#include "followset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

static void must(int done)
{
    if (!done) {
        abort();
    }
}

void followset_begin(followset_t *set)
{
    memset(set, 0, sizeof(*set));
    crlset_begin(&set->crls);
    caset_begin(&set->cas);
    set->staff = pki_ca("Staff", NULL);
    set->other = pki_ca("Other", NULL);
    set->plain = pki_ca("Plain", NULL);
    set->alice = pki_client("alice", &set->staff);
    set->bob = pki_client("bob", &set->staff);
    set->carol = pki_client("carol", &set->other);
    set->dave = pki_client("dave", &set->plain);
    set->crls.pass_foreign = true;
}

void followset_end(followset_t *set)
{
    pki_t *const all[] = {&set->staff, &set->other, &set->plain, &set->alice,
                          &set->bob,   &set->carol, &set->dave};

    crlset_end(&set->crls); /* before the set of CAs, which the trust follows */
    caset_end(&set->cas);
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        pki_free(all[i]);
    }
}

/* ---- CAs and CRLs -------------------------------------------------------------------------- */

void followset_trust(followset_t *set, const pki_t *const *list)
{
    caset_put(&set->cas, "cas.pem", list);
    if (set->crls.cas) {
        must(*caset_poll(&set->cas) != '\0');
    } else {
        caset_open(&set->cas, "cas.pem");
        set->crls.cas = set->cas.cas;
    }
}

crl_recipe_t followset_staff(const followset_t *set, const char *number)
{
    return (crl_recipe_t){
        .ca = &set->staff, .number = number, .entries = {{.cert = set->alice.cert}}};
}

crl_recipe_t followset_other(const followset_t *set, const char *number)
{
    return (crl_recipe_t){
        .ca = &set->other, .number = number, .entries = {{.cert = set->carol.cert}}};
}

void followset_put_staff(followset_t *set, const char *name)
{
    crl_recipe_t recipe = followset_staff(set, "1");

    crlset_put(&set->crls, name, &recipe);
}

void followset_put_other(followset_t *set, const char *name)
{
    crl_recipe_t recipe = followset_other(set, "1");

    crlset_put(&set->crls, name, &recipe);
}

void followset_put_both(followset_t *set, const char *name)
{
    crl_recipe_t recipe = followset_other(set, "1");

    followset_put_staff(set, ".both");
    crlset_add(&set->crls, ".both", &recipe);
    must(rename(crlset_path(&set->crls, ".both"), crlset_path(&set->crls, name)) == 0);
}

void followset_open(followset_t *set, const char *arguments)
{
    crlset_open(&set->crls, arguments);
    crlset_poll(&set->crls);
    must(*crlset_poll(&set->crls) == '\0');
}

/* ---- questions ----------------------------------------------------------------------------- */

typedef void check_fn(cc_crl_answer_t *answer, cc_crls_t *crls, X509 *cert, const cc_seal_t *seal,
                      apr_time_t now);

static const char *ask(followset_t *set, const pki_t *who, check_fn *check)
{
    static const char *const states[] = {"good", "revoked", "unknown"};
    cc_crl_answer_t answer;
    apr_time_t now = apr_time_now();
    cc_seal_t seal;

    cc_trust_reverify(&seal, set->crls.trust, who->cert, NULL, now);
    if (seal.state != CC_TRUST_OK) {
        return "-";
    }
    check(&answer, set->crls.crls, who->cert, &seal, now);
    return answer.incomplete || answer.no_issuer ? "unknown!" : states[answer.state];
}

const char *followset_ask(followset_t *set, const pki_t *who)
{
    return ask(set, who, cc_crls_check_leaf);
}

const char *followset_ask_chain(followset_t *set, const pki_t *who)
{
    return ask(set, who, cc_crls_check_chain);
}

static void use_add(const cc_crl_info_t *info, void *baton)
{
    strcat(baton, info->use == CC_CRL_FOREIGN ? "f" : "u");
}

const char *followset_uses(followset_t *set)
{
    char found[9] = "";

    cc_crls_each(set->crls.crls, use_add, found);
    return apr_pstrdup(set->crls.pool, found);
}
