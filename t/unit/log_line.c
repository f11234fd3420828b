/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the fields of a log line: their order, what is missing, hostile texts, and lengths. */
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>
#include <apr_tables.h>

#include "certs.h"
#include "httpd/log/line.h"
#include "suite.h"

#define LINE_LONGEST 8000

static apr_pool_t *pool;
static const cc_cert_t *cert;

static const certs_attribute_t subject[] = {
    {"O", 12, CERTS_OCTETS("Example"), 0}, {"CN", 12, CERTS_OCTETS("alice"), 0}, {0}};
static const certs_attribute_t issuer[] = {{"CN", 12, CERTS_OCTETS("Staff CA"), 0}, {0}};

static void setup(void)
{
    certs_spec_t spec = {.serial = CERTS_OCTETS("\x12\x34"), .subject = subject, .issuer = issuer};

    apr_initialize();
    apr_pool_create(&pool, NULL);
    cert = certs_make(&spec, pool);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
    apr_terminate();
}

SUITE("log_line", .setup = setup, .teardown = teardown);

static const char *line_text(cc_log_line_t line)
{
    line.result = line.result ? line.result : "mapped";
    line.client = line.client ? line.client : "192.0.2.1";
    line.vhost = line.vhost ? line.vhost : "www.example.com";
    line.port = 443;
    return cc_log_line_text(&line, pool);
}

/* httpd's form of a line in its log: double backslashes, octets beyond ASCII as \xHH. */
static size_t cost(const char *text)
{
    size_t octets = 0;

    for (; *text; text++) {
        octets += *text == '\\' ? 2 : *text & 0x80 ? 4 : 1;
    }
    return octets;
}

/* This many of these texts in a row. */
static const char *repeated(const char *text, int times)
{
    char *all = apr_pcalloc(pool, strlen(text) * (size_t)times + 1);

    for (int i = 0; i < times; i++) {
        memcpy(all + strlen(text) * (size_t)i, text, strlen(text));
    }
    return all;
}

/* Octets that are not UTF-8 are accepted as a TeletexString. */
static cc_cert_t *cert_named(const char *name, int attributes)
{
    certs_attribute_t *names = apr_pcalloc(pool, sizeof(*names) * (size_t)(attributes + 1));
    certs_spec_t spec = {.subject = names, .issuer = names};

    for (int i = 0; i < attributes; i++) {
        names[i] =
            (certs_attribute_t){"OU", *name == '\xff' ? 20 : 12, {name, (int)strlen(name)}, 0};
    }
    return certs_make(&spec, pool);
}

/* ---- fields ------------------------------------------------------------------------------- */

TEST(a_line_of_nothing_has_every_field)
{
    ck_assert_str_eq(line_text((cc_log_line_t){.result = "rejected"}),
                     "result=rejected user=\"\" groups=\"\" rule=- subject=\"\" issuer=\"\" "
                     "serial=- sha256=- client=192.0.2.1 vhost=www.example.com:443");
}

TEST(a_line_of_a_certificate_through_a_proxy_names_the_proxy)
{
    cc_facts_t facts = {.via = CC_VIA_HEADER, .via_proxy = "192.0.2.8"};

    ck_assert_str_eq(strstr(line_text((cc_log_line_t){.facts = &facts}), " vhost="),
                     " vhost=www.example.com:443 via=header proxy=192.0.2.8");
    facts = (cc_facts_t){.via = CC_VIA_PROXY_PROTOCOL, .via_proxy = "a b\n\"c"};
    ck_assert_str_eq(strstr(line_text((cc_log_line_t){.facts = &facts}), " via="),
                     " via=proxy-protocol proxy=a\\x20b\\x0A\\x22c");
    facts = (cc_facts_t){.via = CC_VIA_TLS};
    ck_assert_str_eq(strstr(line_text((cc_log_line_t){.facts = &facts}), " vhost="),
                     " vhost=www.example.com:443");
}

TEST(a_line_has_what_certificate_and_verdict_say)
{
    static const cc_group_t groups[] = {{.name = "staff"}, {.name = "a,b"}};
    static const cc_verdict_t verdict = {
        .user = "alice", .user_where = "/etc/x.conf:12", .group_count = 2, .groups = groups};
    const char *text = line_text((cc_log_line_t){.cert = cert, .verdict = &verdict});
    const char *end = strstr(text, " client=");

    ck_assert_ptr_nonnull(
        strstr(text, "result=mapped user=\"alice\" groups=\"staff,a\\\\,b\" rule=/etc/x.conf:12 "
                     "subject=\"CN=alice,O=Example\" issuer=\"CN=Staff CA\" serial=1234 sha256="));
    ck_assert_str_eq(end, " client=192.0.2.1 vhost=www.example.com:443");
    ck_assert_int_eq((int)(end - strstr(text, "sha256=")), 7 + 64);
}

