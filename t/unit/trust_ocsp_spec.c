/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the syntax of the directives about OCSP, and which URLs may be asked. */
#include <string.h>

#include <apr_strings.h>

#include "ocspset.h"
#include "suite.h"

typedef struct {
    const char *text;
    const char *tag;
    const char *word;
    const char *says; /* a part of the message */
} error_case_t;

static const error_case_t errors[] = {
    {"", "CC0430", "", "must be On (ask the responder of responder=), Off or AIA"},
    {"Yes", "CC0430", "Yes", "must be On (ask the responder of responder=), Off or AIA"},
    {"AIA ttl", "CC0431", "ttl", "responder=URL, signer=FILE"},
    {"AIA retry=3", "CC0431", "retry=3", "missing=deny|allow and nonce=on|off"},
    {"AIA timeout=", "CC0432", "", "timeout=SECONDS, a number from 0.1 to 60"},
    {"AIA timeout=0", "CC0432", "0", "from 0.1 to 60"},
    {"AIA timeout=61", "CC0432", "61", "from 0.1 to 60"},
    {"AIA timeout=-1", "CC0432", "-1", "from 0.1 to 60"},
    {"AIA timeout=3s", "CC0432", "3s", "from 0.1 to 60"},
    {"AIA ttl=0", "CC0432", "0", "ttl=SECONDS, a number from 1 to 31536000"},
    {"AIA stale=99999999999999999999", "CC0432", "99999999999999999999", "stale=SECONDS"},
    {"AIA failure=open", "CC0432", "open", "failure=deny or failure=allow"},
    {"AIA nonce=1", "CC0432", "1", "nonce=off or nonce=on"},
    {"AIA nonce=on nonce=on", "CC0433", "nonce=on", "nonce is given twice"},
    {"On responder=https://a.example/", "CC0434", "https://a.example/", "scheme is not http"},
    {"On responder=a.example", "CC0434", "a.example", "not a valid URL"},
    {"On responder=", "CC0434", "", "not a valid URL"},
    {"On responder=http://a@b/", "CC0434", "http://a@b/", "a user"},
    {"On", "CC0435", "On", "responder=URL"},
    {"on timeout=1", "CC0435", "on", "responder=URL"},
    {"On responder=http://a.example/ missing=allow", "CC0488", "missing=allow", "write AIA"},
    {"AIA issuer=", "CC0432", "", "write issuer=FILE"},
    {"AIA signer=", "CC0432", "", "write signer=FILE"},
    {"AIA missing=ok", "CC0432", "ok", "missing=deny or missing=allow"},
    {"AIA \"ttl=1", "CC0210", "\"ttl=1", "not closed"},
};

static apr_pool_t *pool;
static pki_t ca;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
    ca = pki_ca("CA", NULL);
}

static void teardown(void)
{
    pki_free(&ca);
    apr_pool_destroy(pool);
}

static cc_ocsp_spec_t *parse(const char *text)
{
    cc_ocsp_spec_t *spec = NULL;
    cc_error_t error = {0};

    ck_assert_msg(cc_ocsp_parse(&spec, text, NULL, pool, &error) == APR_SUCCESS, "%s: %s", text,
                  cc_error_text(&error, pool));
    return spec;
}

TEST_LOOP(every_error_names_the_word_and_what_would_be_legal, 0, COUNT(errors))
{
    const error_case_t *wanted = &errors[_i];
    cc_ocsp_spec_t *spec = NULL;
    cc_error_t error = {0};

    ck_assert_int_eq(cc_ocsp_parse(&spec, wanted->text, NULL, pool, &error), APR_EINVAL);
    ck_assert_str_eq(error.tag, wanted->tag);
    ck_assert_str_eq(error.word, wanted->word);
    ck_assert_msg(strstr(error.message, wanted->says) != NULL, "%s", error.message);
}

TEST(the_usual_values_are_those_of_the_reference)
{
    const cc_ocsp_spec_t *spec = parse("aia");

    ck_assert_int_eq(spec->mode, CC_OCSP_AIA);
    ck_assert_ptr_null(spec->responder);
    ck_assert_int_eq(spec->timeout, apr_time_from_sec(3));
    ck_assert_int_eq(spec->ttl, apr_time_from_sec(3600));
    ck_assert_int_eq(spec->stale, 0);
    ck_assert(!spec->allow && !spec->nonce);
    ck_assert_int_eq(parse("Off")->mode, CC_OCSP_OFF);
}

