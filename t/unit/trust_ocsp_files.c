/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the files of issuer= and signer=: their errors, and restarts at which they are bad. */
#include <stdio.h>
#include <string.h>

#include <apr_file_io.h>
#include <apr_strings.h>

#include <openssl/pem.h>

#include "ocspset.h"
#include "suite.h"

/* A block with this label, and no certificate in it. */
#define BLOCK(label) "-----BEGIN " label "-----\nAAAA\n-----END " label "-----\n"

static const char *const plain[] = {"keyUsage", "digitalSignature", NULL};

static ocspset_t set;
static pki_t other, signer, next;
static const char *file; /* whose content changes */

static void setup(void)
{
    ocspset_setup(&set);
    other = pki_ca("Other CA", NULL);
    signer = pki_make("OCSP", NULL, plain, -60, 3600);
    next = pki_make("OCSP", NULL, plain, -60, 3600);
    file = ocspset_file(&signer, NULL, set.pool);
    set.responder->reply.signer = &signer;
}

static void teardown(void)
{
    ocspset_later(&set, 0);
    pki_free(&other);
    pki_free(&signer);
    pki_free(&next);
    ocspset_teardown(&set);
}

/* ---- contents -------------------------------------------------------------------------------- */

static const char *pem_of(const pki_t *pki)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    long len = 0;

    ck_assert(PEM_write_bio_X509(bio, pki->cert));
    len = BIO_get_mem_data(bio, &text);
    text = apr_pstrmemdup(set.pool, text, (apr_size_t)len);
    BIO_free(bio);
    return text;
}

static void fill(const void *octets, size_t len)
{
    FILE *stream = fopen(file, "w");

    ck_assert(stream && fwrite(octets, 1, len, stream) == len);
    ck_assert_int_eq(fclose(stream), 0);
}

static void fill_text(const char *text)
{
    fill(text, strlen(text));
}

static void fill_pem(const pki_t *first, const pki_t *second)
{
    fill_text(apr_pstrcat(set.pool, pem_of(first), second ? pem_of(second) : NULL, NULL));
}

static apr_status_t lines(const char *text, cc_error_t *err)
{
    return ocspset_lines(&set, apr_psprintf(set.pool, text, file, file), err);
}

/* The error of this line, in which %s is the file. */
static void refused(const char *text, const char *tag, const char *says)
{
    cc_error_t err = {0};

    ck_assert_int_ne(lines(text, &err), APR_SUCCESS);
    ck_assert_ptr_null(set.ocsp);
    ck_assert_str_eq(err.tag, tag);
    ck_assert_str_eq(err.word, file);
    ck_assert_ptr_nonnull(err.where);
    ck_assert_msg(strstr(err.message, says) != NULL, "%s", err.message);
}

#define SIGNER "On responder=RESPONDER signer=%s"
#define ISSUER "On responder=RESPONDER issuer=%s"

static void refused_both(const char *says)
{
    refused(SIGNER, "CC0486", says);
    refused(ISSUER, "CC0485", says);
}

TEST(a_file_that_cannot_be_read_is_refused)
{
    ck_assert_int_eq(apr_file_remove(file, set.pool), APR_SUCCESS);
    refused_both("the file cannot be read: No such file or directory");
    ck_assert_int_eq(apr_dir_make(file, APR_FPROT_OS_DEFAULT, set.pool), APR_SUCCESS);
    refused_both("the file cannot be read: it is a directory");
}

TEST(a_file_without_certificates_is_refused)
{
    static char much[1024 * 1024 + 1];

    fill("", 0);
    refused_both("the file contains no certificate in PEM or DER");
    fill_text("no certificate");
    refused_both("the file contains no certificate in PEM or DER");
    fill_text(BLOCK("PRIVATE KEY"));
    refused_both("block 1 of the file is \"PRIVATE KEY\"; only CERTIFICATE is allowed");
    memset(much, 'x', sizeof(much));
    fill(much, sizeof(much));
    refused_both("it is larger than 1 MiB");
}

