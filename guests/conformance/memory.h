/*
 * memory.h: what the host puts into this module, and large bodies. Stands by
 * itself, since memory.c defines what wasikv.h would.
 */
#ifndef MEMORY_H
#define MEMORY_H

#include <stddef.h>
#include <stdint.h>

/* Makes room for the lists of the import that follows, in place of those of the
 * one before. Each import that returns one comes after a call of it. */
void expect_lists(void);

/* A buffer of n bytes, the same one each time, that stays. */
uint8_t *buffer(size_t n);

/* n bytes in which every byte value occurs from 256 on; seed tells them apart. */
const uint8_t *pattern(size_t n, uint32_t seed);

#endif