TEST(every_option_is_read)
{
    const cc_ocsp_spec_t *spec = parse("On responder=http://[::1]:8080/x?y timeout=0.5 ttl=60 "
                                       "stale=7200 failure=allow nonce=on "
                                       "issuer=ca.pem signer=o.pem");

    ck_assert_int_eq(spec->mode, CC_OCSP_ON);
    ck_assert_str_eq(spec->responder->host, "::1");
    ck_assert_int_eq(spec->responder->port, 8080);
    ck_assert_str_eq(spec->responder->authority, "[::1]:8080");
    ck_assert_str_eq(spec->responder->path, "/x?y");
    ck_assert_int_eq(spec->timeout, 500000);
    ck_assert_int_eq(spec->ttl, apr_time_from_sec(60));
    ck_assert_int_eq(spec->stale, apr_time_from_sec(7200));
    ck_assert(spec->allow && spec->nonce);
    ck_assert_str_eq(spec->issuer, "ca.pem");
    ck_assert_str_eq(spec->signer, "o.pem");
    ck_assert(!spec->missing_allow && parse("AIA missing=allow")->missing_allow);
}

/* ---- hosts ----------------------------------------------------------------------------------- */

static const char *const no_hosts[] = {
    "http://a.example", "a.example:80", "10.0.0.1",   "127.1", "0x7f000001",
    "2130706433",       "[::1]",        "a..example", ".",     "..example",
    "a b.example",      "a@b",          "*.example",  "a/b",   "\xc3\xa4.example"};

TEST_LOOP(what_is_no_name_of_a_host_cannot_be_allowed, 0, COUNT(no_hosts))
{
    apr_array_header_t *hosts = NULL;
    cc_error_t error = {0};
    const char *word = apr_psprintf(pool, "\"%s\"", no_hosts[_i]);

    ck_assert_int_eq(cc_ocsp_hosts_parse(&hosts, word, pool, &error), APR_EINVAL);
    ck_assert_str_eq(error.tag, "CC0436");
    ck_assert_str_eq(error.word, no_hosts[_i]);
}

TEST(hosts_of_several_lines_add_up)
{
    apr_array_header_t *hosts = NULL;
    cc_error_t error = {0};

    ck_assert_int_eq(cc_ocsp_hosts_parse(&hosts, "OCSP.Example.com. .example.net", pool, &error),
                     0);
    ck_assert_int_eq(cc_ocsp_hosts_parse(&hosts, "third.example", pool, &error), 0);
    ck_assert_int_eq(hosts->nelts, 3);
    ck_assert_str_eq(APR_ARRAY_IDX(hosts, 0, const char *), "ocsp.example.com");
    ck_assert_str_eq(APR_ARRAY_IDX(hosts, 1, const char *), ".example.net");
    ck_assert_int_eq(cc_ocsp_hosts_parse(&hosts, " ", pool, &error), APR_EINVAL);
}

/* ---- responders that a certificate names ----------------------------------------------------- */

#define ALLOWED "ocsp.example.com .example.net 10.example"

/* The responder of a certificate with this authorityInfoAccess: a URL, or the error. */
static const char *chosen(const char *spec_text, const char *access)
{
    pki_extensions_t extensions = {"authorityInfoAccess", access, NULL};
    pki_t leaf = pki_make("leaf", &ca, access ? extensions : pki_is_client, -60, 60);
    apr_array_header_t *hosts = NULL;
    cc_url_choice_t choice;

    ck_assert_int_eq(cc_ocsp_hosts_parse(&hosts, ALLOWED, pool, NULL), 0);
    choice = cc_url_choose(parse(spec_text), hosts, leaf.cert, pool);
    pki_free(&leaf);
    return choice.url ? apr_psprintf(pool, "%s %d %s", choice.url->host, choice.url->port,
                                     choice.url->path)
                      : choice.error;
}

typedef struct {
    const char *url;
    const char *leads_to;
} url_case_t;

#define REFUSED "the certificate's responder is not asked: "
#define NO_URL REFUSED "it is not a valid URL"
#define NOT_HTTP REFUSED "its scheme is not http"
#define USER REFUSED "it has a user, a password or a fragment"
#define ADDRESS REFUSED "its host is an address, not a name"
#define NOT_NAMED REFUSED "ClientCertOCSPAllow does not name its host"
#define NO_NAME REFUSED "its host is not a valid name"
#define NO_PORT REFUSED "its port is not between 1 and 65535"

