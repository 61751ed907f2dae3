/* Proves of one line that it reads as Common, Combined or vhost-combined, and finds its fields.
 *
 *     [host[:port] ]client - user [15/Nov/2015:03:45:45 +0000] "request" ddd bytes|-[ "referrer" "agent"]...
 *
 * Only what the strict reader of `formats.py` is certain to read in the same way is taken. Anything else, right
 * or wrong, is left to that reader: a doubt costs time and nothing else. Every read stays before the newline
 * that ends the block, or in the padding behind it.
 */
#ifndef LINES_H
#define LINES_H

#include "names.h"
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define PADDING 64 /* bytes behind a block that may be read */
#define MAX_LINE_BYTES (1 << 20)
#define MAX_SIZE_DIGITS 12 /* less than a cell holds */

enum { CLIENT, AGENT, REQUEST, STATUS, REFERRER, USER, HOST, FIELDS };
enum { NO_HOST, MAYBE_HOST, NEEDS_HOST };

typedef struct {
    const uint8_t *at; /* NULL: not there */
    uint32_t length, hash;
} Field;

typedef struct {
    Field fields[FIELDS];
    int64_t seconds; /* UTC, since the start of the year 1 */
    int64_t size;
    int32_t offset_s;
    int16_t status;
    uint8_t combined; /* a referrer begins after the size */
} Row;

/* The minute that was read last: the lines of a log share it with the one before. */
typedef struct {
    uint8_t text[32];
    int64_t seconds;
    int32_t offset_s;
} Minute;

static inline int is_digit(uint8_t byte)
{
    return (uint8_t)(byte - '0') <= 9;
}

/* The first quote, backslash or newline. */
static inline const uint8_t *quoted_end(const uint8_t *at)
{
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"'), escape = _mm_set1_epi8('\\'), newline = _mm_set1_epi8('\n');
    for (;; at += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)at);
        int found = _mm_movemask_epi8(_mm_or_si128(
            _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, escape)),
            _mm_cmpeq_epi8(bytes, newline)));
        if (found)
            return at + __builtin_ctz((unsigned)found);
    }
#else
    while (*at != '"' && *at != '\\' && *at != '\n')
        at++;
    return at;
#endif
}

/* The first byte that is no part of a word: a blank, a control or a quote. */
static inline const uint8_t *word_end(const uint8_t *at)
{
#ifdef __SSE2__
    const __m128i blank = _mm_set1_epi8(' '), quote = _mm_set1_epi8('"');
    for (;; at += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)at);
        int found = _mm_movemask_epi8(
            _mm_or_si128(_mm_cmpeq_epi8(_mm_min_epu8(bytes, blank), bytes), _mm_cmpeq_epi8(bytes, quote)));
        if (found)
            return at + __builtin_ctz((unsigned)found);
    }
#else
    while (*at > ' ' && *at != '"')
        at++;
    return at;
#endif
}

/* Takes what is quoted, from behind its opening quote; its end, behind the closing one, or NULL. */
static inline const uint8_t *take_quoted(const uint8_t *at, Field *field)
{
    field->at = at;
    for (;;) {
        at = quoted_end(at);
        if (*at == '"')
            break;
        if (*at == '\n' || at[1] == '\n')
            return NULL;
        at += 2;
    }
    field->length = (uint32_t)(at - field->at);
    return at + 1;
}

static int two_digits(const uint8_t *at)
{
    return is_digit(at[0]) && is_digit(at[1]) ? (at[0] - '0') * 10 + at[1] - '0' : -1;
}

static int month_of(const uint8_t *at)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    for (int month = 0; month < 12; month++)
        if (memcmp(names + 3 * month, at, 3) == 0)
            return month;
    return -1;
}

/* Reads ``15/Nov/2015:03:45:.. +0000``; 0 if it is no such time. */
static int read_minute(const uint8_t *at, Minute *minute)
{
    static const int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};
    int day = two_digits(at), month = month_of(at + 3), century = two_digits(at + 7), year = two_digits(at + 9);
    int h = two_digits(at + 12), min = two_digits(at + 15), zone_h = two_digits(at + 22), zone_min = two_digits(at + 24);

    if (at[2] != '/' || at[6] != '/' || at[11] != ':' || at[14] != ':' || at[20] != ' ')
        return 0;
    if (day < 1 || month < 0 || century < 0 || year < 0 || h < 0 || min < 0 || zone_h < 0 || zone_min < 0)
        return 0;
    if (h > 23 || min > 59 || zone_h > 23 || zone_min > 59 || (at[21] != '+' && at[21] != '-'))
        return 0;
    year += century * 100;
    int leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    int length = before[month + 1] - before[month] + (month == 1 && leap);
    if (year == 0 || year == 9999 || day > length)
        return 0;
    int64_t past = year - 1;
    int64_t days = past * 365 + past / 4 - past / 100 + past / 400 + before[month] + (month > 1 && leap) + day - 1;
    minute->offset_s = (zone_h * 3600 + zone_min * 60) * (at[21] == '-' ? -1 : 1);
    minute->seconds = days * 86400 + h * 3600 + min * 60 - minute->offset_s;
    memcpy(minute->text, at, 26);
    return 1;
}

