/* SPDX-License-Identifier: Apache-2.0 */
/* Holds the certificates on which rules are tested, and compiles and evaluates rules for tests. */
#include "ruleset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include <openssl/evp.h>
#include <openssl/x509v3.h>

ruleset_certificate_t ruleset_alice = {
    "issuer.C", "DE", "issuer.O", "Example", "issuer.CN", "Staff CA",
    "C", "DE", "O", "Example", "OU", "Staff", "OU", "Admins", "CN", "Alice",
    "email", "alice@example.com", "email", "Alice.A@Example.ORG", "dns", "alice.example.com",
    "uri", "spiffe://example.com/ns/prod/sa/db", NULL};

ruleset_certificate_t ruleset_bad = {
    "issuer.CN", "Staff CA", "O", "Example", "CN", "ad\001min",
    "email", "evil\001@example.com", "email", "bob@example.com", "email", "\002@example.com", NULL};

/* Seconds from 1970 to the first of June 2026. */
const cc_facts_t ruleset_facts = {.now = APR_INT64_C(1780272000) * APR_USEC_PER_SEC,
                                  .tls_version = "TLSv1.3",
                                  .tls_known = true};

/* A certificate that cannot be made is a mistake in the test. */
static void must(int done)
{
    if (!done)
        abort();
}

/* ---- certificates ------------------------------------------------------------------------ */

static void name_add(X509_NAME *name, const char *type, const char *text)
{
    must(X509_NAME_add_entry_by_txt(name, type, MBSTRING_UTF8, (const unsigned char *)text, -1, -1,
                                    0));
}

static int alternative_type(const char *where)
{
    return strcmp(where, "email") == 0 ? GEN_EMAIL
           : strcmp(where, "dns") == 0 ? GEN_DNS
           : strcmp(where, "uri") == 0 ? GEN_URI
           : strcmp(where, "ip") == 0  ? GEN_IPADD
                                       : -1;
}

static void alternative_add(GENERAL_NAMES *names, int type, const char *text)
{
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_STRING *string = type == GEN_IPADD ? a2i_IPADDRESS(text) : ASN1_IA5STRING_new();

    must(name && string && (type == GEN_IPADD || ASN1_STRING_set(string, text, -1)));
    GENERAL_NAME_set0_value(name, type, string);
    must(sk_GENERAL_NAME_push(names, name));
}

static void pair_add(X509 *x509, GENERAL_NAMES *names, const char *where, const char *what)
{
    int type = alternative_type(where);

    if (type >= 0) {
        alternative_add(names, type, what);
    } else if (strncmp(where, "issuer.", 7) == 0) {
        name_add(X509_get_issuer_name(x509), where + 7, what);
    } else {
        name_add(X509_get_subject_name(x509), where, what);
    }
}

/* A certificate read from DER, like those of clients: OpenSSL keeps their encoding. */
static cc_cert_t *parsed(X509 *x509, apr_pool_t *p)
{
    unsigned char *der = NULL;
    int len = i2d_X509(x509, &der);
    cc_cert_t *cert = NULL;

    must(len > 0 && cc_cert_parse(&cert, der, (apr_size_t)len, p, NULL) == APR_SUCCESS);
    OPENSSL_free(der);
    return cert;
}

cc_cert_t *ruleset_certificate(ruleset_certificate_t pairs, apr_pool_t *p)
{
    X509 *x509 = X509_new();
    EVP_PKEY *key = EVP_EC_gen("P-256");
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    cc_cert_t *cert;

    must(x509 && key && names && X509_set_version(x509, X509_VERSION_3));
    must(ASN1_INTEGER_set(X509_get_serialNumber(x509), 0x1A2B));
    must(ASN1_TIME_set_string(X509_getm_notBefore(x509), "20260101000000Z"));
    must(ASN1_TIME_set_string(X509_getm_notAfter(x509), "20261231235959Z"));
    for (int i = 0; pairs[i]; i += 2)
        pair_add(x509, names, pairs[i], pairs[i + 1]);
    if (sk_GENERAL_NAME_num(names) > 0)
        must(X509_add1_ext_i2d(x509, NID_subject_alt_name, names, 0, 0));
    must(X509_set_pubkey(x509, key) && X509_sign(x509, key, EVP_sha256()));
    cert = parsed(x509, p);
    GENERAL_NAMES_free(names);
    EVP_PKEY_free(key);
    X509_free(x509);
    return cert;
}

