/* The load: sends a message on each connection, and the next one when all of it has come back.
 * load PORT PID CONNECTIONS BYTES SECONDS  prints  ROUND_TRIPS SECONDS CPU_SECONDS
 * where CPU_SECONDS is what process PID has used meanwhile, by its own clock. cc -O2 -o load load.c */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define WARM_UP 0.15 /* seconds, not counted */

static struct link { int fd, armed; size_t out, in; } *links;
static size_t bytes;
static char *message, *buffer;
static int poller;

static double now(clockid_t clock) {
    struct timespec t;
    if (clock_gettime(clock, &t)) { perror("clock_gettime"); exit(1); }
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void die(const char *what) { perror(what); exit(1); }

static void push(struct link *l) {
    while (l->out < bytes) {
        ssize_t sent = send(l->fd, message + l->out, bytes - l->out, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EAGAIN) break;
        if (sent < 0) die("send");
        l->out += sent;
    }
    int want = l->out < bytes;
    if (want != l->armed) {
        struct epoll_event e = {.events = EPOLLIN | (want ? EPOLLOUT : 0), .data.ptr = l};
        epoll_ctl(poller, EPOLL_CTL_MOD, l->fd, &e);
        l->armed = want;
    }
}

int main(int argc, char **argv) {
    if (argc != 6) return 2;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                             .sin_port = htons(atoi(argv[1]))};
    clockid_t server = (~(clockid_t)atoi(argv[2]) << 3) | 2; /* what clock_getcpuclockid(3) gives */
    int connections = atoi(argv[3]);
    bytes = atol(argv[4]);
    double seconds = atof(argv[5]);
    links = calloc(connections, sizeof *links);
    message = calloc(1, bytes);
    buffer = malloc(1 << 18);
    poller = epoll_create1(0);
    for (int i = 0; i < connections; i++) {
        int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(fd, (struct sockaddr *)&to, sizeof to)) die("connect");
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        links[i].fd = fd;
        struct epoll_event e = {.events = EPOLLIN, .data.ptr = &links[i]};
        epoll_ctl(poller, EPOLL_CTL_ADD, fd, &e);
    }
    for (int i = 0; i < connections; i++) push(&links[i]);
    long trips = 0;
    double start = now(CLOCK_MONOTONIC), began = 0, used = 0;
    for (;;) {
        struct epoll_event events[1024];
        int count = epoll_wait(poller, events, 1024, 1000);
        for (int i = 0; i < count; i++) {
            struct link *l = events[i].data.ptr;
            if (events[i].events & EPOLLOUT) push(l);
            if (!(events[i].events & EPOLLIN)) continue;
            ssize_t got = recv(l->fd, buffer, 1 << 18, MSG_DONTWAIT);
            if (got < 0 && errno == EAGAIN) continue;
            if (got <= 0) die("recv");
            l->in += got;
            if (l->in < bytes) continue;
            trips++;
            l->in = l->out = 0;
            push(l);
        }
        double t = now(CLOCK_MONOTONIC);
        if (!began) {
            if (t - start < WARM_UP) continue;
            began = t;
            used = now(server);
            trips = 0;
        } else if (t - began >= seconds) {
            printf("%ld %.6f %.6f\n", trips, t - began, now(server) - used);
            return 0;
        }
    }
}
