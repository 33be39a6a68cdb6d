/*
 * wasikv.h: wasi:keyvalue/cache@0.1.0 for guests written in C. One header and
 * nothing to link, with wasi-libc or without any library.
 *
 *     char value[256];
 *     size_t n;
 *     wasikv_vacancy vacancy;
 *     switch (wasikv_get_or_set(WASIKV_STR("price:tea"), value, sizeof value, &n, &vacancy)) {
 *     case WASIKV_OK:     use(value, n); break;
 *     case WASIKV_VACANT: n = compute(value); wasikv_fill(vacancy, value, n, 60000); break;
 *     default:            complain(wasikv_trace()); break;
 *     }
 *
 * Keys are UTF-8 and are compared byte by byte; a key that is not UTF-8 traps.
 * Functions wait for the answer. Values are read into the caller's buffer. The
 * cache may discard any entry at any time, also right after it was set.
 *
 * Below the functions' bodies are the imports themselves, for what they do not
 * cover: many requests at once, or streams.
 */
#ifndef WASIKV_H
#define WASIKV_H

#include <stddef.h>
#include <stdint.h>

/* A string by pointer and length; need not end in NUL. */
typedef struct {
	const char *ptr;
	size_t len;
} wasikv_str;

/* A string literal as a wasikv_str. */
#define WASIKV_STR(literal) ((wasikv_str){(literal), sizeof(literal) - 1})

typedef enum {
	WASIKV_OK = 0,      /* done; a value was there */
	WASIKV_ABSENT,      /* the key has no value */
	WASIKV_VACANT,      /* the key has no value, and the caller may give it one */
	WASIKV_TOO_LARGE,   /* the value does not fit; *len is its size */
	WASIKV_ERROR,       /* the host refused; wasikv_trace says why */
} wasikv_result;

/* The right to give a key its value; wasikv_fill or wasikv_release ends it. */
typedef int32_t wasikv_vacancy;

/* A TTL in milliseconds, or this: kept until discarded or deleted. A TTL of 0
 * acts as a delete; one beyond 32 bits is shortened to that, 49 days. */
#define WASIKV_FOREVER ((int64_t)-1)

/* Reads the value of key into buf, which holds cap bytes; *len is its length.
 * OK, ABSENT, TOO_LARGE or ERROR. */
static wasikv_result wasikv_get(wasikv_str key, void *buf, size_t cap, size_t *len);

/* Stores len bytes. OK or ERROR. */
static wasikv_result wasikv_set(wasikv_str key, const void *value, size_t len, int64_t ttl_ms);

/* OK where key has a value, else ABSENT or ERROR. */
static wasikv_result wasikv_exists(wasikv_str key);

/* Removes key, which need not be there. OK or ERROR. */
static wasikv_result wasikv_delete(wasikv_str key);

/* As wasikv_get, but VACANT in place of ABSENT: then *vacancy is the caller's,
 * and everyone else who asks for the key waits until it is filled or released. */
static wasikv_result wasikv_get_or_set(wasikv_str key, void *buf, size_t cap, size_t *len,
                                       wasikv_vacancy *vacancy);

/* Gives the key its value and ends the vacancy. OK or ERROR. */
static wasikv_result wasikv_fill(wasikv_vacancy vacancy, const void *value, size_t len, int64_t ttl_ms);

/* Ends the vacancy without a value: the next who waits gets it. */
static void wasikv_release(wasikv_vacancy vacancy);

/* What the host said about the last ERROR, cut to 511 bytes; ends in NUL. */
static const char *wasikv_trace(void);

/* ---- the imports, in the canonical ABI's flat form ---- */

#define WASIKV_IMPORT(module, name) \
	__attribute__((import_module(module), import_name(name))) extern

#define WASIKV_CACHE "wasi:keyvalue/cache@0.1.0"
#define WASIKV_TYPES "wasi:keyvalue/types@0.1.0"
#define WASIKV_ERRORS "wasi:keyvalue/wasi-keyvalue-error@0.1.0"
#define WASIKV_POLL "wasi:io/poll@0.2.3"

/* A return area: results that do not fit into one core value. */
typedef union {
	uint8_t u8[16];
	uint32_t u32[4];
	uint64_t u64[2];
} wasikv_area;

