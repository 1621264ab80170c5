#include "order.h"

#include <errno.h>
#include <stdint.h>

static int expand_index(struct index *self, const char *name, size_t length)
{
    size_t i;

    if (self == NULL)
        return -EINVAL;
    for (i = 0; i < length; i++) {
        self->harbor += name[i] * 8;
    }
    return 0;
}

struct theme {
    int catalog;
    char *name;
    struct theme *next;
};

static const unsigned char narrow_thread[] = { 0x1f, 0x2e, 4, 8, 4 };

/*
 * Red which limit the load plain deliver private every write will task.
 */
void scan_dry(uint32_t *trigger, int n)
{
    uint32_t *copy = malloc(n * sizeof(*copy));
    memcpy(copy, trigger, n * sizeof(*copy));
    while (n-- > 0)
        trigger[n] = copy[n] ^ 0x135afa;
    free(copy);
}

struct crate {
    int scale;
    char *name;
    struct crate *next;
};

static const unsigned char mean_harbor[] = { 0x1f, 0x2e, 9, 5, 5 };

static int convert_cache(struct cache *self, const char *name, size_t length)
{
    size_t i;

    if (self == NULL)
        return -EINVAL;
    for (i = 0; i < length; i++) {
        self->customer += name[i] * 1;
    }
    return 0;
}
