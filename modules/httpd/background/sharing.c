/* SPDX-License-Identifier: Apache-2.0 */
/* Lets the parent read changed tables, once for all its children. */
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ap_mpm.h>
#include <http_core.h>
#include <http_log.h>
#include <http_main.h>

#include "httpd/background/descriptor.h"
#include "httpd/background/poll_thread.h"
#include "httpd/background/sharing.h"
#include "httpd/conf/module.h"
#include "tables/table.h"

/*
 * Children ask the parent over an inherited socket, which programs that httpd starts do not
 * inherit. A request carries a descriptor for the answer: an open image, or none. The socket
 * remains when the configuration changes, for children of the previous configuration that end
 * later.
 *
 * The parent forks while this thread runs, and a child must not inherit a lock that the thread held
 * at that moment. So the thread uses only malloc (whose locks fork handles), pools of its own,
 * files and sockets. It uses no log and no pool of httpd, and writes to no memory that a child
 * reads. Of OpenSSL, it uses what reads names (grid-mapfiles, issuer=): object identifiers, which
 * are looked up under a lock for readers, and nothing that adds to them.
 *
 * A compromised child may ask for anything at any time. It gets only data that it has anyway, and
 * cannot keep the thread from its work or its end.
 */

/* With a parent that may be reading a file, in milliseconds. */
#define PATIENCE 50
#define PATIENCE_AT_START 1000

#define AT_ONCE 1000 /* requests that are answered between two polls */

/*
 * The socket pair, which outlives configurations. It contains no addresses of the module, because
 * another version may be loaded later.
 */
typedef struct {
    int parent;   /* the receiving end; -1 in children */
    int children; /* the sending end */
    /* A child that begins polls before its first request. It would serve with older rows than the
     * other children if it did not wait for a busy parent. Once no answer has come, it is patient
     * no longer. Only the thread that asks uses this. */
    int patience;
} channel_t;

typedef struct {
    cc_sharing_t is;
    channel_t *channel;
    cc_poll_thread_t *thread; /* NULL: no thread, and no table is shared */
    cc_tables_t *tables;
    atomic_bool stop;
} sharing_t;

/* ---- the channel ----------------------------------------------------------------------------- */

static const char channel_key[] = "clientcert_tables_channel_2";

static channel_t *channel_find(const server_rec *s)
{
    void *channel = NULL;

    apr_pool_userdata_get(&channel, channel_key, s->process->pool);
    return channel;
}

/* The channel of the process, the same for all configurations; NULL: it could not be created. */
static channel_t *channel_of(const server_rec *s)
{
    apr_pool_t *p = s->process->pool;
    channel_t *channel = channel_find(s);
    int ends[2];

    if (!channel && cc_descriptor_pair(ends, apr_time_from_msec(PATIENCE)) == APR_SUCCESS) {
        channel = apr_palloc(p, sizeof(*channel));
        *channel = (channel_t){.parent = ends[0], .children = ends[1], .patience = PATIENCE};
        apr_pool_userdata_set(channel, channel_key, NULL, p);
    }
    return channel;
}

void cc_sharing_child(const server_rec *s)
{
    channel_t *channel = channel_find(s);

    if (channel && channel->parent >= 0) {
        close(channel->parent); /* only the parent receives requests */
        channel->parent = -1;
        channel->patience = PATIENCE_AT_START;
    }
}

/* ---- asking ---------------------------------------------------------------------------------- */

static apr_status_t answer_wait(int *image, int socket, channel_t *channel)
{
    struct pollfd one = {.fd = socket, .events = POLLIN};
    apr_uint64_t unused;

    if (poll(&one, 1, channel->patience) <= 0) {
        channel->patience = PATIENCE;
        return APR_ENOENT;
    }
    return cc_descriptor_receive(socket, &unused, image) == APR_SUCCESS && *image >= 0 ? APR_SUCCESS
                                                                                       : APR_ENOENT;
}

static apr_status_t ask(int *image, apr_uint64_t key, void *baton)
{
    const sharing_t *sharing = baton;
    apr_status_t status;
    int ends[2];

    if (!sharing->thread) {
        return APR_ENOTIMPL;
    }
    status = cc_descriptor_pair(ends, apr_time_from_msec(PATIENCE));
    if (status != APR_SUCCESS) {
        return status;
    }
    status = cc_descriptor_send(sharing->channel->children, key, ends[1]);
    close(ends[1]);
    if (status == APR_SUCCESS) {
        status = answer_wait(image, ends[0], sharing->channel);
    } else if (APR_STATUS_IS_EAGAIN(status)) {
        status = APR_ENOENT; /* many children ask at once */
    }
    close(ends[0]);
    return status;
}

/* ---- answering ------------------------------------------------------------------------------- */

/* The sender may have passed any kind of descriptor, so closing it must not wait. */
static void answer(int socket, int image)
{
    static const struct linger none = {.l_onoff = 1};

    fcntl(socket, F_SETFL, O_NONBLOCK);
    cc_descriptor_send(socket, 0, image); /* a child that no longer waits asks again */
    setsockopt(socket, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
    close(socket);
}

static void requests_answer(const sharing_t *sharing)
{
    apr_status_t status = APR_SUCCESS;

    for (int i = 0; i < AT_ONCE && status == APR_SUCCESS; i++) {
        apr_uint64_t key = 0;
        int socket = -1;

        status = cc_descriptor_receive(sharing->channel->parent, &key, &socket);
        if (socket >= 0) {
            answer(socket, cc_tables_image(sharing->tables, key));
        }
    }
}

static apr_interval_time_t share(void *baton)
{
    sharing_t *sharing = baton;
    apr_interval_time_t wait;

    requests_answer(sharing); /* they may be for tables already read */
    wait = cc_tables_share(sharing->tables, &sharing->stop);
    requests_answer(sharing);
    return wait;
}

/* ---- start ----------------------------------------------------------------------------------- */

/* True if this process will have children. */
static bool is_parent(void)
{
    return ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_CONFIG &&
           ap_state_query(AP_SQ_RUN_MODE) == AP_SQ_RM_NORMAL &&
           !ap_exists_config_define("ONE_PROCESS") && !ap_exists_config_define("DEBUG");
}

const cc_sharing_t *cc_sharing_make(const server_rec *s, apr_pool_t *pconf)
{
    channel_t *channel = is_parent() ? channel_of(s) : NULL;
    sharing_t *sharing = NULL;

    if (!channel) {
        return NULL;
    }
    sharing = apr_pcalloc(pconf, sizeof(*sharing));
    sharing->is = (cc_sharing_t){.owner = geteuid(), .fetch = ask, .baton = sharing};
    sharing->channel = channel;
    return &sharing->is;
}

void cc_sharing_start(const cc_sharing_t *sharing, cc_tables_t *tables, const server_rec *s,
                      apr_pool_t *pconf)
{
    sharing_t *made = sharing ? sharing->baton : NULL;
    cc_poll_plan_t plan = {.poll = share, .baton = made, .wait = cc_tables_interval(tables)};
    apr_status_t rv;

    if (!made || plan.wait == 0) {
        return;
    }
    made->tables = tables;
    plan.stop = &made->stop;
    plan.requests = made->channel->parent;
    rv = cc_poll_thread_start(&made->thread, &plan, pconf);
    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, rv, s,
                     "CC0286: each process reads changed tables itself, because the parent process "
                     "could not create a thread");
    }
}