/* ---- rules ------------------------------------------------------------------------------- */

cc_rules_t *ruleset_compile(const char *lines, apr_pool_t *p)
{
    return ruleset_compile_with(NULL, lines, p);
}

cc_rules_t *ruleset_compile_with(cc_tables_t *tables, const char *lines, apr_pool_t *p)
{
    cc_rules_t *rules = cc_rules_create(tables, NULL, p);
    char *state, *copy = apr_pstrdup(p, lines);
    int number = 1;

    for (char *line = apr_strtok(copy, "\n", &state); line; line = apr_strtok(NULL, "\n", &state)) {
        cc_error_t err = {.where = apr_psprintf(p, "r%d", number++)};
        if (cc_rules_add(rules, line, err.where, &err) != APR_SUCCESS) {
            fprintf(stderr, "%s\n", cc_error_text(&err, p));
            abort();
        }
    }
    return rules;
}

const cc_verdict_t *ruleset_verdict(const cc_rules_t *rules, ruleset_certificate_t pairs,
                                    apr_pool_t *p)
{
    return cc_rules_evaluate(rules, ruleset_certificate(pairs, p), &ruleset_facts, NULL, p, p);
}

const cc_verdict_t *ruleset_ask(const char *lines, ruleset_certificate_t pairs, apr_pool_t *p)
{
    return ruleset_verdict(ruleset_compile(lines, p), pairs, p);
}

static const char *or_none(const char *text)
{
    return text ? text : "-";
}

const char *ruleset_text(const cc_verdict_t *v, apr_pool_t *p)
{
    const char *text = apr_psprintf(p, "user %s of %s; denied %s; stale %" APR_TIME_T_FMT ";",
                                    or_none(v->user), or_none(v->user_where),
                                    or_none(v->denied_where), v->stale_at);

    if (v->doubt_where)
        text = apr_pstrcat(p, text, " doubt ", v->doubt_where, ";", NULL);
    if (v->failure)
        text = apr_pstrcat(p, text, " failed: ", v->failure, ";", NULL);
    for (int i = 0; i < v->group_count; i++)
        text = apr_pstrcat(p, text, " group ", v->groups[i].name, " of ", v->groups[i].where, ";",
                           NULL);
    for (int i = 0; i < v->account_count; i++)
        text = apr_pstrcat(p, text, " account ", v->accounts[i].name, " of ", v->accounts[i].where,
                           ";", NULL);
    for (int i = 0; i < v->matched_count; i++)
        text = apr_pstrcat(p, text, " matched ", v->matched[i].where, ";", NULL);
    for (int i = 0; i < v->note_count; i++)
        text = apr_pstrcat(p, text, " note ", v->notes[i].tag, " of ", v->notes[i].where, ": ",
                           v->notes[i].text, ";", NULL);
    return text;
}

const char *ruleset_gist(const cc_verdict_t *verdict, apr_pool_t *p)
{
    cc_verdict_t gist = *verdict;
    cc_note_t *notes = apr_pmemdup(p, gist.notes, sizeof(*notes) * (apr_size_t)gist.note_count);

    for (int i = 0; i < gist.note_count; i++)
        notes[i].text = "";
    gist.notes = notes;
    return ruleset_text(&gist, p);
}

cc_rules_t *ruleset_rewritten(const cc_rules_t *rules, cc_tables_t *tables, apr_pool_t *p)
{
    cc_rules_t *again = cc_rules_create(tables, NULL, p);

    for (int i = 0; i < cc_rules_count(rules); i++) {
        const char *text = cc_rules_text(rules, i, p);
        cc_error_t err = {.where = text};
        if (cc_rules_add(again, text, cc_rules_where(rules, i), &err) != APR_SUCCESS ||
            strcmp(cc_rules_text(again, i, p), text) != 0) {
            fprintf(stderr, "%s is read as %s\n", text,
                    err.message ? cc_error_text(&err, p) : cc_rules_text(again, i, p));
            abort();
        }
    }
    return again;
}

const char *ruleset_groups(const cc_verdict_t *v, apr_pool_t *p)
{
    const char *text = "";

    for (int i = 0; i < v->group_count; i++)
        text = apr_pstrcat(p, text, i > 0 ? " " : "", v->groups[i].name, NULL);
    return text;
}
