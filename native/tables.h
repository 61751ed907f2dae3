/* All that is counted of the lines that were proven, and how a block of them is counted. */
#ifndef TABLES_H
#define TABLES_H

#include "lines.h"
#include "tally.h"
#include "visits.h"

enum { VISITORS, REQUESTS, REFERRERS, USERS, HOSTS, TALLIES };
#ifdef __GLIBC__
#include <malloc.h>
#endif

#define STATUSES 1000
#define OPEN_HOURS 8
#define ROWS 64 /* proven together, so that memory is asked for long before it is needed */
/* Of one table: far below what 64 bits hold, so that many tables can be added up. */
#define MAX_TOTAL_BYTES (INT64_C(1) << 53)
#define MAX_PUT_BYTES (INT64_C(1) << 53)
#define MAX_PUT_HITS (INT64_C(1) << 36)

typedef struct {
    int64_t number;
    Tally tallies[TALLIES];
} Hour;

typedef struct {
    uint64_t lines, common, combined, hosted;
    int64_t bytes;
    int64_t first_s, last_s; /* valid if there is a line */
    int32_t first_offset_s, last_offset_s;
} Counts;

typedef struct {
    int detailed, quoted, hosts;
    uint64_t seed;
    Counts counts;
    int64_t put_bytes; /* of all kinds together */
    Names names[FIELDS];
    Client *clients; /* by the number of their name */
    uint32_t client_room;
    uint64_t statuses[STATUSES];
    uint32_t status_ids[STATUSES]; /* of their names; detailed only */
    uint32_t nothing[FIELDS];      /* the number of `-` */
    Hour **hours;
    uint32_t hour_count, hour_room;
    Hour *open[OPEN_HOURS]; /* whose slots are kept, the one in use first */
    Minute minute;
} Tables;

typedef struct {
    uint64_t line; /* of the block, from 0 */
    size_t start, end;
} Odd;

typedef struct {
    Odd *items;
    uint32_t count, room;
} Odds;

static uint32_t name_id(Tables *tables, int kind, const uint8_t *at, uint32_t length)
{
    return number_of(&tables->names[kind], at, length, hash_of(at, length, tables->seed));
}

static int start_tables(Tables *tables)
{
    read_minute((const uint8_t *)"01/Jan/2000:00:00:00 +0000", &tables->minute);
    memset(tables->status_ids, 0xFF, sizeof tables->status_ids);
    for (int kind = 0; kind < FIELDS; kind++) /* every Names has slots from now on */
        if ((tables->nothing[kind] = name_id(tables, kind, (const uint8_t *)"-", 1)) == NO_ID)
            return 0;
    return 1;
}

static void free_tables(Tables *tables)
{
    for (uint32_t i = 0; i < tables->hour_count; i++) {
        for (int kind = 0; kind < TALLIES; kind++)
            free_tally(&tables->hours[i]->tallies[kind]);
        free(tables->hours[i]);
    }
    free(tables->hours);
    for (uint32_t i = 0; i < tables->client_room; i++)
        free(tables->clients[i].older);
    free(tables->clients);
    for (int kind = 0; kind < FIELDS; kind++)
        free_names(&tables->names[kind]);
}

/* Hours lie in order. The place of one, or where it would be. */
static uint32_t hour_place(const Tables *tables, int64_t number)
{
    uint32_t start = 0, end = tables->hour_count;
    while (start < end) {
        uint32_t middle = start + (end - start) / 2;
        if (tables->hours[middle]->number < number)
            start = middle + 1;
        else
            end = middle;
    }
    return start;
}

static Hour *new_hour(Tables *tables, int64_t number, uint32_t place)
{
    if (!have_room((void **)&tables->hours, &tables->hour_room, tables->hour_count + 1, sizeof *tables->hours))
        return NULL;
    Hour *hour = calloc(1, sizeof *hour);
    if (hour == NULL)
        return NULL;
    hour->number = number;
    memmove(tables->hours + place + 1, tables->hours + place, (tables->hour_count - place) * sizeof hour);
    tables->hours[place] = hour;
    tables->hour_count++;
    return hour;
}

/* The hour of a number, made if need be and put first of those that are open; NULL if there is no memory. */
static Hour *open_hour(Tables *tables, int64_t number)
{
    Hour *hour = NULL;
    int i;
    for (i = 0; i < OPEN_HOURS && tables->open[i]; i++) {
        if (tables->open[i]->number == number) {
            hour = tables->open[i];
            break;
        }
    }
    if (hour == NULL) {
        uint32_t place = hour_place(tables, number);
        int there = place < tables->hour_count && tables->hours[place]->number == number;
        hour = there ? tables->hours[place] : new_hour(tables, number, place);
        if (hour == NULL)
            return NULL;
        if (i == OPEN_HOURS) {
            i--;
            for (int kind = 0; kind < TALLIES; kind++)
                give_up_slots(&tables->open[i]->tallies[kind]);
        }
    }
    memmove(tables->open + 1, tables->open, i * sizeof hour);
    return tables->open[0] = hour;
}