WASIKV_IMPORT(WASIKV_CACHE, "get") int32_t wasikv_import_get(const char *key, size_t len);
WASIKV_IMPORT(WASIKV_CACHE, "exists") int32_t wasikv_import_exists(const char *key, size_t len);
WASIKV_IMPORT(WASIKV_CACHE, "delete") int32_t wasikv_import_delete(const char *key, size_t len);
WASIKV_IMPORT(WASIKV_CACHE, "get-or-set") int32_t wasikv_import_get_or_set(const char *key, size_t len);
WASIKV_IMPORT(WASIKV_CACHE, "set")
int32_t wasikv_import_set(const char *key, size_t len, int32_t value, int32_t ttl_case, uint32_t ttl);

WASIKV_IMPORT(WASIKV_CACHE, "[method]future-get-result.future-get-result-get")
void wasikv_future_get_take(int32_t self, wasikv_area *result);
WASIKV_IMPORT(WASIKV_CACHE, "[method]future-get-result.listen-to-future-get-result")
int32_t wasikv_future_get_listen(int32_t self);
WASIKV_IMPORT(WASIKV_CACHE, "[resource-drop]future-get-result") void wasikv_future_get_drop(int32_t self);

WASIKV_IMPORT(WASIKV_CACHE, "[method]future-exists-result.future-exists-result-get")
void wasikv_future_exists_take(int32_t self, wasikv_area *result);
WASIKV_IMPORT(WASIKV_CACHE, "[method]future-exists-result.listen-to-future-exists-result")
int32_t wasikv_future_exists_listen(int32_t self);
WASIKV_IMPORT(WASIKV_CACHE, "[resource-drop]future-exists-result") void wasikv_future_exists_drop(int32_t self);

WASIKV_IMPORT(WASIKV_CACHE, "[method]future-result.future-result-get")
void wasikv_future_take(int32_t self, wasikv_area *result);
WASIKV_IMPORT(WASIKV_CACHE, "[method]future-result.listen-to-future-result")
int32_t wasikv_future_listen(int32_t self);
WASIKV_IMPORT(WASIKV_CACHE, "[resource-drop]future-result") void wasikv_future_drop(int32_t self);

WASIKV_IMPORT(WASIKV_CACHE, "[method]future-get-or-set-result.future-get-or-set-result-get")
void wasikv_future_get_or_set_take(int32_t self, wasikv_area *result);
WASIKV_IMPORT(WASIKV_CACHE, "[method]future-get-or-set-result.listen-to-future-get-or-set-result")
int32_t wasikv_future_get_or_set_listen(int32_t self);
WASIKV_IMPORT(WASIKV_CACHE, "[resource-drop]future-get-or-set-result")
void wasikv_future_get_or_set_drop(int32_t self);

WASIKV_IMPORT(WASIKV_CACHE, "[method]vacancy.vacancy-fill")
int32_t wasikv_vacancy_fill(int32_t self, int32_t ttl_case, uint32_t ttl);
WASIKV_IMPORT(WASIKV_CACHE, "[resource-drop]vacancy") void wasikv_vacancy_drop(int32_t self);

WASIKV_IMPORT(WASIKV_TYPES, "[static]outgoing-value.new-outgoing-value") int32_t wasikv_outgoing_new(void);
WASIKV_IMPORT(WASIKV_TYPES, "[method]outgoing-value.outgoing-value-write-body-sync")
void wasikv_outgoing_write_sync(int32_t self, const void *value, size_t len, wasikv_area *result);
WASIKV_IMPORT(WASIKV_TYPES, "[method]outgoing-value.outgoing-value-write-body-async")
void wasikv_outgoing_write_async(int32_t self, wasikv_area *result);
WASIKV_IMPORT(WASIKV_TYPES, "[resource-drop]outgoing-value") void wasikv_outgoing_drop(int32_t self);