static inline int take_time(const uint8_t *at, Minute *minute, Row *row)
{
    const uint8_t *text = minute->text;
    int same = load64(at) == load64(text) && load64(at + 8) == load64(text + 8) && at[16] == text[16] &&
               load32(at + 20) == load32(text + 20) && at[24] == text[24] && at[25] == text[25];
    int second = two_digits(at + 18);
    if (at[17] != ':' || second < 0 || second > 60 || !(same || read_minute(at, minute)))
        return 0;
    row->seconds = minute->seconds + second;
    row->offset_s = minute->offset_s;
    return 1;
}

static int is_address(const uint8_t *at, const uint8_t *end)
{
    int colons = 0, dots = 0, digits = 0;
    if (end - at > 64)
        return 0;
    for (const uint8_t *byte = at; byte < end; byte++) {
        int hex = is_digit(*byte) || (uint8_t)((*byte | 32) - 'a') < 6;
        colons += *byte == ':';
        if (!hex && *byte != ':' && (colons < 2 || (*byte != '.' && *byte != '%')))
            goto old;
    }
    if (colons >= 2)
        return 1;
old:
    for (; at < end; at++) {
        if (is_digit(*at))
            digits++;
        else if (*at != '.' || digits == 0 || ++dots > 3)
            return 0;
        else
            digits = 0;
        if (digits > 3)
            return 0;
    }
    return dots == 3 && digits > 0;
}

static int is_word(uint8_t byte)
{
    return is_digit(byte) || (uint8_t)((byte | 32) - 'a') < 26 || byte == '_';
}

/* A virtual host, with or without its port. */
static int is_host(const uint8_t *at, const uint8_t *end)
{
    const uint8_t *colon;
    if (at == end || !is_word(*at))
        return 0;
    for (colon = at; colon < end && *colon != ':'; colon++)
        if (!is_word(*colon) && *colon != '.' && *colon != '-')
            return 0;
    if (colon == end)
        return 1;
    if (end - colon < 2 || end - colon > 6)
        return 0;
    while (++colon < end)
        if (!is_digit(*colon))
            return 0;
    return 1;
}

/* Takes what stands before the time; where it ends, or NULL. */
static inline const uint8_t *take_start(const uint8_t *at, int hosts, Row *row)
{
    const uint8_t *end = word_end(at);
    if (end == at || *end != ' ' || *at == '#' || *at == '{' || *at == 0xEF)
        return NULL;
    row->fields[HOST].at = NULL;
    int has_host = end[1] != '-' || end[2] != ' ';
    if (has_host) {
        const uint8_t *client = end + 1, *client_end = word_end(client);
        if (hosts == NO_HOST || *client_end != ' ' || !is_address(client, client_end) || !is_host(at, end))
            return NULL;
        row->fields[HOST] = (Field){at, (uint32_t)(end - at), 0};
        at = client;
        end = client_end;
        if (end[1] != '-' || end[2] != ' ')
            return NULL;
    } else if (hosts == NEEDS_HOST) {
        return NULL;
    }
    row->fields[CLIENT] = (Field){at, (uint32_t)(end - at), 0};
    at = end + 3;
    row->fields[USER].at = NULL;
    if (at[0] == '-' && at[1] == ' ')
        return at + 1;
    for (end = at; *end > ' ' && *end != '"' && *end != '['; end++)
        ;
    if (end == at || *end != ' ')
        return NULL;
    row->fields[USER] = (Field){at, (uint32_t)(end - at), 0};
    return end;
}

/* Takes ``ddd bytes|-``; where it ends, or NULL. */
static inline const uint8_t *take_figures(const uint8_t *at, Row *row)
{
    if (at[0] != ' ' || !is_digit(at[1]) || !is_digit(at[2]) || !is_digit(at[3]) || at[4] != ' ')
        return NULL;
    row->status = (int16_t)((at[1] - '0') * 100 + (at[2] - '0') * 10 + at[3] - '0');
    row->fields[STATUS] = (Field){at + 1, 3, 0};
    at += 5;
    row->size = 0;
    if (*at == '-')
        return at + 1;
    const uint8_t *start = at;
    while (is_digit(*at) && at - start < MAX_SIZE_DIGITS)
        row->size = row->size * 10 + *at++ - '0';
    return at == start ? NULL : at;
}

/* Takes a line as far as its fields go; where they end, at or before its newline, or NULL: not proven. */
static inline const uint8_t *take_line(const uint8_t *at, int hosts, int quoted, Minute *minute, Row *row)
{
    at = take_start(at, hosts, row);
    if (at == NULL || at[0] != ' ' || at[1] != '[' || !take_time(at + 2, minute, row))
        return NULL;
    if (at[28] != ']' || at[29] != ' ' || at[30] != '"')
        return NULL;
    at = take_quoted(at + 31, &row->fields[REQUEST]);
    if (at == NULL || (at = take_figures(at, row)) == NULL)
        return NULL;
    row->fields[REFERRER].at = row->fields[AGENT].at = NULL;
    row->combined = 0;
    if (*at == '\n' || (*at == '\r' && at[1] == '\n'))
        return at;
    if (*at != ' ')
        return NULL;
    row->combined = at[1] == '"';
    if (!row->combined || !quoted)
        return at;
    at = take_quoted(at + 2, &row->fields[REFERRER]);
    if (at == NULL || at[0] != ' ' || at[1] != '"')
        return NULL;
    return take_quoted(at + 2, &row->fields[AGENT]);
}

#endif
