/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests which ledger a virtual host has after a restart, and that entries end without a request.
 */
#include <string.h>

#include <apr_strings.h>

#include "fakehttpd.h"
#include "httpd/conf/ledger_spec.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/metrics/ledger.h"
#include "httpd/metrics/ledgers.h"
#include "suite.h"

#define DAY apr_time_from_sec(86400)

/* ---- hosts ------------------------------------------------------------------------------- */

/* The host whose section begins at this line. */
static server_rec *host_at(unsigned line)
{
    server_rec *s = fake.main->next;

    while (s && s->defn_line_number != line)
        s = s->next;
    ck_assert_ptr_nonnull(s);
    return s;
}

static const cc_ledger_t *ledger_of(server_rec *s)
{
    const cc_ledger_t *ledger = cc_vhost_conf_of(s)->ledger;

    ck_assert_ptr_nonnull(ledger);
    return ledger;
}

static void note(server_rec *s, const char *serial, apr_time_t when)
{
    static const cc_ledger_entry_t none;
    cc_ledger_entry_t entry = none;

    entry.first = entry.last = when;
    entry.count = 1;
    apr_cpystrn((char *)entry.sha256, serial, sizeof(entry.sha256));
    apr_cpystrn(entry.serial, serial, sizeof(entry.serial));
    cc_ledger_add(ledger_of(s), &entry, NULL, 1);
}

/* The serial numbers of a ledger, with spaces before them. */
static const char *noted(server_rec *s)
{
    const apr_array_header_t *entries = cc_ledger_read(ledger_of(s), 1, fake.pool);
    const char *all = "";

    for (int i = 0; i < entries->nelts; i++)
        all = apr_pstrcat(fake.pool, all, " ",
                          APR_ARRAY_IDX(entries, i, cc_ledger_read_t).entry.serial, NULL);
    return all;
}

static void started(const char *text)
{
    fake_configured(text);
    ck_assert_int_eq(cc_ledgers_start(fake.main), OK);
}

static void restarted(const char *text)
{
    fake_restart(text);
    ck_assert_int_eq(cc_ledgers_start(fake.main), OK);
}

/* Each has 4 lines, and one more for its end. */
#define HOST(address, more)                                                                        \
    "<VirtualHost " address ">\nServerName www\nClientCertLedger\n" more "\n</VirtualHost>\n"
#define FIRST HOST("10.0.0.1:443", "")
#define SECOND HOST("10.0.0.2:443", "")
#define ALIAS HOST("10.0.0.1:443", "ServerAlias a b")
#define OTHER HOST("10.0.0.1:443", "ServerAlias *.c")

/* ---- restarts ------------------------------------------------------------------------------ */

TEST(a_host_keeps_its_ledger_whatever_else_changes)
{
    started(FIRST);
    note(host_at(1), "1", 2);
    restarted("\n" ALIAS);
    ck_assert_str_eq(noted(host_at(2)), " 1");
    restarted(HOST("*:443", "ServerAlias x"));
    ck_assert_str_eq(noted(host_at(1)), " 1");
    restarted(HOST("*:444", "ServerAlias x"));
    ck_assert_str_eq(noted(host_at(1)), "");
}

TEST(hosts_of_one_name_keep_their_own_ledgers_in_any_order)
{
    started(FIRST SECOND ALIAS OTHER);
    note(host_at(1), "first", 2);
    note(host_at(6), "second", 2);
    note(host_at(11), "alias", 2);
    note(host_at(16), "other", 2);
    restarted(OTHER ALIAS SECOND FIRST);
    ck_assert_str_eq(noted(host_at(1)), " other");
    ck_assert_str_eq(noted(host_at(6)), " alias");
    ck_assert_str_eq(noted(host_at(11)), " second");
    ck_assert_str_eq(noted(host_at(16)), " first");
    restarted(SECOND OTHER);
    ck_assert_str_eq(noted(host_at(1)), " second");
    ck_assert_str_eq(noted(host_at(6)), " other");
}

