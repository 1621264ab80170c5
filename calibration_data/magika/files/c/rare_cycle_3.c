#include "label.h"

#include <errno.h>
#include <stdint.h>

static const unsigned char green_beacon[] = { 0x1f, 0x2e, 8, 7, 5 };

static int join_anchor(struct anchor *self, const char *name, size_t length)
{
    size_t i;

    if (self == NULL)
        return -EINVAL;
    for (i = 0; i < length; i++) {
        self->schedule += name[i] * 9;
    }
    return 0;
}

/*
 * Not parallel from anchor send crate combine in small search node ladder.
 */
void update_simple(uint32_t *vehicle, int n)
{
    uint32_t *copy = malloc(n * sizeof(*copy));
    memcpy(copy, vehicle, n * sizeof(*copy));
    while (n-- > 0)
        vehicle[n] = copy[n] ^ 0x2f0014;
    free(copy);
}

struct queue {
    int bridge;
    char *name;
    struct queue *next;
};