static Client *client_of(Tables *tables, uint32_t id)
{
    if (id >= tables->client_room) {
        uint32_t before = tables->client_room;
        if (!have_room((void **)&tables->clients, &tables->client_room, id + 1, sizeof *tables->clients))
            return NULL;
        memset(tables->clients + before, 0, (tables->client_room - before) * sizeof *tables->clients);
    }
    return &tables->clients[id];
}

static void widen(Counts *counts, int empty, int64_t seconds, int32_t offset_s)
{
    if (empty || seconds < counts->first_s || (seconds == counts->first_s && offset_s < counts->first_offset_s)) {
        counts->first_s = seconds;
        counts->first_offset_s = offset_s;
    }
    if (empty || seconds > counts->last_s || (seconds == counts->last_s && offset_s > counts->last_offset_s)) {
        counts->last_s = seconds;
        counts->last_offset_s = offset_s;
    }
}

static inline void count_figures(Tables *tables, const Row *row)
{
    Counts *counts = &tables->counts;
    widen(counts, counts->lines == 0, row->seconds, row->offset_s);
    counts->lines++;
    counts->bytes += row->size;
    if (row->fields[HOST].at)
        counts->hosted++;
    else if (row->combined)
        counts->combined++;
    else
        counts->common++;
    tables->statuses[row->status]++;
}

/* The numbers of the fields of a row; the hash of each is known. */
static inline int identify(Tables *tables, const Row *row, uint32_t *ids)
{
    for (int kind = 0; kind < FIELDS; kind++) {
        const Field *field = &row->fields[kind];
        if (kind == STATUS) {
            uint32_t *known = &tables->status_ids[row->status];
            ids[kind] = *known != NO_ID ? *known : (*known = name_id(tables, kind, field->at, 3));
        } else if (field->at == NULL || (field->length == 0 && kind != REQUEST)) {
            ids[kind] = tables->nothing[kind];
            continue;
        } else {
            ids[kind] = number_of(&tables->names[kind], field->at, field->length, field->hash);
        }
        if (ids[kind] == NO_ID)
            return 0;
    }
    return client_of(tables, ids[CLIENT]) != NULL;
}

static inline int count_row(Tables *tables, const Row *row, const uint32_t *ids)
{
    int64_t number = (row->seconds + row->offset_s) / 3600;
    Hour *hour = tables->open[0];
    if ((hour == NULL || hour->number != number) && (hour = open_hour(tables, number)) == NULL)
        return 0;
    uint64_t size = (uint64_t)row->size;
    uint32_t second = (uint32_t)(row->seconds - EPOCH_S);
    Tally *tallies = hour->tallies;
    return add_to(&tallies[VISITORS], ids[CLIENT], ids[AGENT], 1, size) &&
           add_to(&tallies[REQUESTS], ids[REQUEST], ids[STATUS], 1, size) &&
           add_to(&tallies[REFERRERS], ids[REFERRER], 0, 1, size) &&
           (row->fields[USER].at == NULL || add_to(&tallies[USERS], ids[USER], 0, 1, size)) &&
           (row->fields[HOST].at == NULL || add_to(&tallies[HOSTS], ids[HOST], 0, 1, size)) &&
           add_visit(&tables->clients[ids[CLIENT]], second, second);
}

static int count_detailed(Tables *tables, Row *rows, int count)
{
    uint32_t ids[ROWS][FIELDS];

    for (int i = 0; i < count; i++) {
        for (int kind = 0; kind < FIELDS; kind++) {
            Field *field = &rows[i].fields[kind];
            if (kind == STATUS || field->at == NULL)
                continue;
            field->hash = hash_of(field->at, field->length, tables->seed);
            __builtin_prefetch(&tables->names[kind].slots[field->hash & tables->names[kind].mask]);
        }
    }
    for (int i = 0; i < count; i++) {
        if (!identify(tables, &rows[i], ids[i]))
            return 0;
        __builtin_prefetch(&tables->clients[ids[i][CLIENT]], 1);
    }
    for (int i = 0; i < count; i++) {
        Client *client = &tables->clients[ids[i][CLIENT]];
        client->hits++;
        client->size += (uint64_t)rows[i].size;
        count_figures(tables, &rows[i]);
        if (!count_row(tables, &rows[i], ids[i]))
            return 0;
    }
    return 1;
}

static int count_plain(Tables *tables, Row *rows, int count)
{
    Names *clients = &tables->names[CLIENT];
    for (int i = 0; i < count; i++) {
        Field *field = &rows[i].fields[CLIENT];
        field->hash = hash_of(field->at, field->length, tables->seed);
        __builtin_prefetch(&clients->slots[field->hash & clients->mask]);
    }
    for (int i = 0; i < count; i++) {
        const Field *field = &rows[i].fields[CLIENT];
        uint32_t id = number_of(clients, field->at, field->length, field->hash);
        Client *client = id == NO_ID ? NULL : client_of(tables, id);
        if (client == NULL)
            return 0;
        client->hits++;
        client->size += (uint64_t)rows[i].size;
        count_figures(tables, &rows[i]);
    }
    return 1;
}

