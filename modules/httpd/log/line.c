/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the fields of a log line: always the same, in one order, and of limited length. */
#include <apr_lib.h>
#include <apr_strings.h>

#include "base/text.h"
#include "cert/cert.h"
#include "httpd/conf/log_text.h"
#include "httpd/log/line.h"
#include "rules/rules.h"

/*
 * Limits of texts in octets of the log, besides CC_LOG_TEXT_LONGEST. httpd cuts a line off at 8 KiB
 * (MAX_STRING_LEN). A line with every field at its limit, after httpd's own prefix, has less than
 * 8000.
 */
enum { MIDDLE = 512, SHORT = 256, BRIEF = 128 };

/* ---- fields ------------------------------------------------------------------------------ */

/* The only function that writes a field between quotes. No text can end the quotation early. */
static const char *quoted(const char *name, const char *text, apr_size_t most, apr_pool_t *p)
{
    return apr_pstrcat(p, name, "=\"", cc_log_text_cut(cc_log_text_requote(text, '\'', p), most, p),
                       "\"", NULL);
}

/* Each octet takes at least one octet of the log, so no more than `most` of them are read. */
static const char *octets_text(const char *octets, apr_size_t len, apr_size_t most, apr_pool_t *p)
{
    return cc_text_escape(octets, len < most + 1 ? len : most + 1, p);
}

const char *cc_log_line_said(const char *name, const char *text, apr_pool_t *p)
{
    return quoted(name, text, CC_LOG_TEXT_LONGEST, p);
}

const char *cc_log_line_brief(const char *name, const char *text, apr_pool_t *p)
{
    return quoted(name, text, SHORT, p);
}

const char *cc_log_line_octets(const char *name, const char *octets, apr_pool_t *p)
{
    return quoted(name, octets_text(octets, strlen(octets), CC_LOG_TEXT_LONGEST, p),
                  CC_LOG_TEXT_LONGEST, p);
}

/* A field that every certificate has, or `none` where there is no certificate. */
static const char *field_text(const char *name, const cc_cert_t *cert, const char *none,
                              apr_pool_t *p)
{
    const cc_value_t *value = cert ? cc_cert_value(cert, name, p) : NULL;

    return value ? octets_text(value->text, value->len, CC_LOG_TEXT_LONGEST, p) : none;
}

const char *cc_log_line_subject(const char *name, const cc_cert_t *cert, apr_pool_t *p)
{
    return quoted(name, field_text("subject", cert, "", p), BRIEF, p);
}

/* The two names of a certificate. */
static const char *names_fields(const cc_cert_t *cert, apr_size_t most, apr_pool_t *p)
{
    return apr_pstrcat(p, quoted("subject", field_text("subject", cert, "", p), most, p), " ",
                       quoted("issuer", field_text("issuer", cert, "", p), most, p), NULL);
}

const char *cc_log_line_serial(const cc_cert_t *cert, apr_pool_t *p)
{
    return cc_log_text_cut(field_text("serial", cert, "-", p), SHORT, p);
}

static const char *user_field(const cc_verdict_t *verdict, apr_pool_t *p)
{
    const char *user = verdict && verdict->user ? verdict->user : "";

    return quoted("user", octets_text(user, strlen(user), MIDDLE, p), MIDDLE, p);
}

/* The length of an octet in httpd's log, which writes \\ for a backslash and \xHH beyond ASCII. */
static apr_size_t octet_cost(char octet)
{
    return octet == '\\' ? 2 : octet & 0x80 ? 4 : 1;
}

static apr_size_t text_cost(const char *text)
{
    apr_size_t cost = 0;

    while (*text) {
        cost += octet_cost(*text++);
    }
    return cost;
}

/* As in ClientCertExport GROUPS. */
static const char *group_text(const cc_group_t *group, apr_pool_t *p)
{
    const char *name = cc_parts_join(&group->name, 1, p);

    return cc_log_text_requote(octets_text(name, strlen(name), CC_LOG_TEXT_LONGEST, p), '\'', p);
}

/* Names of groups are not cut: of those that have no room, the number is written. */
static const char *groups_field(const cc_verdict_t *verdict, apr_pool_t *p)
{
    int count = verdict ? verdict->group_count : 0;
    apr_array_header_t *names = apr_array_make(p, 16, sizeof(const char *));
    apr_size_t cost = strlen("... (2147483647 more)");
    const char *text;

    for (int i = 0; i < count; i++) {
        text = group_text(&verdict->groups[i], p);
        cost += text_cost(text) + 1;
        if (i > 0 && cost > CC_LOG_TEXT_LONGEST) {
            break;
        }
        APR_ARRAY_PUSH(names, const char *) = text;
    }
    text = apr_array_pstrcat(p, names, ',');
    if (names->nelts < count) {
        text = apr_psprintf(p, "%s... (%d more)", text, count - names->nelts);
    }
    return quoted("groups", text, CC_LOG_TEXT_LONGEST, p);
}

