/* SPDX-License-Identifier: Apache-2.0 */
/* Tests directives for single issuers, and certificates without a responder. */
#include <string.h>

#include <apr_strings.h>

#include "ocspset.h"
#include "suite.h"

static const char *const plain[] = {"keyUsage", "digitalSignature", NULL};

static ocspset_t set;
static pki_t twin, other, signer;
static const char *ca_file, *twin_file, *signer_file;

static void setup(void)
{
    ocspset_setup(&set);
    twin = pki_ca("CA", NULL); /* the name of set.ca, with another key */
    other = pki_client("other", &twin);
    signer = pki_make("OCSP", NULL, plain, -60, 3600);
    ca_file = ocspset_file(&set.ca, NULL, set.pool);
    twin_file = ocspset_file(&twin, NULL, set.pool);
    signer_file = ocspset_file(&signer, NULL, set.pool);
}

static void teardown(void)
{
    ocspset_later(&set, 0);
    pki_free(&twin);
    pki_free(&other);
    pki_free(&signer);
    ocspset_teardown(&set);
}

/* An engine with these directives, with %1$s the CA, %2$s its twin and %3$s the signer. */
static void lines(const char *format)
{
    const char *text = apr_psprintf(set.pool, "%s", format);
    const char *names[] = {"@CA@", ca_file, "@TWIN@", twin_file, "@SIGNER@", signer_file};
    cc_error_t err = {0};

    for (int i = 0; i < 6; i += 2) {
        const char *at = NULL;

        while ((at = strstr(text, names[i])) != NULL) {
            text = apr_pstrcat(set.pool, apr_pstrmemdup(set.pool, text, (apr_size_t)(at - text)),
                               names[i + 1], at + strlen(names[i]), NULL);
        }
    }
    ck_assert_msg(ocspset_lines(&set, text, &err) == APR_SUCCESS, "%s",
                  cc_error_text(&err, set.pool));
}

/* The responder answers for the certificate of the twin, signed by this one. */
static void answer_for_twin(const pki_t *by)
{
    set.responder->reply = ocsp_good(&other, &twin);
    set.responder->reply.signer = by;
}

/* ---- issuers --------------------------------------------------------------------------------- */

TEST(a_directive_is_for_the_ca_with_its_name_and_key)
{
    lines("On issuer=@TWIN@ responder=RESPONDER\nOn responder=http://127.0.0.1:9/ timeout=1");
    answer_for_twin(&twin);
    ck_assert_int_eq(ocspset_status_by(&set, &other, &twin), CC_OCSP_GOOD);
    ck_assert_ptr_nonnull(strstr(set.answer.where, "issuer="));
    ck_assert_int_eq(ocspset_status(&set), CC_OCSP_FAILED);
    ck_assert_ptr_null(strstr(set.answer.where, "issuer="));
    ck_assert_int_eq(set.responder->asked, 1);
}

TEST(another_name_of_a_key_is_another_ca)
{
    pki_t named = {0};

    EVP_PKEY_up_ref(twin.key);
    named = pki_make_with("Other CA", NULL, pki_is_ca, NULL, twin.key);
    lines("Off issuer=@TWIN@\nOn responder=RESPONDER");
    ck_assert_int_eq(ocspset_status_by(&set, &other, &twin), CC_OCSP_UNCHECKED);
    ck_assert_int_eq(ocspset_status_by(&set, &other, &named), CC_OCSP_FAILED);
    ocspset_later(&set, 0);
    pki_free(&named);
}

TEST(a_renewed_ca_may_write_its_name_in_another_way)
{
    pki_t renewed = {0};

    EVP_PKEY_up_ref(twin.key);
    renewed = pki_make_with("ca", NULL, pki_is_ca, NULL, twin.key);
    lines("On issuer=@TWIN@ responder=RESPONDER signer=@SIGNER@\nOff");
    answer_for_twin(&signer);
    set.responder->reply.status = V_OCSP_CERTSTATUS_REVOKED;
    ck_assert_int_eq(ocspset_status_by(&set, &other, &renewed), CC_OCSP_REVOKED);
    ocspset_later(&set, 0);
    pki_free(&renewed);
}