static const url_case_t urls[] = {
    {"http://ocsp.example.com", "ocsp.example.com 80 /"},
    {"http://ocsp.example.com/", "ocsp.example.com 80 /"},
    {"HTTP://OCSP.Example.COM/Path", "ocsp.example.com 80 /Path"},
    {"http://ocsp.example.com./", "ocsp.example.com 80 /"},
    {"http://ocsp.example.com:8080/a?b", "ocsp.example.com 8080 /a?b"},
    {"http://a.example.net/", "a.example.net 80 /"},
    {"http://b.a.example.net/", "b.a.example.net 80 /"},
    {"http://example.net/", NOT_NAMED},
    {"http://badexample.net/", NOT_NAMED},
    {"http://example.net.evil.example/", NOT_NAMED},
    {"http://a.ocsp.example.com/", NOT_NAMED},
    {"http://ocsp.example.com.evil.example/", NOT_NAMED},
    {"http://ocsp.example.com;evil.example/", NO_NAME},
    {"http://evil.example/.example.net", NOT_NAMED},
    {"http://evil.example?.example.net", NOT_NAMED},
    {"http://evil.example?@ocsp.example.com/", NOT_NAMED},
    {"http://evil.example%2f.example.net/", NO_NAME},
    {"http://evil.example%00.example.net/", NO_NAME},
    {"http://.example.net/", NO_NAME},
    {"http://localhost/", NOT_NAMED},
    {"https://ocsp.example.com/", NOT_HTTP},
    {"unix:/run/socket|http://ocsp.example.com/", NO_URL},
    {"ldap://ocsp.example.com/", NOT_HTTP},
    {"file:///etc/passwd", NOT_HTTP},
    {"//ocsp.example.com/", NO_URL},
    {"ocsp.example.com", NO_URL},
    {"http:/ocsp.example.com/", REFUSED "it has no host"},
    {"http:///", REFUSED "it has no host"},
    {"http:ocsp.example.com", REFUSED "it has no host"},
    {"http://ocsp.example.com@evil.example/", USER},
    {"http://evil.example@ocsp.example.com/", USER},
    {"http://user:password@ocsp.example.com/", USER},
    {"http://evil.example#@ocsp.example.com/", USER},
    {"http://evil.example#ocsp.example.com", USER},
    {"http://evil.example:80#@ocsp.example.com/", USER},
    {"http://ocsp.example.com:80@evil.example/", USER},
    {"http://evil.example\\@ocsp.example.com/", NO_URL},
    {"http://evil.example\\.example.net/", NO_URL},
    {"http://ocsp.example.com%2eevil.example/", NO_NAME},
    {"http://ocsp.example.com\t/", NO_URL},
    {"http://ocsp.example.com/a b", NO_URL},
    {"http://ocsp.example.com/\x01", NO_URL},
    {"http://\xef\xbd\x8f.example.net/", NO_URL},
    {"http://ocsp..example.com/", NO_NAME},
    {"http://10.0.0.1/", ADDRESS},
    {"http://127.1/", ADDRESS},
    {"http://2130706433/", ADDRESS},
    {"http://0x7f000001/", ADDRESS},
    {"http://0x7f.1/", ADDRESS},
    {"http://0177.0.0.1/", ADDRESS},
    {"http://0x/", ADDRESS},
    {"http://10.0.0.1./", ADDRESS},
    {"http://169.254.169.254/latest", ADDRESS},
    {"http://[::1]/", ADDRESS},
    {"http://[::1].example.net/", ADDRESS},
    {"http://[::1]:80.example.net/", NO_URL},
    {"http://[::ffff:10.0.0.1]:80/", ADDRESS},
    {"http://ocsp.example.com:0/", NO_PORT},
    {"http://ocsp.example.com:65536/", NO_PORT},
    {"http://ocsp.example.com:99999999999/", NO_PORT},
    {"http://ocsp.example.com:8o/", NO_URL},
    {"http://ocsp.example.com:80:25/", NO_URL},
    {"http://ocsp.example.com: 80/", NO_URL},
    {"http://ocsp.example.com:-1/", NO_PORT},
};

