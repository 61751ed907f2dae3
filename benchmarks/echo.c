/* The limit: an echo server that is one epoll loop, one recv and one send for each event. Prints its port.
 * cc -O2 -o echo echo.c */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER (64 * 1024) /* what Twisted reads at most at a time */
#define MOST_FDS 65536

/* What the kernel did not take. Allocated only then, so that an idle connection costs nothing here. */
static struct pending { char *data; size_t length; } pending[MOST_FDS];
static int poller;

static void watch(int operation, int fd, unsigned events) {
    struct epoll_event event = {.events = events, .data.fd = fd};
    if (epoll_ctl(poller, operation, fd, &event) < 0) { perror("epoll_ctl"); exit(1); }
}

static void drop(int fd) {
    free(pending[fd].data);
    pending[fd].data = NULL;
    close(fd);
}

static void readable(int fd) {
    static char buffer[BUFFER];
    ssize_t got = recv(fd, buffer, sizeof buffer, 0);
    if (got <= 0) { if (got == 0 || errno != EAGAIN) drop(fd); return; }
    ssize_t sent = send(fd, buffer, got, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) { drop(fd); return; }
    if (sent < 0) sent = 0;
    if (sent < got) { /* and reads no more until that is out */
        pending[fd].length = got - sent;
        pending[fd].data = malloc(got - sent);
        memcpy(pending[fd].data, buffer + sent, got - sent);
        watch(EPOLL_CTL_MOD, fd, EPOLLOUT);
    }
}

static void writable(int fd) {
    struct pending *p = &pending[fd];
    ssize_t sent = send(fd, p->data, p->length, MSG_NOSIGNAL);
    if (sent < 0) { if (errno != EAGAIN) drop(fd); return; }
    p->length -= sent;
    memmove(p->data, p->data + sent, p->length);
    if (p->length == 0) {
        free(p->data);
        p->data = NULL;
        watch(EPOLL_CTL_MOD, fd, EPOLLIN);
    }
}

int main(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 4096) ||
        getsockname(listener, (struct sockaddr *)&address, &size)) { perror("listen"); return 1; }
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    poller = epoll_create1(0);
    watch(EPOLL_CTL_ADD, listener, EPOLLIN);
    for (;;) {
        struct epoll_event events[1024];
        int count = epoll_wait(poller, events, 1024, -1);
        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd;
            if (fd != listener) {
                if (pending[fd].data) writable(fd); else readable(fd);
                continue;
            }
            int accepted = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
            if (accepted >= MOST_FDS) close(accepted);
            else if (accepted >= 0) watch(EPOLL_CTL_ADD, accepted, EPOLLIN);
        }
    }
}