TEST(a_file_that_is_damaged_is_refused_as_a_whole)
{
    const char *good = pem_of(&other);
    char *cut = apr_pstrmemdup(set.pool, good, strlen(good) - 30);
    char *spoiled = apr_pstrdup(set.pool, good);

    fill_text(apr_pstrcat(set.pool, good, cut, NULL));
    refused_both("certificate 2 of the file is damaged or cut off");
    spoiled[60] = '!';
    fill_text(apr_pstrcat(set.pool, spoiled, good, NULL));
    refused_both("certificate 1 of the file is damaged or cut off");
    fill_text(BLOCK("CERTIFICATE"));
    refused_both("certificate 1 of the file is damaged or cut off");
}

TEST(der_is_read_too_and_nothing_may_follow)
{
    unsigned char der[4096], *at = der;
    int len = i2d_X509(other.cert, &at);

    fill(der, (size_t)len);
    ck_assert_int_eq(lines(SIGNER, NULL), APR_SUCCESS);
    ck_assert_int_eq(lines(ISSUER, NULL), APR_SUCCESS);
    der[len] = 0;
    fill(der, (size_t)len + 1);
    refused_both("the file contains no certificate in PEM or DER");
}

TEST(an_issuer_is_one_ca)
{
    fill_pem(&other, &set.ca);
    refused(ISSUER, "CC0485", "the file must contain one certificate, that of a CA");
    fill_pem(&set.leaf, NULL);
    refused(ISSUER, "CC0485", "the file must contain one certificate, that of a CA");
}

TEST(each_ca_has_one_directive)
{
    fill_pem(&other, NULL);
    refused(ISSUER "\nOff issuer=%s", "CC0487", "ClientCertOCSP is already set for this CA at On");
}

TEST(there_is_one_directive_without_an_issuer)
{
    apr_array_header_t *specs = ocspset_specs("AIA", set.pool);
    cc_ocsp_spec_t *spec = NULL;
    cc_error_t err = {0};

    ck_assert_int_eq(cc_ocsp_parse(&spec, "Off", "b:2", set.pool, &err), APR_SUCCESS);
    ck_assert_int_eq(cc_ocsp_specs_add(&specs, spec, set.pool, &err), APR_EINVAL);
    ck_assert_str_eq(err.tag, "CC0487");
    ck_assert_ptr_nonnull(strstr(err.message, "is already set at AIA"));
}

TEST(all_certificates_of_a_file_are_signers)
{
    fill_pem(&signer, &next);
    ck_assert_int_eq(lines(SIGNER, NULL), APR_SUCCESS);
    ck_assert_int_eq(ocspset_status(&set), CC_OCSP_GOOD);
    ocspset_forget(&set);
    set.responder->reply.signer = &next;
    ck_assert_int_eq(ocspset_status(&set), CC_OCSP_GOOD);
}

TEST(a_file_that_is_off_is_not_read)
{
    fill_text("nothing");
    ck_assert_int_eq(lines("Off signer=%s", NULL), APR_SUCCESS);
}

/* ---- restarts -------------------------------------------------------------------------------- */

static char reported[1000]; /* the tags of errors, with + if the content that was kept is used */

static void note(const cc_error_t *err, apr_time_t since, void *baton)
{
    ck_assert_ptr_nonnull(err->where);
    ck_assert_ptr_null(baton);
    strcat(reported, err->tag);
    strcat(reported, since ? "+" : "-");
}

static void restart(const char *text)
{
    reported[0] = '\0';
    set.files.unread = note;
    ck_assert_int_eq(lines(text, NULL), APR_SUCCESS);
}

static void start(const char *text)
{
    set.files.kept = cc_ocsp_kept_create(set.pool);
    ck_assert_int_eq(lines(text, NULL), APR_SUCCESS);
}

