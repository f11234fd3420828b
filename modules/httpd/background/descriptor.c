/* SPDX-License-Identifier: Apache-2.0 */
/* Passes open files between processes over Unix sockets. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include "httpd/background/descriptor.h"

/* A buffer for one descriptor, sent with the message. */
typedef union {
    struct cmsghdr header;
    char octets[CMSG_SPACE(sizeof(int))];
} beside_t;

apr_status_t cc_descriptor_pair(int ends[2], apr_interval_time_t patience)
{
    struct timeval wait = {.tv_sec = (time_t)apr_time_sec(patience),
                           .tv_usec = (suseconds_t)apr_time_usec(patience)};

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        return APR_FROM_OS_ERROR(errno);
    }
    if (fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0 ||
        setsockopt(ends[1], SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) != 0) {
        apr_status_t status = APR_FROM_OS_ERROR(errno);

        close(ends[0]);
        close(ends[1]);
        return status;
    }
    return APR_SUCCESS;
}

apr_status_t cc_descriptor_send(int socket, apr_uint64_t number, int descriptor)
{
    struct iovec octets = {.iov_base = &number, .iov_len = sizeof(number)};
    struct msghdr message = {.msg_iov = &octets, .msg_iovlen = 1};
    beside_t beside;
    ssize_t sent;

    if (descriptor >= 0) {
        memset(&beside, 0, sizeof(beside));
        message.msg_control = beside.octets;
        message.msg_controllen = sizeof(beside.octets);
        beside.header.cmsg_level = SOL_SOCKET;
        beside.header.cmsg_type = SCM_RIGHTS;
        beside.header.cmsg_len = CMSG_LEN(sizeof(descriptor));
        memcpy(CMSG_DATA(&beside.header), &descriptor, sizeof(descriptor));
    }
    do {
        sent = sendmsg(socket, &message, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent < 0 ? APR_FROM_OS_ERROR(errno) : APR_SUCCESS;
}

apr_status_t cc_descriptor_receive(int socket, apr_uint64_t *number, int *descriptor)
{
    struct iovec octets = {.iov_base = number, .iov_len = sizeof(*number)};
    beside_t beside;
    struct msghdr message = {.msg_iov = &octets,
                             .msg_iovlen = 1,
                             .msg_control = beside.octets,
                             .msg_controllen = sizeof(beside.octets)};
    ssize_t received;

    *descriptor = -1;
    *number = 0;
    do {
        received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    } while (received < 0 && errno == EINTR);
    if (received < 0) {
        return APR_FROM_OS_ERROR(errno);
    }
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header;
         header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
            header->cmsg_len == CMSG_LEN(sizeof(*descriptor))) {
            memcpy(descriptor, CMSG_DATA(header), sizeof(*descriptor));
        }
    }
    return received == 0 && *descriptor < 0 ? APR_EOF : APR_SUCCESS;
}