TEST(a_host_that_gets_a_namesake_does_not_give_it_its_entries)
{
    started(FIRST);
    note(host_at(1), "1", 2);
    restarted(SECOND FIRST);
    ck_assert_str_eq(noted(host_at(1)), "");
    note(host_at(1), "2", 2);
    restarted("<VirtualHost 10.0.0.2:443>\nServerName www\n\n\n</VirtualHost>\n" FIRST);
    ck_assert_str_eq(noted(host_at(6)), "");
}

TEST(a_host_without_a_ledger_counts_as_a_namesake)
{
    static const char without[] = "<VirtualHost 10.0.0.2:443>\nServerName www\n</VirtualHost>\n";

    started(apr_pstrcat(fake.pool, FIRST, without, NULL));
    note(host_at(1), "1", 2);
    restarted(SECOND "<VirtualHost 10.0.0.1:443>\nServerName www\n</VirtualHost>\n");
    ck_assert_str_eq(noted(host_at(1)), "");
}

TEST(hosts_that_nothing_distinguishes_begin_anew)
{
    started(FIRST FIRST);
    note(host_at(1), "1", 2);
    note(host_at(6), "2", 2);
    restarted(FIRST FIRST);
    ck_assert_str_eq(noted(host_at(1)), "");
    ck_assert_str_eq(noted(host_at(6)), "");
    note(host_at(1), "1", 2);
    restarted(FIRST);
    ck_assert_str_eq(noted(host_at(1)), "");
}

TEST(a_ledger_that_no_host_uses_is_freed)
{
    started(FIRST SECOND);
    note(host_at(1), "1", 2);
    restarted(SECOND);
    restarted(FIRST SECOND);
    ck_assert_str_eq(noted(host_at(1)), "");
}

/* ---- the end of entries ------------------------------------------------------------------- */

TEST(the_parent_erases_what_is_too_old_without_any_request)
{
    apr_time_t now = apr_time_now();

    started(HOST("*:443", "ClientCertLedger days=2") HOST("*:444", ""));
    note(host_at(1), "old", now - 3 * DAY);
    note(host_at(1), "new", now - DAY);
    note(host_at(6), "old", now - 3 * DAY);
    ck_assert_str_eq(noted(host_at(1)), " new old");
    ck_assert_int_eq(cc_ledgers_monitor(fake.pconf, fake.main), DECLINED);
    ck_assert_str_eq(noted(host_at(1)), " new");
    ck_assert_str_eq(noted(host_at(6)), " old");
}

static bool has_text(const cc_ledger_t *ledger, const char *text)
{
    return memmem((const void *)ledger->memory, cc_ledger_size(ledger->names), text,
                  strlen(text)) != NULL;
}

TEST(names_are_erased_with_their_entry)
{
    static const cc_ledger_names_t names = {.subject = "CN=4711", .der = "MIIC4711"};
    static const cc_ledger_entry_t entry = {.sha256 = "x", .first = 1, .last = 1, .count = 1};
    const cc_ledger_t *ledger;

    started(HOST("*:443", "ClientCertLedger names=on"));
    ledger = ledger_of(host_at(1));
    cc_ledger_add(ledger, &entry, &names, 1);
    ck_assert(has_text(ledger, "CN=4711") && has_text(ledger, "MIIC4711"));
    cc_ledgers_monitor(fake.pconf, fake.main);
    ck_assert(!has_text(ledger, "4711"));
}

TEST(a_server_without_ledgers_has_nothing_to_erase)
{
    started("<VirtualHost *:443>\nServerName www\n</VirtualHost>\n");
    ck_assert_int_eq(cc_ledgers_monitor(fake.pconf, fake.main), DECLINED);
}

SUITE("ledgers", .setup = fake_begin, .teardown = fake_end);
