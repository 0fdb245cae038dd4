// Calls of the Linux C library that Swift cannot import: variadic ones, and structures behind _GNU_SOURCE.
#pragma once
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/socket.h>

/// Orphaned descendants of this process become its children.
static inline int host_become_subreaper(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

/// The kernel kills this process when the thread that started it ends.
static inline int host_die_with_parent(void) { return prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); }

/// The user at the other end of a unix socket, or -1.
static inline int64_t host_peer_user(int socket) {
    struct { int32_t pid; uint32_t uid; uint32_t gid; } peer;
    socklen_t size = sizeof peer;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return -1;
    return (int64_t)peer.uid;
}
