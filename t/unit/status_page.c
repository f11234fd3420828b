/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests the page of clientcert-status: its HTML, the choice between HTML and JSON, and its
 * headers.
 */
#include <stdlib.h>

#include <apr_strings.h>

#include <openssl/evp.h>

#include "fakehttpd.h"
#include "httpd/conf/use.h"
#include "httpd/handlers.h"
#include "httpd/peer/client.h"
#include "httpd/request/state.h"
#include "httpd/status/page.h"
#include "httpd/status/status.h"
#include "httpd/status/style.h"
#include "ruleset.h"
#include "suite.h"

static request_rec *r;
static json_t *document;

static void setup(void)
{
    fake_begin();
    r = fake_request(fake.main, "/who");
    r->request_time = apr_time_from_sec(1795928280); /* 29 November 2026, 04:58 UTC */
}

static void teardown(void)
{
    json_decref(document);
    fake_end();
}

/* The page of a document, written with ' in place of ". */
static const char *page_of(const char *json, bool links)
{
    char *text = apr_pstrdup(fake.pool, json);
    json_error_t error;

    for (char *at = text; *at; at++) {
        *at = *at == '\'' ? '"' : *at;
    }
    json_decref(document);
    document = json_loads(text, 0, &error);
    ck_assert_msg(document != NULL, "%s", error.text);
    cc_page_write(r, document, links);
    return fake_sent();
}

static void expect_part(const char *page, const char *part)
{
    ck_assert_msg(strstr(page, part), "there is no %s in %s", part, page);
}

/* ---- HTML -------------------------------------------------------------------------------- */

#define EMPTY                                                                                      \
    "'warnings': [], 'advice': [], 'help': null, 'contact': null, 'issuers': null, "               \
    "'request': null, 'identity': null, 'certificate': null, 'verification': null, "               \
    "'connection': null"

TEST(an_empty_document_is_a_page_with_its_summary)
{
    const char *page = page_of("{'result': 'no-tls', 'summary': 'No <b>', " EMPTY "}", false);

    fake_expect_begins(page, "<!DOCTYPE html>\n<html lang=\"en\">");
    expect_part(page, "<title>No &lt;b&gt;</title>");
    expect_part(page, "<h1>No &lt;b&gt;</h1>\n<p><span class=\"tag no\">no tls</span> </p>");
    ck_assert_ptr_null(strstr(page, "<section>"));
    ck_assert_ptr_null(strstr(page, "<nav>"));
    expect_part(page, "</main>\n</body>\n</html>\n");
}

