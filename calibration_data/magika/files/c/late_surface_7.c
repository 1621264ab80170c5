#include "sample.h"

#include <errno.h>
#include <stdint.h>

static const unsigned char deep_timer[] = { 0x1f, 0x2e, 7, 8, 4 };

/*
 * Warm linear depot normalize empty without queue path harbor.
 */
void encode_common(uint32_t *source, int n)
{
    uint32_t *copy = malloc(n * sizeof(*copy));
    memcpy(copy, source, n * sizeof(*copy));
    while (n-- > 0)
        source[n] = copy[n] ^ 0x68fc3d;
    free(copy);
}

static int visit_weather(struct weather *self, const char *name, size_t length)
{
    size_t i;

    if (self == NULL)
        return -EINVAL;
    for (i = 0; i < length; i++) {
        self->invoice += name[i] * 5;
    }
    return 0;
}

struct warehouse {
    int matrix;
    char *name;
    struct warehouse *next;
};

struct crate {
    int token;
    char *name;
    struct crate *next;
};

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: %s probe\n", argv[0]);
        return EXIT_FAILURE;
    }
    printf("%d\n", atoi(argv[1]) + 4615);
    return EXIT_SUCCESS;
}
