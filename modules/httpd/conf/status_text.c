/* SPDX-License-Identifier: Apache-2.0 */
/* Parses ClientCertStatusText, and refuses links that a page must not have. */
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "base/error.h"
#include "base/text.h"
#include "httpd/conf/dir.h"
#include "httpd/conf/directive.h"
#include "httpd/conf/status_text.h"

#define TEXT_MOST 1000
#define URL_MOST 2000

/* NULL, or why a text cannot be shown. */
static const char *text_fault(const char *text)
{
    if (!*text) {
        return "it is empty";
    }
    return strlen(text) > TEXT_MOST ? "it is longer than 1000 bytes"
                                    : cc_text_unusable(text, strlen(text));
}

/* True if all of it are characters that RFC 3986 2 allows in a URL. */
static bool is_written_as_url(const char *url)
{
    for (; *url; url++) {
        if (!apr_isalnum(*url) && !strchr("-._~:/?#[]@!$&'()*+,;=%", *url)) {
            return false;
        }
    }
    return true;
}

/* A link to a page or a mailbox. Other schemes, such as javascript:, could run code in the page. */
static bool may_link(const char *url)
{
    static const char *const schemes[] = {"https://", "http://", "mailto:"};

    if (strlen(url) > URL_MOST || !is_written_as_url(url)) {
        return false;
    }
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        size_t len = strlen(schemes[i]);

        if (!strncasecmp(url, schemes[i], len)) {
            return url[len] != '\0';
        }
    }
    return url[0] == '/' && url[1] != '/'; /* "//" is followed by a host */
}

static const char *error(const cmd_parms *cmd, const char *tag, const char *word, const char *why)
{
    cc_error_t err = {0};

    return cc_directive_result(cmd, cc_error_set(&err, cmd->pool, tag, word, "%s", why), &err);
}

const char *cc_status_text_directive(cmd_parms *cmd, void *record, const char *text,
                                     const char *url, const char *link)
{
    cc_dir_t *dir = record;
    cc_status_text_t *made = apr_pcalloc(cmd->pool, sizeof(*made));
    bool is_none = !url && !strcasecmp(text, "None");
    const char *fault = text_fault(text), *wrong = text;

    if (!fault && link) {
        fault = text_fault(link);
        wrong = link;
    }
    if (fault) {
        return error(cmd, "CC0194", wrong, fault);
    }
    if (url && !may_link(url)) {
        return error(cmd, "CC0193", url,
                     "write a URL that begins with https://, http:// or mailto:, or a path of this "
                     "server that begins with /; spaces and characters beyond ASCII are written "
                     "as %HH");
    }
    *made = (cc_status_text_t){is_none ? NULL : text, url, link};
    dir->status_text = made;
    return NULL;
}