static const struct {
    const char *json, *part; /* of the page */
} parts[] = {
    {"'advice': ['Do <this>', 'or that']",
     "<h2>What you can do</h2>\n<ul>\n<li>Do &lt;this&gt;</li>\n<li>or that</li>\n</ul>"},
    {"'verification': {'verified': true, 'problem': null}",
     "<span class=\"tag ok\">verified</span> "},
    {"'verification': {'verified': false, 'problem': 'x', 'cause': 'not-yet-valid'}",
     "<p><span class=\"tag no\">not yet valid</span> </p>"},
    {"'identity': {'user': 'u'}, 'request': {'status': 403, 'uri': '/'}",
     "<p><span class=\"tag ok\">mapped</span> <span class=\"tag no\">not allowed</span> </p>"},
    {"'identity': {'user': 'u'}, 'request': {'status': 404, 'uri': '/'}",
     "<p><span class=\"tag ok\">mapped</span> </p>"},
    {"'reason': 'It <is> so.'", "</h1>\n<p>It &lt;is&gt; so.</p>"},
    {"'request': {'status': 403, 'uri': '/a\\\"<b>', 'needs': null}",
     "<p><strong>403 Forbidden</strong> <code>/a&quot;&lt;b&gt;</code></p>"},
    {"'request': {'status': 403, 'uri': '/a', 'needs': 'clientcert-group <g>'}",
     "<code>/a</code> requires <code>clientcert-group &lt;g&gt;</code></p>"},
    {"'identity': {'user': 'al<ice', 'user_rule': 'a.conf:1', 'groups': [], 'rules': []}",
     "<dt>User</dt><dd><bdi>al&lt;ice</bdi> <small>by a.conf:1</small></dd>\n"
     "<dt>Groups</dt><dd><small>(none)</small></dd>"},
    {"'identity': {'user': null, 'user_rule': null, 'groups': [{'name': 'g', 'rule': 'a:1'}]}",
     "<dd><small>(none)</small></dd>\n<dt>Groups</dt><dd><bdi>g</bdi> <small>by a:1</small></dd>"},
    {"'identity': {'user': '', 'groups': [{'name': 'g'}, {'name': 'h'}]}",
     "<dd><small>(empty)</small></dd>\n<dt>Groups</dt><dd><ul><li><bdi>g</bdi></li>"
     "<li><bdi>h</bdi></li></ul></dd>"},
    {"'identity': {'user': 'u', 'groups': [], 'denied_by': 'a:3', 'failure': 'f'}",
     "<dt>Denied by</dt><dd><bdi>a:3</bdi></dd>\n<dt>Failure</dt><dd><bdi>f</bdi></dd>"},
    {"'identity': {'user': 'u', 'groups': [], 'notes': [{'tag': 'CC0150', 'rule': 'a:3', 'text': "
     "'t'}]}",
     "<dt>Notes</dt><dd><bdi>t</bdi> <small>CC0150</small> <small>by a:3</small></dd>"},
    {"'certificate': {'subject': ['CN=a'], 'subject.CN': ['a'], 'serial': ['1A']}",
     "<dl>\n<dt>Name</dt><dd><bdi>a</bdi></dd>\n</dl>\n<details>"},
    {"'certificate': {'subject': ['O=b'], 'san.email': ['<b@example.com>']}",
     "<dl>\n<dt>Name</dt><dd><bdi>O=b</bdi></dd>\n"
     "<dt>Email address</dt><dd><bdi>&lt;b@example.com&gt;</bdi></dd>\n</dl>"},
    {"'certificate': {'subject': ['O=b'], 'not_after': ['2026-12-03T04:58:00Z']}",
     "<dt>Valid until</dt><dd><time datetime=\"2026-12-03T04:58:00Z\">3 December 2026, 04:58 UTC"
     "</time> (in 4 days)</dd>"},
    {"'certificate': {'subject': ['O=b'], 'not_after': ['<soon>']}",
     "<dt>Valid until</dt><dd><bdi>&lt;soon&gt;</bdi></dd>"},
    {"'verification': {'verified': false, 'problem': 'it <has> expired', 'cause': 'x'}, "
     "'certificate': "
     "{'subject': ['O=b']}",
     "<summary>All fields</summary>\n<dl>\n<dt>problem</dt><dd><code>it &lt;has&gt; "
     "expired</code></dd>"},
    {"'certificate': {'subject': ['CN=a'], 'x': ['<y>', 'z']}",
     "<dt>x</dt><dd><ul><li><code>&lt;y&gt;</code></li><li><code>z</code></li></ul></dd>"},
    {"'certificate': {'subject': [{'unusable': 'a control character', 'octets': '<\\\\x01'}]}",
     "<dd><span class=\"tag no\">cannot be used</span> a control character: "
     "<code>&lt;\\x01</code></dd>"},
    {"'certificate': {}",
     "<h2>Your certificate</h2>\n<dl>\n<dt>Name</dt><dd><small>(none)</small></dd>\n</dl>\n"
     "<details>"},
    {"'connection': {'version': null, 'via': 'header', 'proxy': '<p>'}",
     "<h2>Your connection</h2>\n<dl>\n<dt>Through a proxy</dt><dd><bdi>header</bdi></dd>\n"
     "<dt>Proxy</dt><dd><bdi>&lt;p&gt;</bdi></dd>\n</dl>"},
    {"'connection': {'version': 'TLSv1.3', 'cipher': 'C', 'sni': null, 'session': 's'}",
     "<dt>TLS version</dt><dd><bdi>TLSv1.3</bdi></dd>\n<dt>Cipher</dt><dd><bdi>C</bdi></dd>\n"
     "<dt>Session</dt>"},
    {"'trace': [{'rule': 'a:1', 'holds': true, 'text': 'user=<u>'}]",
     "<li><code>a:1</code> <span class=\"tag ok\">matches</span> <pre>user=&lt;u&gt;</pre></li>"},
    {"'trace': [{'rule': 'a:1', 'holds': false, 'field': 'f', 'seen': 's'}]",
     "<span class=\"tag no\">does not match</span> <dl>\n<dt>Field</dt><dd><bdi>f</bdi></dd>\n"
     "<dt>Value</dt><dd><bdi>s</bdi></dd>\n</dl>"},
    {"'trace': [{'rule': 'a:1', 'holds': false, 'condition': 'c', 'field': 'f', 'seen': 's', "
     "'undecided': true}]",
     "<span class=\"tag no\">cannot be decided</span> <dl>\n<dt>Condition</dt>"
     "<dd><bdi>c</bdi></dd>\n"},
    {"'trace': [{'rule': null, 'holds': true}]",
     "<ol>\n<li><span class=\"tag ok\">matches</span> </li>\n</ol>"},
    {"'trace': ['... (truncated; 3 more)']", "<li>... (truncated; 3 more)</li>"},
    {"'warnings': ['Ends <soon>']", "<p class=\"warning\">Ends &lt;soon&gt;</p>\n</header>"},
    {"'help': {'text': 'See <us>', 'url': null, 'link': null}",
     "<h2>Help</h2>\n<p>See &lt;us&gt;</p>\n</section>"},
    {"'help': {'text': 'See us', 'url': 'https://x.example/?a=1&b=2', 'link': null}",
     "<p><a href=\"https://x.example/?a=1&amp;b=2\">See us</a></p>"},
    {"'advice': ['Do this'], 'help': {'text': 'Ask:', 'url': '/help', 'link': 'the <desk>'}",
     "<h2>What you can do</h2>\n<p>Ask: <a href=\"/help\">the &lt;desk&gt;</a></p>\n<ul>\n<li>Do "
     "this"},
    {"'contact': {'text': 'a@example.com', 'url': 'mailto:a@example.com'}",
     "<h2>Help</h2>\n<p>Administrator of this server: <a href=\"mailto:a@example.com\">"
     "a@example.com</a></p>\n"},
    {"'contact': {'text': '<us>', 'url': null}",
     "<p>Administrator of this server: &lt;us&gt;</p>\n"},
    {"'connection': {'version': 'TLSv1.3'}, 'issuers': {'names': ['A'], 'more': 0}",
     "names these issuers:</p>\n<ul>\n<li>A</li>\n</ul>\n</section>"},
    {"'connection': {'version': null}, 'issuers': {'names': ['A'], 'more': 0}",
     "accepts certificates of these issuers:</p>\n<ul>\n<li>A</li>\n</ul>\n</section>"},
    {"'issuers': {'names': ['<A>', 'B'], 'more': 0}",
     "accepts certificates of these "
     "issuers:</p>\n<ul>\n<li>&lt;A&gt;</li>\n<li>B</li>\n</ul>\n</section>"},
    {"'issuers': {'names': ['A'], 'more': 3}", "</ul>\n<p>and 3 more</p>\n</section>"},
};

