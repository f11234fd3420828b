/* SPDX-License-Identifier: Apache-2.0 */
/* Looks up the configuration of a unit test: its hosts, directives, sections and Requires. */
#include <apr_strings.h>

#include "fakehttpd.h"
#include "httpd/conf/dir.h"
#include "httpd/conf/module.h"
#include "suite.h"

/* ---- lookups --------------------------------------------------------------------------------- */

server_rec *fake_host(const char *name)
{
    server_rec *s = fake.main->next;

    while (s && (!s->server_hostname || strcmp(s->server_hostname, name) != 0)) {
        s = s->next;
    }
    ck_assert_ptr_nonnull(s);
    return s;
}

static const ap_directive_t *directive_below(const ap_directive_t *directive, const char *name)
{
    const ap_directive_t *found = NULL;

    for (; directive && !found; directive = directive->next) {
        found = strcasecmp(directive->directive, name)
                    ? directive_below(directive->first_child, name)
                    : directive;
    }
    return found;
}

const ap_directive_t *fake_directive(const char *name)
{
    return directive_below(ap_conftree, name);
}

/* ---- what is in effect for a request --------------------------------------------------------- */

/* As httpd does in each of its walks: the main server's sections precede the host's. */
static void section_merge(request_rec *r, const fake_section_t *section)
{
    ap_conf_vector_t *config = fake_vector(r->pool);
    void *base = ap_get_module_config(r->per_dir_config, &clientcert_module);
    void *add = ap_get_module_config(section->config, &clientcert_module);

    ap_set_core_module_config(config, ap_get_core_module_config(r->per_dir_config));
    ap_set_module_config(config, &clientcert_module, cc_dir_merge(r->pool, base, add));
    r->per_dir_config = config;
}

static void sections_merge(request_rec *r, const server_rec *s, const char *kind, const char *path)
{
    for (int i = 0; i < fake.sections->nelts; i++) {
        const fake_section_t *section = &APR_ARRAY_IDX(fake.sections, i, fake_section_t);

        if (section->server == s && !strcasecmp(section->kind, kind) &&
            !strncmp(path, section->path, strlen(section->path))) {
            section_merge(r, section);
        }
    }
}

void fake_sections_merge(request_rec *r, const char *kind, const char *path)
{
    sections_merge(r, fake.main, kind, path);
    if (r->server != fake.main) {
        sections_merge(r, r->server, kind, path);
    }
}

int fake_require(request_rec *r, int line)
{
    for (int i = 0; i < fake.requires->nelts; i++) {
        const fake_require_t *require = &APR_ARRAY_IDX(fake.requires, i, fake_require_t);

        if (require->line == line) {
            return (int)require->provider->check_authorization(r, require->args, require->parsed);
        }
    }
    ck_abort_msg("no Require of ours stands in line %d", line);
}