TEST(at_a_restart_the_last_signers_stay_in_use)
{
    start(SIGNER);
    fill_text("bad");
    for (int i = 0; i < 3; i++) { /* a sweep keeps what is in use */
        restart(SIGNER);
        cc_ocsp_kept_sweep(set.files.kept);
        ck_assert_str_eq(reported, "CC0486+");
        ck_assert_int_eq(ocspset_status(&set), CC_OCSP_GOOD);
    }
    fill_pem(&next, NULL);
    restart(SIGNER);
    ck_assert_str_eq(reported, "");
    ck_assert_int_eq(ocspset_status(&set), CC_OCSP_FAILED);
    fill_text("bad");
    restart(SIGNER);
    set.responder->reply.signer = &next;
    ocspset_later(&set, 10);
    ck_assert_int_eq(ocspset_status(&set), CC_OCSP_GOOD);
}

TEST(a_file_that_no_directive_named_is_forgotten)
{
    start(SIGNER);
    restart("On responder=RESPONDER");
    cc_ocsp_kept_sweep(set.files.kept);
    cc_ocsp_kept_sweep(set.files.kept);
    fill_text("bad");
    restart(SIGNER);
    ck_assert_str_eq(reported, "CC0486-");
}

/* failure=allow would accept revoked clients whose responder is no longer trusted. */
TEST(without_its_signers_a_directive_allows_no_failure)
{
    start("On responder=RESPONDER");
    fill_text("bad");
    restart(SIGNER " failure=allow");
    ck_assert_str_eq(reported, "CC0486-");
    ck_assert_int_eq(ocspset_status(&set), CC_OCSP_FAILED);
    ck_assert(!set.answer.waived);
    ck_assert_int_eq(ocspset_status_by(&set, &set.leaf, NULL), CC_OCSP_FAILED);
    ck_assert(!set.answer.waived);
    set.responder->reply.signer = &set.ca;
    ocspset_later(&set, 10);
    ck_assert_int_eq(ocspset_status(&set), CC_OCSP_GOOD);
}

TEST(at_a_restart_the_last_issuer_stays_in_use)
{
    fill_pem(&set.ca, NULL);
    start("Off issuer=%s\nOn responder=RESPONDER");
    ck_assert_int_eq(ocspset_status(&set), CC_OCSP_UNCHECKED);
    fill_pem(&set.leaf, NULL);
    restart("Off issuer=%s\nOn responder=RESPONDER");
    ck_assert_str_eq(reported, "CC0485+");
    ck_assert_int_eq(ocspset_status(&set), CC_OCSP_UNCHECKED);
}

/* The directive may be for any issuer that the others do not name. */
TEST(without_the_issuer_of_a_directive_nobody_of_an_unnamed_ca_gets_in)
{
    const char *named = ocspset_file(&set.ca, NULL, set.pool);

    start("On responder=RESPONDER");
    fill_text("bad");
    restart("On issuer=%s responder=RESPONDER failure=allow\nOff");
    ck_assert_str_eq(reported, "CC0485-");
    ck_assert_int_eq(ocspset_status(&set), CC_OCSP_FAILED);
    ck_assert(!set.answer.waived);
    restart(apr_pstrcat(set.pool, "Off issuer=%s\nOff issuer=", named, "\nOff", NULL));
    ck_assert_int_eq(ocspset_status(&set), CC_OCSP_UNCHECKED);
    ck_assert_int_eq(ocspset_status_by(&set, &set.leaf, &other), CC_OCSP_FAILED);
}

TEST(a_second_directive_for_a_ca_is_not_used_at_a_restart)
{
    const char *named = ocspset_file(&other, NULL, set.pool);
    const char *text = apr_pstrcat(set.pool, "Off issuer=", named, "\nOff issuer=%s\nAIA ",
                                   "responder=RESPONDER", NULL);

    fill_pem(&set.ca, NULL);
    start(text);
    fill_pem(&other, NULL);
    restart(text);
    ck_assert_str_eq(reported, "CC0487+");
    ck_assert_int_eq(ocspset_status(&set), CC_OCSP_UNCHECKED);
}

SUITE("files", .setup = setup, .teardown = teardown, .timeout = 60);