TEST_LOOP(each_part_of_a_document_is_on_the_page_with_its_texts_escaped, 0, COUNT(parts))
{
    expect_part(page_of(apr_pstrcat(fake.pool, "{'result': 'mapped', 'summary': 's', " EMPTY ", ",
                                    parts[_i].json, "}", NULL),
                        false),
                parts[_i].part);
}

TEST(the_page_refers_to_its_other_forms)
{
    const char *page = page_of("{'result': 'mapped', 'summary': 's', " EMPTY ", 'identity': "
                               "{'user': 'u', 'groups': []}}",
                               true);

    expect_part(page, "<nav><a href=\"?trace\">Rule trace</a> "
                      "<a href=\"?format=json\">View as JSON</a></nav>");
    expect_part(page, "<span class=\"tag ok\">mapped</span>");
    page = page_of("{'result': 'mapped', 'summary': 's', " EMPTY ", 'trace': []}", true);
    expect_part(page, "<nav><a href=\"?\">Hide rule trace</a> "
                      "<a href=\"?format=json&amp;trace\">View as JSON</a></nav>");
}

TEST(the_policy_allows_the_style_of_the_page_and_no_other)
{
    unsigned char digest[32], text[45];
    unsigned len;

    EVP_Digest(cc_page_style, strlen(cc_page_style), digest, &len, EVP_sha256(), NULL);
    EVP_EncodeBlock(text, digest, 32);
    expect_part(cc_page_policy, apr_psprintf(fake.pool, "style-src 'sha256-%s';", text));
    expect_part(page_of("{'result': 'x', 'summary': 's', " EMPTY "}", false),
                apr_pstrcat(fake.pool, "<style>", cc_page_style, "</style>", NULL));
}