static int count_rows(Tables *tables, Row *rows, int count)
{
    return tables->detailed ? count_detailed(tables, rows, count) : count_plain(tables, rows, count);
}

static int keep_odd(Odds *odds, uint64_t line, size_t start, size_t end)
{
    if (!have_room((void **)&odds->items, &odds->room, odds->count + 1, sizeof *odds->items))
        return 0;
    odds->items[odds->count++] = (Odd){line, start, end};
    return 1;
}

static inline int is_countable(int64_t seconds)
{
    return seconds >= EPOCH_S && seconds <= LAST_TIME_S;
}

/* Counts the lines from `start` to `stop`, which stands behind a newline, and keeps apart those that are not
 * proven. Their number, or -1 if there is no memory. */
static int64_t scan_block(Tables *tables, const uint8_t *block, size_t start, size_t stop, Odds *odds)
{
    const uint8_t *at = block + start, *end = block + stop;
    Row rows[ROWS];
    int count = 0;
    uint64_t line = 0;
    int64_t room = MAX_TOTAL_BYTES - tables->counts.bytes;

    for (; at < end; line++) {
        Row *row = &rows[count];
        const uint8_t *behind = take_line(at, tables->hosts, tables->quoted, &tables->minute, row);
        const uint8_t *newline = behind ? behind : at;
        if (*newline != '\n')
            newline = memchr(newline, '\n', (size_t)(end - newline));
        if (behind && newline - at <= MAX_LINE_BYTES && row->size <= room && is_countable(row->seconds)) {
            room -= row->size;
            if (++count == ROWS) {
                if (!count_rows(tables, rows, count))
                    return -1;
                count = 0;
            }
        } else if (!keep_odd(odds, line, (size_t)(at - block), (size_t)(newline - block))) {
            return -1;
        }
        at = newline + 1;
    }
    return count_rows(tables, rows, count) ? (int64_t)line : -1;
}

/* Counts what another table has counted; 0 if there is no memory. What is `used_up` is given back on the way. */
static int merge_tables(Tables *tables, Tables *other, int used_up)
{
    uint32_t *ids[FIELDS] = {NULL};
    int done = 0;

    for (int kind = 0; kind < FIELDS; kind++) {
        const Names *names = &other->names[kind];
        ids[kind] = malloc((names->count + 1) * sizeof **ids);
        if (ids[kind] == NULL)
            goto end;
        for (uint32_t i = 0; i < names->count; i++)
            if ((ids[kind][i] = name_id(tables, kind, names->items[i].at, names->items[i].length)) == NO_ID)
                goto end;
    }
    for (uint32_t i = 0; i < other->names[CLIENT].count && i < other->client_room; i++) {
        Client *theirs = &other->clients[i];
        Client *ours = client_of(tables, ids[CLIENT][i]);
        if (ours == NULL)
            goto end;
        ours->hits += theirs->hits;
        ours->size += theirs->size;
        for (uint32_t j = 0; j < theirs->spans; j++) {
            Span span = j + 1 == theirs->spans ? theirs->latest : theirs->older[j];
            if (!add_visit(ours, span.first, span.last))
                goto end;
        }
        if (used_up) {
            free(theirs->older);
            *theirs = (Client){0};
        }
    }
    static const int firsts[TALLIES] = {CLIENT, REQUEST, REFERRER, USER, HOST};
    static const int seconds[TALLIES] = {AGENT, STATUS, FIELDS, FIELDS, FIELDS};
    for (uint32_t i = 0; i < other->hour_count; i++) {
        Hour *hour = open_hour(tables, other->hours[i]->number);
        if (hour == NULL)
            goto end;
        for (int kind = 0; kind < TALLIES; kind++) {
            Tally *theirs = &other->hours[i]->tallies[kind];
            for (uint32_t j = 0; j < theirs->count; j++) {
                Cell cell = theirs->cells[j];
                uint32_t b = seconds[kind] == FIELDS ? 0 : ids[seconds[kind]][cell.b];
                if (!add_to(&hour->tallies[kind], ids[firsts[kind]][cell.a], b, cell.hits, cell.size))
                    goto end;
            }
            if (used_up) {
                free_tally(theirs);
                *theirs = (Tally){0};
            }
        }
    }
    const Counts *theirs = &other->counts;
    Counts *ours = &tables->counts;
    if (theirs->lines) {
        widen(ours, ours->lines == 0, theirs->first_s, theirs->first_offset_s);
        widen(ours, 0, theirs->last_s, theirs->last_offset_s);
    }
    ours->lines += theirs->lines;
    ours->common += theirs->common;
    ours->combined += theirs->combined;
    ours->hosted += theirs->hosted;
    ours->bytes += theirs->bytes;
    for (int status = 0; status < STATUSES; status++)
        tables->statuses[status] += other->statuses[status];
    done = 1;
#ifdef __GLIBC__
    if (used_up) /* it was filled by another thread, from whose heap this one is given nothing */
        malloc_trim(0);
#endif
end:
    for (int kind = 0; kind < FIELDS; kind++)
        free(ids[kind]);
    return done;
}

#endif
