/* Load for benchmarks/chat.py: many receivers and one publisher of one server, over loopback.
 *
 *   fanout PORT PID MODE RECEIVERS IN_FLIGHT RATE SECONDS STALLED
 *
 * MODE says how to log in and to publish: line (a name, then lines), irc, redis. The publisher keeps IN_FLIGHT
 * messages on their way until every receiver has each (closed loop), or sends RATE a second (open loop, when it is
 * not 0). STALLED further connections log in and never read. Every message has one '~', which is what is counted.
 * Prints "joined" once it is quiet; then deliveries, seconds, CPU seconds of PID, median, 99th percentile of a delivery in microseconds.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define BUCKET_US 10
#define BUCKETS 1000000
#define MAX_MESSAGES 4000000
static uint32_t histogram[BUCKETS];
static double *sent_at;
static char buffer[1 << 20];

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static double cpu(const char *pid) {
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%s/stat", pid);
    FILE *file = fopen(path, "r");
    if (!file) return 0;
    size_t size = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[size] = 0;
    char *at = strrchr(text, ')');
    unsigned long user, kernel;
    sscanf(at + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &kernel);
    return (double)(user + kernel) / sysconf(_SC_CLK_TCK);
}

static void all(int fd, const char *data, size_t size) {
    while (size) {
        ssize_t sent = write(fd, data, size);
        if (sent < 0) { perror("write"); exit(1); }
        data += sent;
        size -= sent;
    }
}

static int joined(int port, const char *mode, int number, int receives) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    /* a port is enough for 28,000 connections from one address, a process may have more */
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address)) { perror("connect"); exit(1); }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    char line[200];
    if (!strcmp(mode, "irc"))
        snprintf(line, sizeof line, "NICK member%d\r\nUSER m 0 * :m\r\nJOIN #bench\r\n", number);
    else if (!strcmp(mode, "redis"))
        snprintf(line, sizeof line, receives ? "SUBSCRIBE bench\r\n" : "PING\r\n");
    else
        snprintf(line, sizeof line, "member%d\n", number);
    all(fd, line, strlen(line));
    return fd;
}

/* Read whatever comes until nothing has for a while: joining makes a lot of noise. */
static void settle(int poller, int count, double quiet_s) {
    struct epoll_event events[256];
    double since = now();
    while (now() - since < quiet_s) {
        int ready = epoll_wait(poller, events, 256, 50);
        for (int i = 0; i < ready; i++)
            if (read(events[i].data.u64 & 0xffffffff, buffer, sizeof buffer) > 0) since = now();
    }
    (void)count;
}

int main(int argc, char **argv) {
    if (argc != 9) { fprintf(stderr, "see the head of fanout.c\n"); return 2; }
    const char *pid = argv[2], *mode = argv[3];
    int port = atoi(argv[1]), receivers = atoi(argv[4]), in_flight = atoi(argv[5]), stalled = atoi(argv[8]);
    double rate = atof(argv[6]), seconds = atof(argv[7]);
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    sent_at = calloc(MAX_MESSAGES, sizeof *sent_at);
    uint32_t *count = calloc(receivers + 1, sizeof *count);
    int *fds = calloc(receivers + 1, sizeof *fds), poller = epoll_create1(0);
    for (int i = 0; i <= receivers + stalled; i++) {
        int is_stalled = i > receivers, fd = joined(port, mode, i, i < receivers);
        if (is_stalled) {
            int small = 4096;
            setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
            continue;
        }
        fds[i] = fd;
        fcntl(fd, F_SETFL, O_NONBLOCK);
        struct epoll_event event = {.events = EPOLLIN, .data.u64 = (uint64_t)i << 32 | (uint32_t)fd};
        epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
        if (i % 50 == 49) settle(poller, i, 0.0005);
    }
    settle(poller, receivers, 0.7);
    puts("joined");
    fflush(stdout);
    char message[256], text[80];
    memset(text, 'x', sizeof text);
    snprintf(text, sizeof text, "~%069d", 7);
    int size = !strcmp(mode, "irc")     ? snprintf(message, sizeof message, "PRIVMSG #bench :%s\r\n", text)
               : !strcmp(mode, "redis") ? snprintf(message, sizeof message, "PUBLISH bench %s\r\n", text)
                                        : snprintf(message, sizeof message, "%s\n", text);
    int publisher = fds[receivers];
    fcntl(publisher, F_SETFL, 0);
    uint64_t total = 0, sent = 0;
    double begun = now(), used = cpu(pid), end = begun + seconds;
    struct epoll_event events[1024];
    while (now() < end) {
        uint64_t complete = total / receivers;
        double moment = now();
        while (sent < MAX_MESSAGES && (rate > 0 ? sent < (moment - begun) * rate : sent - complete < (uint64_t)in_flight)) {
            sent_at[sent++] = moment;
            all(publisher, message, size);
        }
        int ready = epoll_wait(poller, events, 1024, rate > 0 ? 1 : 100);
        moment = now();
        for (int i = 0; i < ready; i++) {
            uint32_t member = events[i].data.u64 >> 32;
            ssize_t got = read(events[i].data.u64 & 0xffffffff, buffer, sizeof buffer);
            if (got <= 0) { if (got < 0 && errno == EAGAIN) continue; fprintf(stderr, "member %u is gone\n", member); return 1; }
            if (member == (uint32_t)receivers) continue;
            for (char *at = buffer; (at = memchr(at, '~', buffer + got - at)); at++) {
                double us = (moment - sent_at[count[member]++]) * 1e6;
                histogram[us < (double)BUCKET_US * BUCKETS ? (int)(us / BUCKET_US) : BUCKETS - 1]++;
                total++;
            }
        }
    }
    double elapsed = now() - begun;
    used = cpu(pid) - used;
    uint64_t seen = 0, half = 0, most = 0;
    for (uint64_t i = 0; i < BUCKETS; i++) {
        seen += histogram[i];
        if (!half && seen * 2 >= total) half = i + 1;
        if (!most && seen * 100 >= total * 99) most = i + 1;
    }
    printf("%llu %.4f %.4f %llu %llu\n", (unsigned long long)total, elapsed, used, (unsigned long long)half * BUCKET_US,
           (unsigned long long)most * BUCKET_US);
    return 0;
}
