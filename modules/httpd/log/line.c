/* SPDX-License-Identifier: Apache-2.0 */
/* Knows the fields of a line of the log: always the same, in one order, and never too long. */
#include "httpd/internal.h"
#include "httpd/log/line.h"

#include <apr_lib.h>
#include <apr_strings.h>

/*
 * How many octets of the log a text may take. httpd cuts a line off at 8 KiB (MAX_STRING_LEN): one
 * with every field at its longest, behind httpd's own words, stays below 8000.
 */
enum { LONG = 1024, MIDDLE = 512, SHORT = 256, BRIEF = 128 };

/* ---- texts ------------------------------------------------------------------------------- */

/* A character, or an escape of cc_text_escape: what is cut is cut between them. */
static apr_size_t piece_len(const char *text)
{
    apr_size_t len = 1;

    if (text[0] == '\\') {
        if (text[1] == 'x' && apr_isxdigit(text[2]) && apr_isxdigit(text[3])) {
            return 4;
        }
        return text[1] == '\\' || text[1] == '"' ? 2 : 1;
    }
    while ((text[len] & 0xC0) == 0x80) {
        len++;
    }
    return len;
}

/* What httpd's log makes of it: backslashes are doubled, octets beyond ASCII written as \xHH. */
static apr_size_t piece_cost(const char *text, apr_size_t len)
{
    apr_size_t cost = len;

    for (apr_size_t i = 0; i < len; i++) {
        cost += text[i] == '\\' ? 1 : text[i] & 0x80 ? 3 : 0;
    }
    return cost;
}

/* The text as far as it fits; "..." stands for the rest. */
static const char *cut(const char *text, apr_size_t most, apr_pool_t *p)
{
    char *line = apr_palloc(p, most + 1);
    char *to = line, *room = line; /* from `room` on there is place for the dots */
    apr_size_t cost = 0, len;

    for (; *text; text += len) {
        len = piece_len(text);
        cost += piece_cost(text, len);
        if (cost > most) {
            memcpy(room, "...", 4);
            return line;
        }
        memcpy(to, text, len);
        to += len;
        room = cost <= most - 3 ? to : room;
    }
    *to = '\0';
    return line;
}

/* As cc_text_escape writes an octet. */
static char *octet_escape(char *to, unsigned char octet)
{
    static const char digits[] = "0123456789ABCDEF";

    *to++ = '\\';
    *to++ = 'x';
    *to++ = digits[octet >> 4];
    *to++ = digits[octet & 15];
    return to;
}

/*
 * httpd doubles all backslashes, so that the \" of cc_text_escape would be a bare quote there and
 * end the quotation that it stands in: it becomes \x22. A bare quote becomes `quote`. What nobody
 * escaped and is no text is escaped here.
 */
static const char *requote(const char *text, char quote, apr_pool_t *p)
{
    char *line = apr_palloc(p, 4 * strlen(text) + 1);
    char *to = line;
    apr_size_t len;

    for (; *text; text += len) {
        len = piece_len(text);
        if (len == 2 && text[1] == '"') {
            to = octet_escape(to, '"');
        } else if (len == 1 && apr_iscntrl(*text)) {
            to = octet_escape(to, (unsigned char)*text);
        } else {
            memcpy(to, text, len);
            *to = *text == '"' ? quote : *text;
            to += len;
        }
    }
    *to = '\0';
    return line;
}

const char *cc_log_text(const char *text, apr_pool_t *p)
{
    return cut(requote(text, '"', p), LONG, p);
}

const char *cc_log_escaped(const char *text, apr_pool_t *p)
{
    return cc_log_text(cc_text_escape(text, strlen(text), p), p);
}

/* ---- fields ------------------------------------------------------------------------------ */

/* The one place that writes a field between quotes: whatever the text is, it ends where it ends. */
static const char *quoted(const char *name, const char *text, apr_size_t most, apr_pool_t *p)
{
    return apr_pstrcat(p, name, "=\"", cut(requote(text, '\'', p), most, p), "\"", NULL);
}

/* No octet takes less than one of the log: more of them than `most` need not be looked at. */
static const char *octets_text(const char *octets, apr_size_t len, apr_size_t most, apr_pool_t *p)
{
    return cc_text_escape(octets, len < most + 1 ? len : most + 1, p);
}

const char *cc_logline_said(const char *name, const char *text, apr_pool_t *p)
{
    return quoted(name, text, LONG, p);
}

