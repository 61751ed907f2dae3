/* Visits: the spans of one client's requests that lie closer than a pause, as `visits.py` defines them. */
#ifndef VISITS_H
#define VISITS_H

#include "names.h"

#define PAUSE_S 1800

/* Times are counted from a second in 1931, so that they fit into 32 bits until 2068. Others are not taken. */
#define EPOCH_S INT64_C(60935500800)
#define LAST_TIME_S (EPOCH_S + UINT32_MAX - 2 * PAUSE_S)

typedef struct {
    uint32_t first, last;
} Span;

typedef struct {
    uint64_t hits, size;
    Span latest; /* of no request yet while `spans` is 0 */
    Span *older; /* all others, in order */
    uint32_t spans, room;
} Client;

static int keep_older(Client *client, uint32_t count)
{
    return have_room((void **)&client->older, &client->room, count, sizeof *client->older);
}

/* A span that begins before the latest one, or reaches back into older ones. */
static int insert_span(Client *client, Span span)
{
    uint32_t count = client->spans, start = 0, end;
    if (!keep_older(client, count + 1))
        return 0;
    Span *spans = client->older;
    spans[count - 1] = client->latest;
    for (end = count; start < end;) {
        uint32_t middle = start + (end - start) / 2;
        if (spans[middle].last + PAUSE_S <= span.first)
            start = middle + 1;
        else
            end = middle;
    }
    for (end = start; end < count && spans[end].first < span.last + PAUSE_S; end++) {
        if (spans[end].first < span.first)
            span.first = spans[end].first;
        if (spans[end].last > span.last)
            span.last = spans[end].last;
    }
    if (end != start + 1)
        memmove(spans + start + 1, spans + end, (count - end) * sizeof *spans);
    spans[start] = span;
    client->spans = count - (end - start) + 1;
    client->latest = spans[client->spans - 1];
    return 1;
}

/* Counts requests from `first` to `last` with no pause in between; 0 if there is no memory. */
static inline int add_visit(Client *client, uint32_t first, uint32_t last)
{
    Span *latest = &client->latest;
    if (client->spans == 0) {
        *latest = (Span){first, last};
        client->spans = 1;
        return 1;
    }
    if (latest->first <= first && first < latest->last + PAUSE_S) { /* logs are nearly in order */
        if (last > latest->last)
            latest->last = last;
        return 1;
    }
    if (first >= latest->last + PAUSE_S) {
        if (!keep_older(client, client->spans))
            return 0;
        client->older[client->spans - 1] = *latest;
        *latest = (Span){first, last};
        client->spans++;
        return 1;
    }
    return insert_span(client, (Span){first, last});
}

#endif
