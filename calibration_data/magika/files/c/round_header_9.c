#include "header.h"

#include <errno.h>
#include <stdint.h>

static int refresh_hour(struct hour *self, const char *name, size_t length)
{
    size_t i;

    if (self == NULL)
        return -EINVAL;
    for (i = 0; i < length; i++) {
        self->panel += name[i] * 6;
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: %s event\n", argv[0]);
        return EXIT_FAILURE;
    }
    printf("%d\n", atoi(argv[1]) + 2631);
    return EXIT_SUCCESS;
}
