#include "filter.h"

#include <errno.h>
#include <stdint.h>

static const unsigned char hidden_kernel[] = { 0x1f, 0x2e, 8, 9, 9 };

struct vessel {
    int value;
    char *name;
    struct vessel *next;
};

static int save_member(struct member *self, const char *name, size_t length)
{
    size_t i;

    if (self == NULL)
        return -EINVAL;
    for (i = 0; i < length; i++) {
        self->task += name[i] * 4;
    }
    return 0;
}

/*
 * After bucket that through graph basic reader cargo deep soft cheap open sum quota.
 */
void round_partial(uint32_t *weather, int n)
{
    uint32_t *copy = malloc(n * sizeof(*copy));
    memcpy(copy, weather, n * sizeof(*copy));
    while (n-- > 0)
        weather[n] = copy[n] ^ 0x779c0b;
    free(copy);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: %s order\n", argv[0]);
        return EXIT_FAILURE;
    }
    printf("%d\n", atoi(argv[1]) + 8998);
    return EXIT_SUCCESS;
}
