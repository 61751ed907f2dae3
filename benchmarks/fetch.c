/* A sink cheap enough not to be the bottleneck: bytes are dropped in the kernel (recv with MSG_TRUNC).
 *
 * fetch stream PORT CONNECTIONS BYTES < REQUEST     each connection sends REQUEST once and takes BYTES of answer
 *     prints  BYTES SECONDS FIRST MEDIAN LAST       (seconds in which the quickest, middle and slowest was done)
 * fetch requests PORT CONNECTIONS SECONDS < REQUEST the next request when an answer is whole (Content-Length)
 *     prints  REQUESTS SECONDS
 * fetch drain BYTES                                 takes BYTES from standard input, a socket
 *     prints  BYTES SECONDS
 * cc -O2 -o fetch fetch.c */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_HEAD 4096

static struct link { int fd; long left; size_t head_bytes; char head[MAX_HEAD + 1]; double done; } *links;
static char request[8192], buffer[1 << 18];
static size_t request_bytes;
static int port, poller;

static void die(const char *what) { perror(what); exit(1); }

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void ask(struct link *l) {
    l->left = -1;
    l->head_bytes = 0;
    if (send(l->fd, request, request_bytes, MSG_NOSIGNAL) != (ssize_t)request_bytes) die("send");
}

static void open_links(int count) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port)};
    request_bytes = fread(request, 1, sizeof request, stdin);
    links = calloc(count, sizeof *links);
    poller = epoll_create1(0);
    for (int i = 0; i < count; i++) {
        int one = 1, fd = links[i].fd = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(fd, (struct sockaddr *)&to, sizeof to)) die("connect");
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        struct epoll_event e = {.events = EPOLLIN, .data.ptr = &links[i]};
        epoll_ctl(poller, EPOLL_CTL_ADD, fd, &e);
    }
}

static int by_time(const void *a, const void *b) {
    double x = ((const struct link *)a)->done, y = ((const struct link *)b)->done;
    return (x > y) - (x < y);
}

static int stream(int count, long bytes) {
    long total = 0;
    int open = count;
    open_links(count);
    double start = now();
    for (int i = 0; i < count; i++) {
        ask(&links[i]);
        links[i].left = bytes;
    }
    while (open) {
        struct epoll_event events[256];
        int ready = epoll_wait(poller, events, 256, 60000);
        if (ready <= 0) die("epoll_wait");
        for (int i = 0; i < ready; i++) {
            struct link *l = events[i].data.ptr;
            ssize_t got = recv(l->fd, NULL, 1 << 20, MSG_TRUNC | MSG_DONTWAIT);
            if (got < 0 && errno == EAGAIN) continue;
            if (got < 0) die("recv");
            total += got;
            l->left -= got;
            if (got && l->left > 0) continue;
            if (l->left > 0) { fprintf(stderr, "%ld bytes are missing\n", l->left); return 1; }
            l->done = now() - start;
            close(l->fd);
            open--;
        }
    }
    double seconds = now() - start;
    qsort(links, count, sizeof *links, by_time);
    printf("%ld %.6f %.6f %.6f %.6f\n", total, seconds, links[0].done, links[count / 2].done, links[count - 1].done);
    return 0;
}

/* Take what there is; 1 when the answer is whole. */
static int take(struct link *l) {
    if (l->left >= 0) {
        ssize_t got = recv(l->fd, NULL, l->left, MSG_TRUNC | MSG_DONTWAIT);
        if (got < 0 && errno == EAGAIN) return 0;
        if (got <= 0) die("recv");
        return !(l->left -= got);
    }
    ssize_t got = recv(l->fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) return 0;
    if (got <= 0) die("recv");
    size_t keep = MAX_HEAD - l->head_bytes < (size_t)got ? MAX_HEAD - l->head_bytes : (size_t)got;
    memcpy(l->head + l->head_bytes, buffer, keep);
    l->head[l->head_bytes + keep] = 0;
    char *end = strstr(l->head, "\r\n\r\n");
    if (!end) {
        l->head_bytes += keep;
        return 0;
    }
    if (strncmp(l->head, "HTTP/1.1 200", 12)) { fprintf(stderr, "%.60s\n", l->head); exit(1); }
    char *length = strcasestr(l->head, "\r\nContent-Length:");
    l->left = atol(length + 17) - (got - (long)(end + 4 - l->head - l->head_bytes));
    return !l->left;
}

static int requests(int count, double seconds) {
    long done = 0;
    double start = 0, warm = now();
    open_links(count);
    for (int i = 0; i < count; i++) ask(&links[i]);
    for (;;) {
        struct epoll_event events[256];
        int ready = epoll_wait(poller, events, 256, 20000);
        if (ready <= 0) die("epoll_wait");
        for (int i = 0; i < ready; i++) {
            struct link *l = events[i].data.ptr;
            if (take(l)) {
                done++;
                ask(l);
            }
        }
        double t = now();
        if (!start && t - warm > 0.15) {
            start = t;
            done = 0;
        } else if (start && t - start >= seconds) {
            printf("%ld %.6f\n", done, t - start);
            return 0;
        }
    }
}

static int drain(long bytes) {
    long total = 0;
    double start = now();
    while (total < bytes) {
        ssize_t got = recv(0, NULL, 1 << 20, MSG_TRUNC);
        if (got < 0) die("recv");
        if (!got) break;
        total += got;
    }
    printf("%ld %.6f\n", total, now() - start);
    return total < bytes;
}

int main(int argc, char **argv) {
    if (argc == 3 && !strcmp(argv[1], "drain")) return drain(atol(argv[2]));
    if (argc != 5) return 2;
    port = atoi(argv[2]);
    if (!strcmp(argv[1], "stream")) return stream(atoi(argv[3]), atol(argv[4]));
    if (!strcmp(argv[1], "requests")) return requests(atoi(argv[3]), atof(argv[4]));
    return 2;
}