WASIKV_IMPORT(WASIKV_TYPES, "[method]incoming-value.incoming-value-consume-sync")
void wasikv_incoming_consume_sync(int32_t self, wasikv_area *result);
WASIKV_IMPORT(WASIKV_TYPES, "[method]incoming-value.incoming-value-consume-async")
void wasikv_incoming_consume_async(int32_t self, wasikv_area *result);
WASIKV_IMPORT(WASIKV_TYPES, "[method]incoming-value.incoming-value-size")
void wasikv_incoming_size(int32_t self, wasikv_area *result);
WASIKV_IMPORT(WASIKV_TYPES, "[resource-drop]incoming-value") void wasikv_incoming_drop(int32_t self);

WASIKV_IMPORT(WASIKV_ERRORS, "[method]error.trace") void wasikv_error_trace(int32_t self, wasikv_area *result);
WASIKV_IMPORT(WASIKV_ERRORS, "[resource-drop]error") void wasikv_error_drop(int32_t self);

WASIKV_IMPORT(WASIKV_POLL, "poll") void wasikv_poll(const int32_t *pollables, size_t n, wasikv_area *result);
WASIKV_IMPORT(WASIKV_POLL, "[method]pollable.block") void wasikv_pollable_block(int32_t self);
WASIKV_IMPORT(WASIKV_POLL, "[resource-drop]pollable") void wasikv_pollable_drop(int32_t self);

/* ---- memory ---- */

/* Where the list goes that the import under way returns. Set it before each
 * import that returns one: then cabi_realloc needs no allocator. Weak, so that
 * all files of a program share it. */
__attribute__((weak)) struct {
	void *ptr;
	size_t cap;
} wasikv_landing;

/* The host's way to place a list in this module. One that the landing cannot
 * hold goes into memory grown for it, and is valid until the next of its kind. */
__attribute__((weak, export_name("cabi_realloc"))) void *wasikv_cabi_realloc(void *old, size_t old_size,
                                                                             size_t align, size_t size)
{
	static void *spill;
	static size_t spill_cap;

	(void)old, (void)old_size;
	if (size <= wasikv_landing.cap && ((uintptr_t)wasikv_landing.ptr & (align - 1)) == 0)
		return wasikv_landing.ptr;
	if (size > spill_cap) {
		size_t pages = size / 65536 + 1;
		size_t first = __builtin_wasm_memory_grow(0, pages);
		if (first == SIZE_MAX)
			__builtin_trap();
		spill = (void *)(first * 65536);
		spill_cap = pages * 65536;
	}
	return spill;
}

/* ---- the functions ---- */

__attribute__((weak)) char wasikv_last_trace[512];

static inline const char *wasikv_trace(void) { return wasikv_last_trace; }

/* Keeps an error's trace and drops the error. */
static inline wasikv_result wasikv_failed(int32_t error)
{
	wasikv_area area;

	wasikv_landing.ptr = wasikv_last_trace;
	wasikv_landing.cap = sizeof wasikv_last_trace - 1;
	wasikv_error_trace(error, &area);
	wasikv_error_drop(error);
	size_t n = area.u32[1] < wasikv_landing.cap ? area.u32[1] : wasikv_landing.cap;
	if (area.u32[0] != (uint32_t)(uintptr_t)wasikv_last_trace)
		__builtin_memcpy(wasikv_last_trace, (const char *)(uintptr_t)area.u32[0], n);
	wasikv_last_trace[n] = 0;
	return WASIKV_ERROR;
}

static inline void wasikv_wait(int32_t pollable)
{
	wasikv_pollable_block(pollable);
	wasikv_pollable_drop(pollable);
}

static inline int32_t wasikv_ttl_case(int64_t ttl_ms) { return ttl_ms >= 0; }

static inline uint32_t wasikv_ttl(int64_t ttl_ms)
{
	return ttl_ms < 0 ? 0 : ttl_ms > UINT32_MAX ? UINT32_MAX : (uint32_t)ttl_ms;
}

/* Reads an incoming-value into buf and drops it. */
static inline wasikv_result wasikv_read(int32_t value, void *buf, size_t cap, size_t *len)
{
	wasikv_area area;
	wasikv_result result = WASIKV_OK;

	wasikv_incoming_size(value, &area);
	if (area.u8[0] != 0) {
		result = wasikv_failed((int32_t)area.u32[2]);
	} else if (area.u64[1] > cap) {
		*len = (size_t)area.u64[1];
		result = WASIKV_TOO_LARGE;
	} else {
		wasikv_landing.ptr = buf;
		wasikv_landing.cap = cap;
		wasikv_incoming_consume_sync(value, &area);
		if (area.u8[0] != 0)
			result = wasikv_failed((int32_t)area.u32[1]);
		else
			*len = area.u32[2];
	}
	wasikv_incoming_drop(value);
	return result;
}

