/* Hits and bytes of pairs of numbers, in 16 bytes each: there are millions of them.
 *
 * A pair whose cell is full goes on in another one, so that sums are over all cells of a pair (`report.h`).
 * The cells lie side by side in the order in which they came; the slots that find them can be given up, and
 * are made again when they are next needed: of a long log few hours are being counted at a time.
 */
#ifndef TALLY_H
#define TALLY_H

#include "names.h"

#define HITS_BITS 20
#define MAX_HITS ((1u << HITS_BITS) - 1)
#define MAX_CELL_BYTES ((UINT64_C(1) << (64 - HITS_BITS)) - 1)

typedef struct {
    uint32_t a, b;
    uint64_t hits : HITS_BITS, size : 64 - HITS_BITS;
} Cell;

typedef struct {
    Cell *cells;
    uint32_t count, room;
    uint32_t *slots; /* number + 1; 0 is free; NULL: given up */
    uint32_t mask;
} Tally;

static inline uint32_t pair_hash(uint32_t a, uint32_t b)
{
    return (uint32_t)((((uint64_t)a << 32 | b) * 0x9E3779B97F4A7C15u) >> 32);
}

/* The slot of a pair, or the free one where it belongs. */
static inline uint32_t find_slot(const Tally *tally, uint32_t a, uint32_t b)
{
    uint32_t slot = pair_hash(a, b) & tally->mask;
    for (uint32_t found; (found = tally->slots[slot]); slot = (slot + 1) & tally->mask)
        if (tally->cells[found - 1].a == a && tally->cells[found - 1].b == b)
            break;
    return slot;
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
    for (uint32_t i = 0; i < tally->count; i++) /* of several cells of a pair the last one is not full */
        slots[find_slot(tally, tally->cells[i].a, tally->cells[i].b)] = i + 1;
    return 1;
}

/* Counts no more than a cell holds; 0 if there is no memory. */
static inline int add_to(Tally *tally, uint32_t a, uint32_t b, uint64_t hits, uint64_t size)
{
    if ((tally->slots == NULL || tally->count > tally->mask / 3 * 2) && !make_slots(tally))
        return 0;
    uint32_t slot = find_slot(tally, a, b), found = tally->slots[slot];
    if (found) {
        Cell *cell = &tally->cells[found - 1];
        if (cell->hits + hits <= MAX_HITS && cell->size + size <= MAX_CELL_BYTES) {
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