/* The line names the deciding rule: deny, then the rule of the user, then the first. */
TEST(the_rule_of_a_line_is_the_one_that_decides)
{
    static const cc_match_t matched[] = {{.where = "m:1"}, {.where = "m:2"}};
    cc_verdict_t verdict = {.matched_count = 2, .matched = matched};

    ck_assert_ptr_nonnull(strstr(line_text((cc_log_line_t){.verdict = &verdict}), " rule=m:1 "));
    verdict.user_where = "u:1";
    ck_assert_ptr_nonnull(strstr(line_text((cc_log_line_t){.verdict = &verdict}), " rule=u:1 "));
    verdict.denied_where = "d:1";
    ck_assert_ptr_nonnull(strstr(line_text((cc_log_line_t){.verdict = &verdict}), " rule=d:1 "));
    ck_assert_ptr_nonnull(
        strstr(line_text((cc_log_line_t){.verdict = &verdict, .rule = "n:1"}), " rule=n:1 "));
}

TEST(further_fields_have_their_names)
{
    ck_assert_str_eq(cc_log_line_said("reason", "no rule", pool), "reason=\"no rule\"");
    ck_assert_str_eq(cc_log_line_brief("reason", "no rule", pool), "reason=\"no rule\"");
    ck_assert_str_eq(cc_log_line_octets("request", "GET /", pool), "request=\"GET /\"");
    ck_assert_str_eq(cc_log_line_subject("at_subject", cert, pool),
                     "at_subject=\"CN=alice,O=Example\"");
    ck_assert_str_eq(cc_log_line_subject("at_subject", NULL, pool), "at_subject=\"\"");
    ck_assert_str_eq(cc_log_line_serial(cert, pool), "1234");
    ck_assert_str_eq(cc_log_line_serial(NULL, pool), "-");
}

TEST(groups_without_room_are_counted)
{
    cc_group_t groups[500];
    cc_verdict_t verdict = {.groups = groups, .group_count = 500};
    const char *text, *more;
    int given = 1;

    for (int i = 0; i < 500; i++) {
        groups[i].name = apr_psprintf(pool, "group-%03d", i);
    }
    text = strstr(line_text((cc_log_line_t){.verdict = &verdict}), "groups=\"");
    more = strstr(text, "... (");
    ck_assert_ptr_nonnull(more);
    for (const char *s = text; s < more; s++) {
        given += *s == ',';
    }
    ck_assert_int_eq(given + atoi(more + 5), 500);
    ck_assert_int_eq(strncmp(more - 9, groups[given - 1].name, 9), 0);
    ck_assert_ptr_nonnull(strstr(more, " more)\" rule="));
}

static const struct {
    cc_log_need_t needs[2];
    int count;
    bool more;
    const char *field;
} all_needs[] = {
    {{{"a user", NULL, NULL}}, 1, false, "needs=\"a user\""},
    {{{"clientcert-group \"a b\"", "/etc/x.conf:12", NULL}},
     1,
     false,
     "needs=\"clientcert-group 'a b' (/etc/x.conf:12)\""},
    {{{"not clientcert-group a", "x:1", "y:2"}, {"clientcert", "x y:3", NULL}},
     2,
     true,
     "needs=\"not clientcert-group a (x:1; undecided at y:2), clientcert (x\\x20y:3), ...\""},
};

TEST_LOOP(requirements_have_their_places, 0, COUNT(all_needs))
{
    ck_assert_str_eq(
        cc_log_line_needs(all_needs[_i].needs, all_needs[_i].count, all_needs[_i].more, pool),
        all_needs[_i].field);
}

/* ---- hostile texts ------------------------------------------------------------------------ */

static const char *const hostile[] = {"a\" result=mapped user=\"root",
                                      "a\nCC0101: b",
                                      "a\\\" b",
                                      "\x01\x7f",
                                      "\xff\xfe",
                                      "\\",
                                      "\"",
                                      "\r\n\r\n"};

