/* SPDX-License-Identifier: Apache-2.0 */
/* Notes what the configuration uses of verified paths, so that sessions record no more than that.
 */
#include "httpd/conf/configuration.h"
#include "httpd/conf/path_need.h"
#include "httpd/conf/vhost_conf.h"

void cc_path_need_note(const server_rec *s, apr_pool_t *p, cc_path_need_t need)
{
    cc_configuration_t *configuration;

    if (need == CC_PATH_UNUSED || p != s->process->pconf) {
        return;
    }
    configuration = cc_configuration_find(s);
    if (need > configuration->path_need) {
        configuration->path_need = need;
    }
}

cc_path_need_t cc_path_need_of(const server_rec *s)
{
    return cc_configuration_of(s)->path_need;
}
