/* SPDX-License-Identifier: Apache-2.0 */
/* Tests what clientcert-status adds for help: the administrator's text and address, the issuers. */
#include <apr_strings.h>

#include <jansson.h>

#include "fakehttpd.h"
#include "fakejson.h"
#include "httpd/request/state.h"
#include "httpd/status/document.h"
#include "suite.h"

static request_rec *r;

/* A request without a certificate. */
static void asked(const char *lines)
{
    cc_request_t *kept;

    fake_configured(lines);
    r = fake_request(fake.main, "/who");
    kept = cc_request_of(r);
    kept->served = r->per_dir_config;
    kept->answer.problem = "no client certificate was presented";
}

/* The page of a request that failed. */
static void refused(void)
{
    request_rec *page = fake_redirect(r, "/error");

    r->status = page->status = HTTP_FORBIDDEN;
    r = page;
}

static const char *at(const char *key)
{
    return fake_json(json_object_get(cc_status_document(r, false), key));
}

static const struct {
    const char *admin, *contact;
} contacts[] = {
    {NULL, "null"},
    {"", "null"},
    {"[no address given]", "null"},
    {"you@example.com", "null"},
    {"ca@example.com", "{\"text\":\"ca@example.com\",\"url\":\"mailto:ca@example.com\"}"},
    {"https://x.example/<a>",
     "{\"text\":\"https://x.example/<a>\",\"url\":\"https://x.example/<a>\"}"},
    {"javascript:alert(1)", "{\"text\":\"javascript:alert(1)\",\"url\":null}"},
    {"a@b?cc=c@d", "{\"text\":\"a@b?cc=c@d\",\"url\":null}"},
    {"the desk", "{\"text\":\"the desk\",\"url\":null}"},
    {"@", "{\"text\":\"@\",\"url\":null}"},
};

TEST_LOOP(the_administrator_can_be_reached, 0, COUNT(contacts))
{
    asked("");
    fake.main->server_admin = apr_pstrdup(fake.pool, contacts[_i].admin);
    ck_assert_str_eq(at("contact"), contacts[_i].contact);
    fake.main->server_admin = NULL;
}

TEST(the_administrator_writes_a_text_and_a_link)
{
    asked("ClientCertStatusText \"Get one\" https://x.example/ \"at the desk\"");
    ck_assert_str_eq(at("help"), "{\"text\":\"Get one\",\"url\":\"https://x.example/\",\"link\":"
                                 "\"at the desk\"}");
    asked("ClientCertStatusText outer\n<Location /who>\nClientCertStatusText none\n</Location>");
    ck_assert_str_eq(at("help"), "null");
    asked("<Location /error>\nClientCertStatusText \"of the page\"\n</Location>");
    ck_assert_str_eq(at("help"), "null");
    refused();
    fake_expect_begins(at("help"), "{\"text\":\"of the page\"");
    asked("<Location /who>\nClientCertStatusText \"of the request\"\n</Location>\n"
          "<Location /error>\nClientCertStatusText \"of the page\"\n</Location>");
    refused();
    fake_expect_begins(at("help"), "{\"text\":\"of the request\"");
}

SUITE("help", .setup = fake_begin, .teardown = fake_end);
