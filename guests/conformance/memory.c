/* Memory that the host writes to, and large bodies. */
#include "memory.h"

#define PAGE 65536

/* Lists of one call, one after the other; one that does not fit goes to pages
 * of its own, of which a call needs no more than one. */
static _Alignas(16) uint8_t lists[PAGE];
static size_t used;

static uint8_t *grow(size_t n, size_t *cap)
{
	size_t pages = n / PAGE + 1, first = __builtin_wasm_memory_grow(0, pages);

	if (first == SIZE_MAX)
		__builtin_trap();
	*cap = pages * PAGE;
	return (uint8_t *)(first * PAGE);
}

void expect_lists(void) { used = 0; }

/* Stands in for the one of wasikv.h, which holds one list at a time. */
__attribute__((export_name("cabi_realloc"))) void *wasikv_cabi_realloc(void *old, size_t old_size, size_t align,
                                                                       size_t size)
{
	static uint8_t *large;
	static size_t large_cap;
	size_t at = (used + align - 1) & -align;
	uint8_t *found;

	if (at <= sizeof lists && size <= sizeof lists - at) {
		used = at + size;
		found = lists + at;
	} else {
		if (size > large_cap)
			large = grow(size, &large_cap);
		found = large;
	}
	if (old_size != 0)
		__builtin_memmove(found, old, old_size < size ? old_size : size);
	return found;
}

uint8_t *buffer(size_t n)
{
	static uint8_t *bytes;
	static size_t cap;

	if (n > cap)
		bytes = grow(n, &cap);
	return bytes;
}

const uint8_t *pattern(size_t n, uint32_t seed)
{
	uint8_t *bytes = buffer(n);

	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)(i + i / 256 * 31 + seed);
	return bytes;
}