/* A field has exactly two quotation marks: at its beginning and at its end. */
static void is_one_field(const char *field)
{
    const char *first = strchr(field, '"');

    ck_assert_ptr_nonnull(first);
    ck_assert_ptr_eq(strchr(first + 1, '"'), field + strlen(field) - 1);
    for (const char *s = field; *s; s++) {
        ck_assert_msg((unsigned char)*s >= ' ' && *s != 0x7f, "%s", field);
    }
}

TEST_LOOP(no_octets_end_a_field, 0, COUNT(hostile))
{
    const cc_log_need_t need = {hostile[_i], hostile[_i], hostile[_i]};

    is_one_field(cc_log_line_octets("request", hostile[_i], pool));
    is_one_field(cc_log_line_said("reason", hostile[_i], pool));
    is_one_field(cc_log_line_brief("reason", hostile[_i], pool));
    is_one_field(cc_log_line_needs(&need, 1, true, pool));
    is_one_field(cc_log_line_subject("at_subject", cert_named(hostile[_i], 1), pool));
}

/* 4 fields between quotes (user, groups, subject, issuer), and 10 in all. */
TEST_LOOP(no_octets_make_another_field_of_a_line, 0, COUNT(hostile))
{
    cc_group_t group = {.name = hostile[_i]};
    cc_verdict_t verdict = {
        .user = hostile[_i], .user_where = hostile[_i], .group_count = 1, .groups = &group};
    const char *text = line_text((cc_log_line_t){.cert = cert_named(hostile[_i], 1),
                                                 .verdict = &verdict,
                                                 .client = hostile[_i],
                                                 .vhost = hostile[_i]});
    int quotes = 0, words = 1;

    for (const char *s = text; *s; s++) {
        quotes += *s == '"';
        words += *s == ' ' && quotes % 2 == 0;
        ck_assert_msg((unsigned char)*s >= ' ' && *s != 0x7f, "%s", text);
    }
    ck_assert_int_eq(quotes, 8);
    ck_assert_int_eq(words, 10);
}

/* ---- lengths ------------------------------------------------------------------------------ */

static const char *const units[] = {"x", "\xc3\xa4", "\x01", "\"", "\\", "\xff", " "};

TEST_LOOP(the_longest_line_fits, 0, COUNT(units))
{
    const char *much = repeated(units[_i], 20000);
    cc_group_t *groups = apr_pcalloc(pool, sizeof(*groups) * 1000);
    cc_verdict_t verdict = {
        .user = much, .user_where = much, .group_count = 1000, .groups = groups};
    const char *where = apr_pstrcat(pool, much, ":12", NULL), *text;
    const cc_log_need_t need = {much, where, where}, needs[] = {need, need, need, need, need};

    for (int i = 0; i < 1000; i++) {
        groups[i].name = i % 2 ? much : "g";
    }
    text = line_text((cc_log_line_t){.cert = cert_named(repeated(units[_i], 500), 20),
                                     .verdict = &verdict,
                                     .client = much,
                                     .vhost = much});
    text = apr_pstrcat(pool, text, " ", cc_log_line_said("reason", much, pool), " ",
                       cc_log_line_octets("request", much, pool), " ",
                       cc_log_line_needs(needs, COUNT(needs), false, pool), NULL);
    ck_assert_uint_lt(cost(text), LINE_LONGEST);
    ck_assert_str_eq(text + strlen(text) - 7, "), ...\"");
}

TEST(what_is_cut_ends_in_dots)
{
    const char *field = cc_log_line_octets("request", repeated("x", 5000), pool);

    ck_assert_str_eq(field + strlen(field) - 5, "x...\"");
    ck_assert_uint_lt(strlen(field), 1100);
}

TEST(of_a_long_path_the_end_is_kept)
{
    const char *where = apr_pstrcat(pool, repeated("/long", 1000), "/site.conf:12", NULL);
    const char *text = line_text((cc_log_line_t){.rule = where});

    ck_assert_ptr_nonnull(strstr(text, " rule=..."));
    ck_assert_ptr_nonnull(strstr(text, "/site.conf:12 "));
}

TEST(names_of_a_brief_line_are_shorter)
{
    const cc_cert_t *named = cert_named("organization", 50);
    const char *brief = line_text((cc_log_line_t){.cert = named, .brief = true});
    const char *full = line_text((cc_log_line_t){.cert = named});

    ck_assert_uint_gt(strlen(full), strlen(brief) + 800);
    ck_assert_uint_lt(strlen(strstr(brief, "subject=")), 700);
}