TEST_LOOP(a_certificate_leads_only_to_hosts_that_are_named, 0, COUNT(urls))
{
    const url_case_t *each = &urls[_i];

    ck_assert_msg(
        strcmp(chosen("AIA", apr_pstrcat(pool, "OCSP;URI:", each->url, NULL)), each->leads_to) == 0,
        "%s: %s", each->url, chosen("AIA", apr_pstrcat(pool, "OCSP;URI:", each->url, NULL)));
}

TEST(a_line_break_in_a_url_is_none)
{
    cc_url_t url;

    ck_assert_str_eq(cc_url_read(&url, "http://ocsp.example.com\r\nX: y/", pool),
                     "it is not a valid URL");
    ck_assert_str_eq(cc_url_read(&url, "http://ocsp.example.com/\nX: y", pool),
                     "it is not a valid URL");
}

TEST(the_first_responder_that_may_be_asked_is)
{
    ck_assert_str_eq(chosen("AIA", "OCSP;URI:ldap://x/,caIssuers;URI:http://a.example.net/ca,"
                                   "OCSP;URI:http://b.example.net/,OCSP;URI:http://c.example.net/"),
                     "b.example.net 80 /");
    ck_assert_str_eq(chosen("AIA", "OCSP;URI:ldap://x/,OCSP;URI:http://evil.example/"), NOT_HTTP);
}

TEST(where_the_certificate_names_nobody_the_configured_one_is_asked)
{
    const char *spec = "AIA responder=http://own.example:81/o";

    ck_assert_str_eq(chosen(spec, NULL), "own.example 81 /o");
    ck_assert_str_eq(chosen(spec, "OCSP;URI:http://evil.example/"), "own.example 81 /o");
    ck_assert_str_eq(chosen(spec, "OCSP;URI:http://a.example.net/"), "a.example.net 80 /");
    ck_assert_str_eq(chosen("AIA", NULL), "the certificate names no responder");
    ck_assert_str_eq(chosen("AIA", "caIssuers;URI:http://a.example.net/"),
                     "the certificate names no responder");
}

TEST(on_asks_the_configured_one_alone)
{
    ck_assert_str_eq(chosen("On responder=http://own.example/", "OCSP;URI:http://a.example.net/"),
                     "own.example 80 /");
}

TEST(a_responder_that_is_configured_may_be_an_address)
{
    ck_assert_str_eq(chosen("On responder=http://127.0.0.1:8888", NULL), "127.0.0.1 8888 /");
}

/* ---- engines --------------------------------------------------------------------------------- */

TEST(off_makes_no_engine)
{
    cc_ocsp_io_t io = {0};
    cc_ocsp_config_t none = {0}, off = {.specs = ocspset_specs("Off", pool)};
    cc_ocsp_t *ocsp = (cc_ocsp_t *)&io;

    ck_assert_int_eq(cc_ocsp_create(&ocsp, &none, &io, pool, NULL), APR_SUCCESS);
    ck_assert_ptr_null(ocsp);
    ck_assert_int_eq(cc_ocsp_create(&ocsp, &off, &io, pool, NULL), APR_SUCCESS);
    ck_assert_ptr_null(ocsp);
}

TEST(aia_needs_a_host_that_may_be_asked)
{
    cc_ocsp_io_t io = {0};
    cc_ocsp_config_t config = {.specs = ocspset_specs("AIA", pool)};
    apr_array_header_t *hosts = NULL;
    cc_ocsp_t *ocsp = NULL;
    cc_error_t error = {0};

    ck_assert_int_eq(cc_ocsp_create(&ocsp, &config, &io, pool, &error), APR_EINVAL);
    ck_assert_str_eq(error.tag, "CC0437");
    cc_ocsp_hosts_parse(&hosts, "ocsp.example.com", pool, NULL);
    config.hosts = hosts;
    ck_assert_int_eq(cc_ocsp_create(&ocsp, &config, &io, pool, &error), APR_SUCCESS);
    ck_assert_ptr_nonnull(ocsp);
    config = (cc_ocsp_config_t){.specs = ocspset_specs("AIA responder=http://a.example/", pool)};
    ck_assert_int_eq(cc_ocsp_create(&ocsp, &config, &io, pool, &error), APR_SUCCESS);
    ck_assert_ptr_nonnull(ocsp);
}

SUITE("words", .setup = setup, .teardown = teardown);