/* Waits for a future-result and drops it. */
static inline wasikv_result wasikv_finish(int32_t future)
{
	wasikv_area area;

	wasikv_wait(wasikv_future_listen(future));
	wasikv_future_take(future, &area);
	wasikv_future_drop(future);
	return area.u8[4] != 0 ? wasikv_failed((int32_t)area.u32[2]) : WASIKV_OK;
}

static inline wasikv_result wasikv_get(wasikv_str key, void *buf, size_t cap, size_t *len)
{
	wasikv_area area;
	int32_t future = wasikv_import_get(key.ptr, key.len);

	wasikv_wait(wasikv_future_get_listen(future));
	wasikv_future_get_take(future, &area);
	wasikv_future_get_drop(future);
	if (area.u8[4] != 0)
		return wasikv_failed((int32_t)area.u32[2]);
	if (area.u8[8] == 0)
		return WASIKV_ABSENT;
	return wasikv_read((int32_t)area.u32[3], buf, cap, len);
}

static inline wasikv_result wasikv_set(wasikv_str key, const void *value, size_t len, int64_t ttl_ms)
{
	wasikv_area area;
	int32_t out = wasikv_outgoing_new();
	wasikv_result result;

	wasikv_outgoing_write_sync(out, value, len, &area);
	if (area.u8[0] != 0)
		result = wasikv_failed((int32_t)area.u32[1]);
	else
		result = wasikv_finish(
		    wasikv_import_set(key.ptr, key.len, out, wasikv_ttl_case(ttl_ms), wasikv_ttl(ttl_ms)));
	wasikv_outgoing_drop(out);
	return result;
}

static inline wasikv_result wasikv_exists(wasikv_str key)
{
	wasikv_area area;
	int32_t future = wasikv_import_exists(key.ptr, key.len);

	wasikv_wait(wasikv_future_exists_listen(future));
	wasikv_future_exists_take(future, &area);
	wasikv_future_exists_drop(future);
	if (area.u8[4] != 0)
		return wasikv_failed((int32_t)area.u32[2]);
	return area.u8[8] != 0 ? WASIKV_OK : WASIKV_ABSENT;
}

static inline wasikv_result wasikv_delete(wasikv_str key)
{
	return wasikv_finish(wasikv_import_delete(key.ptr, key.len));
}

static inline wasikv_result wasikv_get_or_set(wasikv_str key, void *buf, size_t cap, size_t *len,
                                              wasikv_vacancy *vacancy)
{
	wasikv_area area;
	int32_t future = wasikv_import_get_or_set(key.ptr, key.len);

	wasikv_wait(wasikv_future_get_or_set_listen(future));
	wasikv_future_get_or_set_take(future, &area);
	wasikv_future_get_or_set_drop(future);
	if (area.u8[4] != 0)
		return wasikv_failed((int32_t)area.u32[2]);
	if (area.u8[8] == 0)
		return wasikv_read((int32_t)area.u32[3], buf, cap, len);
	*vacancy = (wasikv_vacancy)area.u32[3];
	return WASIKV_VACANT;
}

static inline wasikv_result wasikv_fill(wasikv_vacancy vacancy, const void *value, size_t len, int64_t ttl_ms)
{
	wasikv_area area;
	int32_t out = wasikv_vacancy_fill(vacancy, wasikv_ttl_case(ttl_ms), wasikv_ttl(ttl_ms));
	wasikv_result result = WASIKV_OK;

	wasikv_outgoing_write_sync(out, value, len, &area);
	if (area.u8[0] != 0)
		result = wasikv_failed((int32_t)area.u32[1]);
	wasikv_outgoing_drop(out);
	wasikv_vacancy_drop(vacancy);
	return result;
}

static inline void wasikv_release(wasikv_vacancy vacancy) { wasikv_vacancy_drop(vacancy); }

#endif