TEST(without_a_directive_for_its_issuer_a_certificate_is_not_accepted)
{
    lines("On issuer=@TWIN@ responder=RESPONDER failure=allow\nAIA issuer=@CA@ "
          "responder=RESPONDER missing=allow failure=allow");
    ck_assert_int_eq(ocspset_status_by(&set, &set.leaf, &signer), CC_OCSP_FAILED);
    ck_assert_str_eq(set.answer.error, "no ClientCertOCSP is for its issuer");
    ck_assert(!set.answer.waived);
    ck_assert_int_eq(set.responder->asked, 0);
}

TEST(off_is_for_its_issuer_alone)
{
    lines("Off issuer=@TWIN@\nOn responder=RESPONDER");
    ck_assert_int_eq(ocspset_status_by(&set, &other, &twin), CC_OCSP_UNCHECKED);
    ck_assert_int_eq(ocspset_status(&set), CC_OCSP_GOOD);
    lines("On issuer=@CA@ responder=RESPONDER\nOff");
    ck_assert_int_eq(ocspset_status_by(&set, &other, &twin), CC_OCSP_UNCHECKED);
    ck_assert_int_eq(ocspset_status(&set), CC_OCSP_GOOD);
    lines("Off issuer=@TWIN@\nOff");
    ck_assert_ptr_null(set.ocsp);
}

TEST(off_for_one_issuer_does_not_exempt_the_others)
{
    lines("Off issuer=@TWIN@");
    ck_assert_int_eq(ocspset_status_by(&set, &other, &twin), CC_OCSP_UNCHECKED);
    ck_assert_int_eq(ocspset_status(&set), CC_OCSP_FAILED);
    ck_assert(!set.answer.waived);
}

TEST(each_issuer_has_its_own_settings)
{
    lines("On issuer=@TWIN@ responder=http://127.0.0.1:9/ timeout=1 failure=allow\n"
          "On issuer=@CA@ responder=http://127.0.0.1:9/ timeout=1");
    ck_assert_int_eq(ocspset_status_by(&set, &other, &twin), CC_OCSP_FAILED);
    ck_assert(set.answer.waived);
    ck_assert_int_eq(ocspset_status(&set), CC_OCSP_FAILED);
    ck_assert(!set.answer.waived);
}

TEST(if_the_issuer_is_not_known_all_directives_have_to_allow_a_failure)
{
    lines("On responder=RESPONDER failure=allow");
    ck_assert_int_eq(ocspset_status_by(&set, &set.leaf, NULL), CC_OCSP_FAILED);
    ck_assert(set.answer.waived);
    lines("On responder=RESPONDER failure=allow\nOn issuer=@CA@ responder=RESPONDER");
    ck_assert_int_eq(ocspset_status_by(&set, &set.leaf, NULL), CC_OCSP_FAILED);
    ck_assert(!set.answer.waived);
    lines("On issuer=@CA@ responder=RESPONDER\nOn responder=RESPONDER failure=allow");
    ck_assert_int_eq(ocspset_status_by(&set, &set.leaf, NULL), CC_OCSP_FAILED);
    ck_assert(!set.answer.waived);
    lines("On issuer=@CA@ responder=RESPONDER failure=allow");
    ck_assert_int_eq(ocspset_status_by(&set, &set.leaf, NULL), CC_OCSP_FAILED);
    ck_assert(!set.answer.waived);
}

/* ---- trusted signers ------------------------------------------------------------------------- */

TEST(a_trusted_signer_vouches_for_the_issuer_of_its_directive_alone)
{
    lines("On issuer=@TWIN@ responder=RESPONDER signer=@SIGNER@\nOn responder=RESPONDER");
    answer_for_twin(&signer);
    ck_assert_int_eq(ocspset_status_by(&set, &other, &twin), CC_OCSP_GOOD);
    set.responder->reply = ocsp_good(&set.leaf, &set.ca);
    set.responder->reply.signer = &signer;
    ck_assert_int_eq(ocspset_status(&set), CC_OCSP_FAILED);
    set.responder->reply.signer = &set.ca;
    ocspset_later(&set, 10);
    ck_assert_int_eq(ocspset_status(&set), CC_OCSP_GOOD);
}

