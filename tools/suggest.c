/* SPDX-License-Identifier: Apache-2.0 */
/* Suggests a rule that maps a certificate, and tries it before it is shown. */
#include <string.h>

#include <apr_strings.h>

#include "tool.h"

/* The fields that may name the user, the best one first. */
static const char *const names[] = {"san.email",     "san.upn",      "san.uri",
                                    "san.permanent", "san.hardware", "subject.CN"};

/* True if the rule is free of findings, and gives this certificate one user without a doubt. */
static bool rule_works(const char *rule, const cc_cert_t *cert, const cc_facts_t *facts,
                       apr_pool_t *p)
{
    cc_rules_t *rules = cc_rules_create(NULL, NULL, p);
    cc_error_t err = {0};
    const cc_verdict_t *verdict;

    if (cc_rules_add(rules, rule, "suggestion:1", &err) != APR_SUCCESS ||
        cc_rules_lint(rules, CC_ISSUERS_SEVERAL, p)->nelts > 0) {
        return false;
    }
    verdict = cc_rules_evaluate(rules, cert, facts, NULL, p, p);
    return verdict->user && verdict->note_count == 0 && !verdict->failure && !verdict->doubt_where;
}

/*
 * The issuer of a self-issued certificate is not another party: a rule for its name would also hold
 * for every other certificate that the client issues to itself, as soon as one is trusted.
 */
static const char *objection_to(const cc_cert_t *cert, const cc_value_t *issuer, apr_pool_t *p)
{
    const cc_value_t *self_issued = cc_cert_value(cert, "self_issued", p);
    const char *reason = cc_cert_not_client(cert);

    if (reason) {
        return reason;
    }
    if (!issuer || issuer->unusable || issuer->len == 0) {
        return "its issuer cannot be named in a rule";
    }
    return self_issued && !strcmp(self_issued->text, "true") ? "it is self-issued" : NULL;
}

const char *cc_suggest_rule(const char **reason, const cc_cert_t *cert, const cc_facts_t *facts,
                            apr_pool_t *p)
{
    const cc_value_t *issuer = cc_cert_value(cert, "issuer", p);

    *reason = objection_to(cert, issuer, p);
    if (*reason) {
        return NULL;
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *rule = apr_pstrcat(p, cc_show_line("issuer", CC_TYPE_DN, issuer, p), " user=%{",
                                       names[i], "}", NULL);

        if (rule_works(rule, cert, facts, p)) {
            return apr_pstrcat(p, "ClientCertMap ", rule, NULL);
        }
    }
    *reason =
        "it has no single email address, UPN, URI, permanent identifier, hardware module or CN "
        "that can be a user";
    return NULL;
}