/* ---- the handler ------------------------------------------------------------------------- */

static void ask(const char *uri, const char *accept)
{
    cc_request_t *kept;

    fake_configured("SetHandler clientcert-status\n");
    cc_use_find(fake.pconf, NULL, NULL, fake.main);
    r = fake_request(fake.main, uri);
    r->handler = "clientcert-status";
    kept = cc_request_of(r);
    kept->served = r->per_dir_config;
    kept->answer.problem = "no client certificate was presented";
    if (accept) {
        apr_table_set(r->headers_in, "Accept", accept);
    }
}

static const struct {
    const char *uri, *accept;
    bool json;
} forms[] = {
    {"/", NULL, false},
    {"/", "*/*", false},
    {"/", "text/html,application/xhtml+xml,*/*;q=0.8", false},
    {"/", "application/json", true},
    {"/", "application/json, */*", true},
    {"/", "text/html;q=0.5, application/json", true},
    {"/", "text/html, application/json", false},
    {"/", "application/*, text/html;q=0.9", true},
    {"/", "application/json;q=0", false},
    {"/", "APPLICATION/JSON", true},
    {"/", "text/*;q=0.3, application/json;q=0.2, text/html;q=0.1", true},
    {"/?format=json", "text/html", true},
    {"/?format=html", "application/json", false},
    {"/?a=b&format=json&trace", NULL, true},
    {"/?format=xml", "application/json", true},
    {"/?formatted=json", NULL, false},
};

TEST_LOOP(a_client_has_html_or_json_as_it_asks, 0, COUNT(forms))
{
    ask(forms[_i].uri, forms[_i].accept);
    ck_assert_int_eq(cc_handlers_run(r), OK);
    ck_assert_str_eq(r->content_type,
                     forms[_i].json ? "application/json" : "text/html; charset=utf-8");
    fake_expect_begins(fake_sent(),
                       forms[_i].json ? "{\"result\":\"no-certificate\"" : "<!DOCTYPE");
}

TEST(nobody_stores_the_answer_or_runs_anything_of_it)
{
    ask("/", NULL);
    cc_handlers_run(r);
    ck_assert_str_eq(apr_table_get(r->headers_out, "Cache-Control"), "no-store");
    ck_assert_str_eq(apr_table_get(r->headers_out, "Vary"), "Accept");
    ck_assert_str_eq(apr_table_get(r->headers_out, "X-Content-Type-Options"), "nosniff");
    ck_assert_str_eq(apr_table_get(r->headers_out, "Content-Security-Policy"), cc_page_policy);
    ck_assert(cc_request_seen(r)->personal);
}

TEST(only_get_is_answered)
{
    ask("/", NULL);
    r->method_number = M_POST;
    ck_assert_int_eq(cc_handlers_run(r), HTTP_METHOD_NOT_ALLOWED);
    r->method_number = M_OPTIONS;
    ck_assert_int_eq(cc_handlers_run(r), DECLINED);
    r->method_number = M_GET;
    apr_table_set(r->headers_in, "Expect", "x");
    ck_assert_int_eq(cc_handlers_run(r), HTTP_EXPECTATION_FAILED);
    ck_assert_str_eq(fake_sent(), "");
}

TEST(what_is_included_in_a_page_has_no_links_of_its_own)
{
    request_rec *page;

    ask("/", NULL);
    cc_handlers_run(r);
    expect_part(fake_sent(), "<nav>");
    page = r;
    ask("/", NULL);
    r->main = page;
    cc_handlers_run(r);
    ck_assert_ptr_null(strstr(fake_sent(), "<nav>"));
}

/* ---- other handlers ---------------------------------------------------------------------- */

TEST(other_handlers_are_declined_and_end_where_a_lookup_failed)
{
    ask("/", NULL);
    r->handler = "default-handler";
    ck_assert_int_eq(cc_handlers_run(r), DECLINED);
    r->handler = "cgi-script";
    cc_request_of(r)->failing = true;
    ck_assert_int_eq(cc_handlers_run(r), HTTP_INTERNAL_SERVER_ERROR);
    r->handler = "clientcert-status";
    ck_assert_int_eq(cc_handlers_run(r), OK);
}

SUITE("page", .own_process = true, .setup = setup, .teardown = teardown);
