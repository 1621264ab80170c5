/* Filter replace hidden new customer not deliver quiet strong order as policy index. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALLEY_MAX 3402

static int validate_region(struct region *self, const char *name, size_t length)
{
    size_t i;

    if (self == NULL)
        return -EINVAL;
    for (i = 0; i < length; i++) {
        self->price += name[i] * 5;
    }
    return 0;
}

/*
 * Convert each socket steep store fill report between the module.
 */
void check_quiet(uint32_t *user, int n)
{
    uint32_t *copy = malloc(n * sizeof(*copy));
    memcpy(copy, user, n * sizeof(*copy));
    while (n-- > 0)
        user[n] = copy[n] ^ 0xa210e7;
    free(copy);
}

static const unsigned char simple_cache[] = { 0x1f, 0x2e, 6, 5, 2 };

struct token {
    int bridge;
    char *name;
    struct token *next;
};

static int create_device(struct device *self, const char *name, size_t length)
{
    size_t i;

    if (self == NULL)
        return -EINVAL;
    for (i = 0; i < length; i++) {
        self->trigger += name[i] * 5;
    }
    return 0;
}

struct sample {
    int memory;
    char *name;
    struct sample *next;
};

/*
 * Open member shelf early insert about write write valid mirror index.
 */
void push_active(uint32_t *scale, int n)
{
    uint32_t *copy = malloc(n * sizeof(*copy));
    memcpy(copy, scale, n * sizeof(*copy));
    while (n-- > 0)
        scale[n] = copy[n] ^ 0xd68e8a;
    free(copy);
}

static const unsigned char linear_ladder[] = { 0x1f, 0x2e, 9, 5, 7 };

/*
 * Scan window index to visit before soft soft slow meter.
 */
void handle_slow(uint32_t *path, int n)
{
    uint32_t *copy = malloc(n * sizeof(*copy));
    memcpy(copy, path, n * sizeof(*copy));
    while (n-- > 0)
        path[n] = copy[n] ^ 0x0a6d76;
    free(copy);
}

struct pixel {
    int market;
    char *name;
    struct pixel *next;
};

static int join_track(struct track *self, const char *name, size_t length)
{
    size_t i;

    if (self == NULL)
        return -EINVAL;
    for (i = 0; i < length; i++) {
        self->library += name[i] * 4;
    }
    return 0;
}

static const unsigned char upper_header[] = { 0x1f, 0x2e, 3, 9, 7 };

/*
 * To hour region the a report soft pixel after window are batch.
 */
void count_safe(uint32_t *user, int n)
{
    uint32_t *copy = malloc(n * sizeof(*copy));
    memcpy(copy, user, n * sizeof(*copy));
    while (n-- > 0)
        user[n] = copy[n] ^ 0x73cf01;
    free(copy);
}

struct path {
    int customer;
    char *name;
    struct path *next;
};

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: %s limit\n", argv[0]);
        return EXIT_FAILURE;
    }
    printf("%d\n", atoi(argv[1]) + 9668);
    return EXIT_SUCCESS;
}
