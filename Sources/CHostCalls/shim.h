// Calls of the Linux C library that Swift cannot import: variadic ones, macros, and structures behind _GNU_SOURCE.
#pragma once
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/// Orphaned descendants of this process become its children.
static inline int host_become_subreaper(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

/// The kernel kills this process when the thread that started it ends.
static inline int host_die_with_parent(void) { return prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); }

/// The user at the other end of a unix socket, or -1.
static inline int64_t host_peer_user(int socket) {
    struct { int32_t pid; uint32_t uid; uint32_t gid; } peer;
    socklen_t size = sizeof peer;
    if (getsockopt(socket, SOL_SOCKET, 17 /* SO_PEERCRED */, &peer, &size) != 0) return -1;
    return (int64_t)peer.uid;
}

/// Waits until a child has ended and says which, leaving it to be reaped; -1 when there are no children.
static inline pid_t host_next_ended(void) {
    siginfo_t info;
    for (;;) {
        info.si_pid = 0;
        if (waitid(P_ALL, 0, &info, WEXITED | WNOWAIT) == 0) return info.si_pid;
        if (errno != EINTR) return -1;
    }
}

/// A pair of descriptors of one pipe that programs started from here do not inherit; -1 when there are none left.
static inline int host_pipe(int *reading, int *writing) {
    int ends[2];
    if (pipe(ends) != 0) return -1;
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    *reading = ends[0];
    *writing = ends[1];
    return 0;
}

/// `open` beneath a directory, close-on-exec; never through a symbolic link at the end.
static inline int host_open_beneath(int directory, const char *name, int flags, unsigned mode) {
    return openat(directory, name, flags | O_NOFOLLOW | O_CLOEXEC, mode);
}

/// What `ps` shows for this process; the file it was started from may be called anything.
static inline void host_set_name(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }
