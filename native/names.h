/* Distinct strings of bytes, numbered in the order in which they are first met.
 *
 * A slot holds the upper bits of a string's hash beside its number, so that most strings that are not the one
 * sought are told apart without being looked at; what is found is compared byte for byte.
 */
#ifndef NAMES_H
#define NAMES_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define NO_ID UINT32_MAX
#define PAGE_BYTES (1u << 18)

typedef struct {
    const uint8_t *at;
    uint32_t length;
    uint32_t hash;
} Name;

typedef struct Page {
    struct Page *next;
    uint8_t bytes[];
} Page;

typedef struct {
    Name *items;
    uint32_t count, room;
    uint64_t *slots; /* hash << 32 | number + 1; 0 is free */
    uint32_t mask;
    Page *pages; /* where the bytes lie; they never move */
    size_t left; /* free bytes at the end of the first page */
    uint8_t *free;
} Names;

/* Grows an array of `size`-byte items to hold `count`; 0 if there is no memory. */
static inline int have_room(void **items, uint32_t *room, uint32_t count, size_t size)
{
    if (count <= *room)
        return 1;
    uint64_t wanted = *room < 8 ? 8 : (uint64_t)*room + *room / 2;
    if (wanted < count)
        wanted = count;
    if (wanted >= NO_ID)
        return 0;
    void *grown = realloc(*items, wanted * size);
    if (grown == NULL)
        return 0;
    *items = grown;
    *room = (uint32_t)wanted;
    return 1;
}

static inline uint64_t load64(const uint8_t *at)
{
    uint64_t word;
    memcpy(&word, at, 8);
    return word;
}

static inline uint32_t load32(const uint8_t *at)
{
    uint32_t word;
    memcpy(&word, at, 4);
    return word;
}

static inline uint64_t folded(uint64_t a, uint64_t b)
{
    __uint128_t product = (__uint128_t)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* The seed differs from process to process: nobody can write a log whose strings all share one slot. */
static inline uint32_t hash_of(const uint8_t *at, uint32_t length, uint64_t seed)
{
    const uint64_t k1 = 0x9E3779B97F4A7C15u, k2 = 0xC2B2AE3D27D4EB4Fu;
    uint64_t h = seed ^ folded(seed ^ k1, length ^ k2), a, b;
    const uint8_t *end = at + length;

    for (; end - at > 16; at += 16)
        h = folded(load64(at) ^ k1 ^ h, load64(at + 8) ^ k2);
    length = (uint32_t)(end - at);
    if (length >= 8) {
        a = load64(at);
        b = load64(end - 8);
    } else if (length >= 4) {
        a = load32(at);
        b = load32(end - 4);
    } else {
        a = length ? (uint64_t)at[0] << 16 | (uint64_t)at[length >> 1] << 8 | end[-1] : 0;
        b = 0;
    }
    h = folded(a ^ k2 ^ h, b ^ k1 ^ seed);
    return (uint32_t)(h >> 32);
}

static int grow_slots(Names *names)
{
    uint32_t size = names->slots ? (names->mask + 1) * 2 : 1024;
    uint64_t *slots = size ? calloc(size, sizeof *slots) : NULL;

    if (slots == NULL)
        return 0;
    for (uint32_t id = 0; id < names->count; id++) {
        uint32_t hash = names->items[id].hash, slot = hash & (size - 1);
        while (slots[slot])
            slot = (slot + 1) & (size - 1);
        slots[slot] = (uint64_t)hash << 32 | (id + 1);
    }
    free(names->slots);
    names->slots = slots;
    names->mask = size - 1;
    return 1;
}

static const uint8_t *keep_bytes(Names *names, const uint8_t *at, uint32_t length)
{
    if (length > names->left) {
        size_t size = length > PAGE_BYTES / 8 ? length : PAGE_BYTES;
        Page *page = malloc(sizeof *page + size);
        if (page == NULL)
            return NULL;
        if (size != PAGE_BYTES && names->pages) { /* a page of its own, behind the one that is being filled */
            page->next = names->pages->next;
            names->pages->next = page;
            return memcpy(page->bytes, at, length);
        }
        page->next = names->pages;
        names->pages = page;
        names->left = size;
        names->free = page->bytes;
    }
    uint8_t *kept = memcpy(names->free, at, length);
    names->free += length;
    names->left -= length;
    return kept;
}

/* The number of a string; `NO_ID` if there is no memory for a new one. */
static uint32_t number_of(Names *names, const uint8_t *at, uint32_t length, uint32_t hash)
{
    if (names->count >= names->mask / 2 && !grow_slots(names))
        return NO_ID;
    uint32_t slot = hash & names->mask;
    for (uint64_t found; (found = names->slots[slot]); slot = (slot + 1) & names->mask) {
        if ((uint32_t)(found >> 32) == hash) {
            const Name *name = &names->items[(uint32_t)found - 1];
            if (name->length == length && memcmp(name->at, at, length) == 0)
                return (uint32_t)found - 1;
        }
    }
    if (!have_room((void **)&names->items, &names->room, names->count + 1, sizeof *names->items))
        return NO_ID;
    const uint8_t *kept = keep_bytes(names, at, length);
    if (kept == NULL)
        return NO_ID;
    names->items[names->count] = (Name){kept, length, hash};
    names->slots[slot] = (uint64_t)hash << 32 | (names->count + 1);
    return names->count++;
}

static void free_names(Names *names)
{
    for (Page *page = names->pages, *next; page; page = next) {
        next = page->next;
        free(page);
    }
    free(names->items);
    free(names->slots);
}

#endif