static const char *decisive_rule(const cc_verdict_t *verdict)
{
    if (!verdict) {
        return "-";
    }
    if (verdict->denied_where) {
        return verdict->denied_where;
    }
    if (verdict->user_where) {
        return verdict->user_where;
    }
    return verdict->matched_count ? verdict->matched[0].where : "-";
}

/* The longest end of a text that takes at most `most` octets of the log; may be the whole text. */
static const char *end_of(const char *text, apr_size_t most)
{
    const char *from = text + strlen(text);

    for (apr_size_t cost = 0; from > text; from--) {
        cost += octet_cost(from[-1]);
        if (cost > most) {
            break;
        }
    }
    while (from > text && (*from & 0xC0) == 0x80) { /* within a character */
        from++;
    }
    return from;
}

/* A place of the configuration. Cuts a long path at its beginning, to keep the number of the line.
 */
static const char *place_text(const char *where, apr_size_t most, apr_pool_t *p)
{
    where = cc_log_text_word(where, p);
    return end_of(where, most) == where ? where
                                        : apr_pstrcat(p, "...", end_of(where, most - 3), NULL);
}

/* Empty for a certificate of the client's own connection, which has no proxy. */
static const char *arrival_fields(const cc_facts_t *facts, apr_pool_t *p)
{
    if (!facts || !facts->via_proxy) {
        return "";
    }
    return apr_pstrcat(p, " via=", cc_via_word(facts->via),
                       " proxy=", cc_log_text_cut(cc_log_text_word(facts->via_proxy, p), BRIEF, p),
                       NULL);
}

const char *cc_log_line_text(const cc_log_line_t *line, apr_pool_t *p)
{
    const char *names = names_fields(line->cert, line->brief ? BRIEF : CC_LOG_TEXT_LONGEST, p);
    const char *rule = line->rule ? line->rule : decisive_rule(line->verdict);

    return apr_psprintf(p, "result=%s %s %s rule=%s %s serial=%s sha256=%s client=%s vhost=%s:%d%s",
                        line->result, user_field(line->verdict, p), groups_field(line->verdict, p),
                        place_text(rule, SHORT, p), names, cc_log_line_serial(line->cert, p),
                        field_text("sha256", line->cert, "-", p),
                        cc_log_text_cut(cc_log_text_word(line->client, p), SHORT, p),
                        cc_log_text_cut(cc_log_text_word(line->vhost, p), SHORT, p), line->port,
                        arrival_fields(line->facts, p));
}

const char *cc_log_line_shadow(const cc_verdict_t *verdict, apr_pool_t *p)
{
    return apr_psprintf(p, "shadow=%s shadow_%s shadow_%s shadow_rule=%s", cc_verdict_word(verdict),
                        user_field(verdict, p), groups_field(verdict, p),
                        place_text(decisive_rule(verdict), SHORT, p));
}

/* ---- requirements ------------------------------------------------------------------------ */

static const char *need_text(const cc_log_need_t *need, apr_pool_t *p)
{
    const char *text = cc_log_text_cut(cc_log_text_requote(need->text, '\'', p), SHORT, p);
    const char *where = need->where ? place_text(need->where, BRIEF, p) : NULL;

    if (!where) {
        return text;
    }
    return need->undecided ? apr_pstrcat(p, text, " (", where, "; undecided at ",
                                         place_text(need->undecided, BRIEF, p), ")", NULL)
                           : apr_pstrcat(p, text, " (", where, ")", NULL);
}

#define AND_OTHERS ", ..."

/* The first requirement always has room. */
const char *cc_log_line_needs(const cc_log_need_t *needs, int count, bool more, apr_pool_t *p)
{
    apr_size_t cost = strlen(AND_OTHERS);
    const char *all = "";

    for (int i = 0; i < count; i++) {
        const char *text = need_text(&needs[i], p);

        cost += text_cost(text) + 2;
        if (cost > CC_LOG_TEXT_LONGEST) {
            more = true;
            break;
        }
        all = i == 0 ? text : apr_pstrcat(p, all, ", ", text, NULL);
    }
    return quoted("needs", more ? apr_pstrcat(p, all, AND_OTHERS, NULL) : all, CC_LOG_TEXT_LONGEST,
                  p);
}