/* With one key for both, the second host would replace the answer of the first by its failure. */
TEST(hosts_that_trust_other_signers_do_not_share_answers)
{
    const char *trusting = "On responder=RESPONDER signer=@SIGNER@";

    set.responder->reply.signer = &signer;
    lines(trusting);
    ck_assert_int_eq(ocspset_status(&set), CC_OCSP_GOOD);
    lines("On responder=RESPONDER");
    ck_assert_int_eq(ocspset_status(&set), CC_OCSP_FAILED);
    ck_assert_int_eq(set.responder->asked, 2);
    lines("On responder=RESPONDER signer=@TWIN@");
    ck_assert_int_eq(ocspset_status(&set), CC_OCSP_FAILED);
    ck_assert_int_eq(set.responder->asked, 3);
    lines(trusting);
    ck_assert_int_eq(ocspset_status(&set), CC_OCSP_GOOD);
    ck_assert_int_eq(set.responder->asked, 3);
}

/* ---- certificates without a responder ------------------------------------------------------ */

/* The status of a certificate with this extension. */
static cc_ocsp_status_t status_with(const char *name, const char *value)
{
    pki_extensions_t extensions = {name, value, NULL};
    pki_t cert = pki_make("named", &set.ca, name ? extensions : pki_is_client, -60, 60);
    cc_ocsp_status_t status = ocspset_status_of(&set, &cert);

    ocspset_later(&set, 0);
    pki_free(&cert);
    return status;
}

static void allow_localhost(void)
{
    apr_array_header_t *hosts = NULL;

    cc_ocsp_hosts_parse(&hosts, "localhost", set.pool, NULL);
    set.hosts = hosts;
}

TEST(missing_decides_about_certificates_without_a_responder_and_failure_does_not)
{
    allow_localhost();
    lines("AIA failure=allow");
    ck_assert_int_eq(status_with(NULL, NULL), CC_OCSP_NO_RESPONDER);
    ck_assert(!set.answer.waived);
    ck_assert_int_eq(status_with("authorityInfoAccess", "caIssuers;URI:http://localhost/ca"),
                     CC_OCSP_NO_RESPONDER);
    lines("AIA missing=allow");
    ck_assert_int_eq(status_with(NULL, NULL), CC_OCSP_NO_RESPONDER);
    ck_assert(set.answer.waived);
    ck_assert_str_eq(set.answer.error, "the certificate names no responder");
    ck_assert_int_eq(set.answer.ask_at, APR_INT64_MAX);
    ck_assert_uint_eq(set.ocsp->counters->checks[CC_OCSP_NO_RESPONDER], 1);
}

static const char *const named[] = {"OCSP;URI:http://elsewhere.example/",
                                    "OCSP;URI:https://localhost/", "OCSP;URI:ldap://x/",
                                    "OCSP;DNS:localhost", "OCSP;URI:http://localhost:9/"};

TEST_LOOP(a_responder_that_does_not_answer_or_may_not_be_asked_is_not_missing, 0, COUNT(named))
{
    allow_localhost();
    lines("AIA missing=allow timeout=1");
    ck_assert_int_eq(status_with("authorityInfoAccess", named[_i]), CC_OCSP_FAILED);
    ck_assert(!set.answer.waived);
}

TEST(an_extension_that_cannot_be_read_does_not_make_it_missing)
{
    allow_localhost();
    lines("AIA missing=allow");
    ck_assert_int_eq(status_with("authorityInfoAccess", "DER:30:03:02:01:01"), CC_OCSP_FAILED);
    ck_assert(!set.answer.waived);
}

TEST(a_bad_answer_is_not_missing)
{
    lines("AIA responder=RESPONDER missing=allow");
    ck_assert_int_eq(ocspset_status(&set), CC_OCSP_GOOD);
    ocspset_forget(&set);
    set.responder->behaviour = SAYS_GARBAGE;
    ck_assert_int_eq(ocspset_status(&set), CC_OCSP_FAILED);
    ck_assert(!set.answer.waived);
    set.responder->behaviour = ANSWERS;
    set.responder->reply.status = V_OCSP_CERTSTATUS_UNKNOWN;
    ocspset_later(&set, 10);
    ck_assert_int_eq(ocspset_status(&set), CC_OCSP_UNKNOWN);
    ck_assert(!set.answer.waived);
}

SUITE("issuers", .setup = setup, .teardown = teardown, .timeout = 60);
