/* What is asked of tables once the lines are counted: sums over hours. */
#ifndef REPORT_H
#define REPORT_H

#include "tables.h"

enum { BY_BOTH, BY_FIRST, BY_SECOND };

typedef struct {
    uint32_t a, b;
    uint64_t hits, size;
} Sum;

typedef struct {
    Sum *items;
    uint32_t count, room;
    uint32_t *slots; /* number + 1; 0 is free */
    uint32_t mask;
} Sums;

static int grow_sums(Sums *sums)
{
    uint32_t size = sums->slots ? (sums->mask + 1) * 2 : 256;
    uint32_t *slots = size ? calloc(size, sizeof *slots) : NULL;
    if (slots == NULL)
        return 0;
    free(sums->slots);
    sums->slots = slots;
    sums->mask = size - 1;
    for (uint32_t i = 0; i < sums->count; i++) {
        uint32_t slot = pair_hash(sums->items[i].a, sums->items[i].b) & sums->mask;
        while (slots[slot])
            slot = (slot + 1) & sums->mask;
        slots[slot] = i + 1;
    }
    return 1;
}

/* Adds to the sum of a pair; 0 if there is no memory. */
static int add_sum(Sums *sums, uint32_t a, uint32_t b, uint64_t hits, uint64_t size)
{
    if (sums->count >= sums->mask / 2 && !grow_sums(sums))
        return 0;
    uint32_t slot = pair_hash(a, b) & sums->mask;
    for (uint32_t found; (found = sums->slots[slot]); slot = (slot + 1) & sums->mask) {
        Sum *sum = &sums->items[found - 1];
        if (sum->a == a && sum->b == b) {
            sum->hits += hits;
            sum->size += size;
            return 1;
        }
    }
    if (!have_room((void **)&sums->items, &sums->room, sums->count + 1, sizeof *sums->items))
        return 0;
    sums->items[sums->count++] = (Sum){a, b, hits, size};
    sums->slots[slot] = sums->count;
    return 1;
}

static void free_sums(Sums *sums)
{
    free(sums->items);
    free(sums->slots);
}

typedef struct {
    const int64_t *numbers; /* in order */
    size_t count;
} Wanted;

static const Hour *hour_of(const Tables *tables, int64_t number)
{
    uint32_t place = hour_place(tables, number);
    return place < tables->hour_count && tables->hours[place]->number == number ? tables->hours[place] : NULL;
}

/* The sum of one tally over some hours; of pairs with one second number only, unless that is `NO_ID`. 0 if there
 * is no memory. */
static int sum_hours(const Tables *tables, int kind, int by, uint32_t second, Wanted hours, Sums *sums)
{
    for (size_t i = 0; i < hours.count; i++) {
        const Hour *hour = hour_of(tables, hours.numbers[i]);
        if (hour == NULL)
            continue;
        const Tally *tally = &hour->tallies[kind];
        for (uint32_t j = 0; j < tally->count; j++) {
            const Cell *cell = &tally->cells[j];
            if (second != NO_ID && cell->b != second)
                continue;
            uint32_t a = by == BY_SECOND ? cell->b : cell->a, b = by == BY_BOTH ? cell->b : 0;
            if (!add_sum(sums, a, b, cell->hits, cell->size))
                return 0;
        }
    }
    return 1;
}

/* Distinct pairs of each day, added up over the days; -1 if there is no memory. */
static int64_t daily_pairs(const Tables *tables, int kind, Wanted hours)
{
    int64_t total = 0;
    for (size_t start = 0, end; start < hours.count; start = end) {
        Sums day = {0};
        for (end = start + 1; end < hours.count && hours.numbers[end] / 24 == hours.numbers[start] / 24; end++)
            ;
        int done = sum_hours(tables, kind, BY_BOTH, NO_ID, (Wanted){hours.numbers + start, end - start}, &day);
        total += day.count;
        free_sums(&day);
        if (!done)
            return -1;
    }
    return total;
}

/* How many first numbers are in a pair whose second number is marked; -1 if there is no memory. */
static int64_t count_marked(const Tables *tables, int kind, const uint8_t *marks, size_t marked, Wanted hours)
{
    uint32_t known = tables->names[CLIENT].count;
    uint8_t *seen = calloc(known + 1, 1);
    int64_t total = 0;
    if (seen == NULL)
        return -1;
    for (size_t i = 0; i < hours.count; i++) {
        const Hour *hour = hour_of(tables, hours.numbers[i]);
        for (uint32_t j = 0; hour && j < hour->tallies[kind].count; j++) {
            const Cell *cell = &hour->tallies[kind].cells[j];
            if (cell->a < known && cell->b < marked && marks[cell->b] && !seen[cell->a]) {
                seen[cell->a] = 1;
                total++;
            }
        }
    }
    free(seen);
    return total;
}

/* How many visits began in which hour, on a wall `offset_s` east of UTC; 0 if there is no memory. */
static int count_starts(const Tables *tables, int64_t offset_s, Sums *sums, int64_t *base)
{
    uint32_t clients = tables->names[CLIENT].count;
    if (clients > tables->client_room)
        clients = tables->client_room;
    *base = tables->hour_count ? tables->hours[0]->number - 48 : 0;
    for (uint32_t id = 0; id < clients; id++) {
        const Client *client = &tables->clients[id];
        for (uint32_t i = 0; i < client->spans; i++) {
            int64_t first = EPOCH_S + (i + 1 == client->spans ? client->latest.first : client->older[i].first);
            if (!add_sum(sums, (uint32_t)((first + offset_s) / 3600 - *base), 0, 1, 0))
                return 0;
        }
    }
    return 1;
}

#endif