const char *cc_logline_brief(const char *name, const char *text, apr_pool_t *p)
{
    return quoted(name, text, SHORT, p);
}

const char *cc_logline_octets(const char *name, const char *octets, apr_pool_t *p)
{
    return quoted(name, octets_text(octets, strlen(octets), LONG, p), LONG, p);
}

/* A word without quotes: a blank in it would end it, and what follows would be a field. */
static const char *word(const char *text, apr_pool_t *p)
{
    char *line = apr_palloc(p, 4 * strlen(text) + 1);
    char *to = line;

    for (; *text; text++) {
        if (apr_isspace(*text) || apr_iscntrl(*text) || *text == '"') {
            to = octet_escape(to, (unsigned char)*text);
        } else {
            *to++ = *text;
        }
    }
    *to = '\0';
    return line;
}

/* A field that every certificate has, or `none` where there is no certificate. */
static const char *field_text(const char *name, const cc_cert_t *cert, const char *none,
                              apr_pool_t *p)
{
    static const cc_facts_t unknown = {0};
    cc_fieldref_t ref;
    cc_values_t values;

    if (!cert || cc_field_find(&ref, name, p, NULL) != APR_SUCCESS) {
        return none;
    }
    values = cc_field_values(&ref, cert, &unknown, p);
    return values.count ? octets_text(values.at[0].text, values.at[0].len, LONG, p) : none;
}

const char *cc_logline_subject(const char *name, const cc_cert_t *cert, apr_pool_t *p)
{
    return quoted(name, field_text("subject", cert, "", p), BRIEF, p);
}

/* The two names of a certificate. */
static const char *names_fields(const cc_cert_t *cert, apr_size_t most, apr_pool_t *p)
{
    return apr_pstrcat(p, quoted("subject", field_text("subject", cert, "", p), most, p), " ",
                       quoted("issuer", field_text("issuer", cert, "", p), most, p), NULL);
}

const char *cc_logline_serial(const cc_cert_t *cert, apr_pool_t *p)
{
    return cut(field_text("serial", cert, "-", p), SHORT, p);
}

static const char *user_field(const cc_verdict_t *verdict, apr_pool_t *p)
{
    const char *user = verdict && verdict->user ? verdict->user : "";

    return quoted("user", octets_text(user, strlen(user), MIDDLE, p), MIDDLE, p);
}

static const char *groups_field(const cc_verdict_t *verdict, apr_pool_t *p)
{
    int count = verdict ? verdict->group_count : 0;
    const char **names = apr_palloc(p, sizeof(*names) * (apr_size_t)(count + 1));

    for (int i = 0; i < count; i++) {
        names[i] = verdict->groups[i].name;
    }
    return cc_logline_octets("groups", cc_parts_join(names, count, p), p);
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

/* Of a long path the end counts, with the number of the line. */
static const char *rule_text(const char *where, apr_pool_t *p)
{
    apr_size_t len;

    where = word(where, p);
    len = strlen(where);
    return len <= SHORT ? where : apr_pstrcat(p, "...", where + len - (SHORT - 3), NULL);
}

/* `from` is the client's address, or NULL where there is no request: that of the connection. */
static const char *line_text(const cc_logline_t *line, const char *from, const conn_rec *c,
                             const server_rec *s, apr_pool_t *p)
{
    const char *names = names_fields(line->cert, from ? LONG : BRIEF, p);
    const char *address = from ? from : c->client_ip;
    const char *rule = line->rule ? line->rule : decisive_rule(line->verdict);

    return apr_psprintf(p, "result=%s %s %s rule=%s %s serial=%s sha256=%s client=%s vhost=%s:%d",
                        line->result, user_field(line->verdict, p), groups_field(line->verdict, p),
                        rule_text(rule, p), names, cc_logline_serial(line->cert, p),
                        field_text("sha256", line->cert, "-", p), cut(word(address, p), SHORT, p),
                        cut(word(s->server_hostname, p), SHORT, p), (int)c->local_addr->port);
}

const char *cc_logline_of_request(const cc_logline_t *line, const request_rec *r)
{
    return line_text(line, r->useragent_ip, r->connection, r->server, r->pool);
}

const char *cc_logline_of_connection(const cc_logline_t *line, const conn_rec *c,
                                     const server_rec *s, apr_pool_t *p)
{
    return line_text(line, NULL, c, s, p);
}
