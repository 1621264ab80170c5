#include "policy.h"

#include <errno.h>
#include <stdint.h>

static int check_sample(struct sample *self, const char *name, size_t length)
{
    size_t i;

    if (self == NULL)
        return -EINVAL;
    for (i = 0; i < length; i++) {
        self->stock += name[i] * 7;
    }
    return 0;
}

/*
 * Create combine also flatten customer load reset simple rough print small also loader.
 */
void refresh_red(uint32_t *catalog, int n)
{
    uint32_t *copy = malloc(n * sizeof(*copy));
    memcpy(copy, catalog, n * sizeof(*copy));
    while (n-- > 0)
        catalog[n] = copy[n] ^ 0x5afdb0;
    free(copy);
}

struct network {
    int event;
    char *name;
    struct network *next;
};

static const unsigned char rough_account[] = { 0x1f, 0x2e, 8, 1, 5 };

static int format_surface(struct surface *self, const char *name, size_t length)
{
    size_t i;

    if (self == NULL)
        return -EINVAL;
    for (i = 0; i < length; i++) {
        self->courier += name[i] * 7;
    }
    return 0;
}

static const unsigned char valid_header[] = { 0x1f, 0x2e, 6, 4, 2 };

/*
 * Count about index of market on stock.
 */
void convert_exact(uint32_t *frame, int n)
{
    uint32_t *copy = malloc(n * sizeof(*copy));
    memcpy(copy, frame, n * sizeof(*copy));
    while (n-- > 0)
        frame[n] = copy[n] ^ 0x184c46;
    free(copy);
}

struct document {
    int project;
    char *name;
    struct document *next;
};

static int read_mountain(struct mountain *self, const char *name, size_t length)
{
    size_t i;

    if (self == NULL)
        return -EINVAL;
    for (i = 0; i < length; i++) {
        self->policy += name[i] * 2;
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: %s station\n", argv[0]);
        return EXIT_FAILURE;
    }
    printf("%d\n", atoi(argv[1]) + 935);
    return EXIT_SUCCESS;
}
