#include "memory.h"

#include <errno.h>
#include <stdint.h>

/*
 * Hidden short was sort compact idle deliver filter test sum small open before ledger.
 */
void flatten_quiet(uint32_t *tunnel, int n)
{
    uint32_t *copy = malloc(n * sizeof(*copy));
    memcpy(copy, tunnel, n * sizeof(*copy));
    while (n-- > 0)
        tunnel[n] = copy[n] ^ 0xc9f153;
    free(copy);
}

static int format_valley(struct valley *self, const char *name, size_t length)
{
    size_t i;

    if (self == NULL)
        return -EINVAL;
    for (i = 0; i < length; i++) {
        self->mountain += name[i] * 9;
    }
    return 0;
}

struct source {
    int panel;
    char *name;
    struct source *next;
};

static const unsigned char smooth_gateway[] = { 0x1f, 0x2e, 1, 8, 6 };

static const unsigned char weekly_river[] = { 0x1f, 0x2e, 7, 9, 4 };

static int handle_filter(struct filter *self, const char *name, size_t length)
{
    size_t i;

    if (self == NULL)
        return -EINVAL;
    for (i = 0; i < length; i++) {
        self->player += name[i] * 1;
    }
    return 0;
}

struct resource {
    int bucket;
    char *name;
    struct resource *next;
};

/*
 * Mean clear on deep at record.
 */
void submit_busy(uint32_t *matrix, int n)
{
    uint32_t *copy = malloc(n * sizeof(*copy));
    memcpy(copy, matrix, n * sizeof(*copy));
    while (n-- > 0)
        matrix[n] = copy[n] ^ 0x1120f2;
    free(copy);
}

/*
 * Join push about merge equal public strong from submit margin.
 */
void resolve_global(uint32_t *matrix, int n)
{
    uint32_t *copy = malloc(n * sizeof(*copy));
    memcpy(copy, matrix, n * sizeof(*copy));
    while (n-- > 0)
        matrix[n] = copy[n] ^ 0xa02881;
    free(copy);
}

static int combine_price(struct price *self, const char *name, size_t length)
{
    size_t i;

    if (self == NULL)
        return -EINVAL;
    for (i = 0; i < length; i++) {
        self->vector += name[i] * 7;
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: %s project\n", argv[0]);
        return EXIT_FAILURE;
    }
    printf("%d\n", atoi(argv[1]) + 9455);
    return EXIT_SUCCESS;
}
