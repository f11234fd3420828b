/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the headline and the advice for each cause of a refusal. */
#include <stdbool.h>
#include <string.h>

#include "httpd/status/causes.h"
#include "suite.h"

static const char *advice_text(const cc_words_t *words)
{
    static char text[4096];

    text[0] = '\0';
    for (const char *const *one = words->advice; *one; one++) {
        strncat(text, *one, sizeof(text) - strlen(text) - 1);
    }
    return text;
}

/* A sentence for people: no word that only an administrator knows. */
static void expect_sentence(const char *text)
{
    static const char *const words[] = {"SSL", "CRL", "OCSP", "mod_", "ClientCert", "rule"};

    ck_assert_int_eq(text[strlen(text) - 1], '.');
    for (size_t i = 0; i < COUNT(words); i++) {
        ck_assert_msg(!strstr(text, words[i]), "%s in: %s", words[i], text);
    }
}

TEST_LOOP(every_cause_has_a_word_a_headline_and_advice, 0, CC_CAUSE_COUNT)
{
    for (int depth = 0; depth < 3; depth++) {
        const cc_words_t *words = cc_cause_words(&(cc_fault_t){(cc_cause_t)_i, depth, 0});

        ck_assert_ptr_nonnull(words->word);
        ck_assert_uint_eq(strspn(words->word, "abcdefghijklmnopqrstuvwxyz-"), strlen(words->word));
        ck_assert(words->headline[strlen(words->headline) - 1] != '.');
        ck_assert_ptr_nonnull(words->advice[0]);
        for (const char *const *one = words->advice; *one; one++) {
            expect_sentence(*one);
        }
        ck_assert_ptr_null(words->reason);
    }
}

static const struct {
    cc_cause_t cause;
    int depth;
    const char *word, *headline, *advice; /* a part of it */
} chosen[] = {
    {CC_CAUSE_NO_CA, 0, "unknown-issuer",
     "Your certificate is from an issuer that this server does not accept", "choose it"},
    {CC_CAUSE_NO_CA, 1, "unknown-issuer",
     "Your certificate is from an issuer that this server does not accept", "choose it"},
    {CC_CAUSE_EXPIRED, 0, "expired", "Your certificate has expired", "for a new one"},
    {CC_CAUSE_EXPIRED, 1, "issuer-expired", "A CA above your certificate has expired",
     "tell the administrator"},
    {CC_CAUSE_REVOKED, 0, "revoked", "Your certificate was revoked", "for a new one"},
    {CC_CAUSE_REVOKED, 2, "issuer-revoked", "A CA above your certificate was revoked",
     "tell the administrator"},
    {CC_CAUSE_SERVER_ONLY, 0, "servers-only", "Your certificate is for servers only",
     "client authentication"},
    {CC_CAUSE_TOO_LONG, 2, "chain-too-long",
     "There are more CAs above your certificate than this server allows", "Tell the administrator"},
    {CC_CAUSE_WEAK_KEY, 0, "weak-key", "The key of your certificate is too small", "larger key"},
    {CC_CAUSE_WEAK_KEY, 1, "issuer-not-accepted",
     "A CA above your certificate is not accepted here", "tell the administrator"},
    {CC_CAUSE_TOO_OLD, 0, "too-old", "Your certificate has to be presented again",
     "start it again and open this page"},
};

TEST_LOOP(the_advice_fits_the_cause, 0, COUNT(chosen))
{
    const cc_words_t *words = cc_cause_words(&(cc_fault_t){chosen[_i].cause, chosen[_i].depth, 0});

    ck_assert_str_eq(words->word, chosen[_i].word);
    ck_assert_str_eq(words->headline, chosen[_i].headline);
    ck_assert_msg(strstr(advice_text(words), chosen[_i].advice), "%s", advice_text(words));
}

/* A new certificate does not help where another cause is at work. */
TEST_LOOP(only_where_it_helps_a_new_certificate_is_advised, 0, CC_CAUSE_COUNT)
{
    const cc_words_t *words = cc_cause_words(&(cc_fault_t){(cc_cause_t)_i, 0, 0});
    bool helps = _i == CC_CAUSE_EXPIRED || _i == CC_CAUSE_REVOKED || _i == CC_CAUSE_BAD_DATE ||
                 _i == CC_CAUSE_WEAK_DIGEST;

    ck_assert(helps == (strstr(advice_text(words), "for a new one") != NULL));
}

TEST_LOOP(what_mod_ssl_refused_has_no_word_about_rules, 1, CC_SSL_REFUSED_COUNT)
{
    const cc_words_t *words = cc_ssl_refused_words((cc_ssl_refused_t)_i);

    ck_assert_ptr_null(strstr(words->headline, "rule"));
    ck_assert_ptr_nonnull(words->advice[0]);
    for (const char *const *one = words->advice; *one; one++) {
        expect_sentence(*one);
    }
    if (words->reason) {
        expect_sentence(words->reason);
    }
}

SUITE("causes", .setup = NULL);
