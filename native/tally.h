/* Hits and bytes of pairs of numbers.
 *
 * The cells lie side by side in the order in which they came; the slots that find them can be given up, and
 * are made again when they are next needed: of a long log few hours are being counted at a time.
 */
#ifndef TALLY_H
#define TALLY_H

#include "names.h"

typedef struct {
    uint32_t a, b;
    uint64_t hits, size;
} Cell;

typedef struct {
    Cell *cells;
    uint32_t count, room;
    uint32_t *slots; /* number + 1; 0 is free; NULL: given up */
    uint32_t mask;
} Tally;

static inline uint32_t slot_of(const Tally *tally, uint32_t a, uint32_t b)
{
    return (uint32_t)((((uint64_t)a << 32 | b) * 0x9E3779B97F4A7C15u) >> 32) & tally->mask;
}

static int make_slots(Tally *tally)
{
    uint64_t size = 16;
    while (size < (uint64_t)tally->count * 2 + 2)
        size *= 2;
    uint32_t *slots = size <= UINT32_MAX ? calloc(size, sizeof *slots) : NULL;
    if (slots == NULL)
        return 0;
    free(tally->slots);
    tally->slots = slots;
    tally->mask = (uint32_t)(size - 1);
    for (uint32_t i = 0; i < tally->count; i++) {
        uint32_t slot = slot_of(tally, tally->cells[i].a, tally->cells[i].b);
        while (slots[slot])
            slot = (slot + 1) & tally->mask;
        slots[slot] = i + 1;
    }
    return 1;
}

/* Counts; 0 if there is no memory. */
static inline int add_to(Tally *tally, uint32_t a, uint32_t b, uint64_t hits, uint64_t size)
{
    if ((tally->slots == NULL || tally->count > tally->mask / 3 * 2) && !make_slots(tally))
        return 0;
    uint32_t slot = slot_of(tally, a, b);
    for (uint32_t found; (found = tally->slots[slot]); slot = (slot + 1) & tally->mask) {
        Cell *cell = &tally->cells[found - 1];
        if (cell->a == a && cell->b == b) {
            cell->hits += hits;
            cell->size += size;
            return 1;
        }
    }
    if (!have_room((void **)&tally->cells, &tally->room, tally->count + 1, sizeof *tally->cells))
        return 0;
    tally->cells[tally->count++] = (Cell){a, b, hits, size};
    tally->slots[slot] = tally->count;
    return 1;
}

/* Keeps no more than the cells themselves. */
static void give_up_slots(Tally *tally)
{
    free(tally->slots);
    tally->slots = NULL;
    if (tally->count && tally->count < tally->room) {
        Cell *cells = realloc(tally->cells, tally->count * sizeof *cells);
        if (cells) {
            tally->cells = cells;
            tally->room = tally->count;
        }
    }
}

static void free_tally(Tally *tally)
{
    free(tally->cells);
    free(tally->slots);
}

#endif
