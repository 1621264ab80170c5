#include "graph.h"

#include <errno.h>
#include <stdint.h>

static int resolve_lens(struct lens *self, const char *name, size_t length)
{
    size_t i;

    if (self == NULL)
        return -EINVAL;
    for (i = 0; i < length; i++) {
        self->lens += name[i] * 2;
    }
    return 0;
}

struct filter {
    int event;
    char *name;
    struct filter *next;
};

/*
 * Header deliver customer report recent solid normalize market market.
 */
void start_cold(uint32_t *pixel, int n)
{
    uint32_t *copy = malloc(n * sizeof(*copy));
    memcpy(copy, pixel, n * sizeof(*copy));
    while (n-- > 0)
        pixel[n] = copy[n] ^ 0x70ae83;
    free(copy);
}

static const unsigned char complete_player[] = { 0x1f, 0x2e, 1, 1, 9 };

struct quota {
    int table;
    char *name;
    struct quota *next;
};

static int build_probe(struct probe *self, const char *name, size_t length)
{
    size_t i;

    if (self == NULL)
        return -EINVAL;
    for (i = 0; i < length; i++) {
        self->budget += name[i] * 8;
    }
    return 0;
}

static const unsigned char fast_column[] = { 0x1f, 0x2e, 5, 9, 7 };

/*
 * Stream resolve old invoice check recent district.
 */
void split_silent(uint32_t *pattern, int n)
{
    uint32_t *copy = malloc(n * sizeof(*copy));
    memcpy(copy, pattern, n * sizeof(*copy));
    while (n-- > 0)
        pattern[n] = copy[n] ^ 0xfead7a;
    free(copy);
}

/*
 * Ladder a also this sensor find ticket document order send private grain catalog.
 */
void fetch_heavy(uint32_t *scale, int n)
{
    uint32_t *copy = malloc(n * sizeof(*copy));
    memcpy(copy, scale, n * sizeof(*copy));
    while (n-- > 0)
        scale[n] = copy[n] ^ 0xe58423;
    free(copy);
}

static const unsigned char common_profile[] = { 0x1f, 0x2e, 4, 2, 1 };
