/* Safety: behaviours 39 to 41, and 63. */
#include "conformance.h"

/* ---- 39: values that prove who wrote them ---- */

enum { SHARED = 8, TURNS = 150, WRITERS = 64, BODY_MAX = 2048 };

/* The body that a writer gives with its seq-th write: everything in it follows
 * from the two numbers at its start, so that a reader knows a torn or invented
 * one. */
static size_t signed_body(uint32_t writer, uint32_t seq, uint8_t *body)
{
	uint32_t state = writer * 2654435761u ^ seq * 40503u ^ 39;
	size_t n = 8 + (state >> 4) % (BODY_MAX - 8);

	__builtin_memcpy(body, &writer, 4);
	__builtin_memcpy(body + 4, &seq, 4);
	for (size_t i = 8; i < n; i++) {
		state = state * 1664525 + 1013904223;
		body[i] = (uint8_t)(state >> 24);
	}
	return n;
}

/* That what a get found is absent or what some writer wrote. */
static verdict genuine(outcome o, uint32_t *values)
{
	static uint8_t expected[BODY_MAX];
	const uint8_t *body;
	size_t n;
	uint32_t writer, seq;

	if (o.is == ABSENT)
		return NULL;
	if (o.is != VALUE)
		return unexpected(o);
	TRY(body_of(o.self, &body, &n));
	EXPECT(n >= 8, "a value is shorter than any that was written");
	__builtin_memcpy(&writer, body, 4);
	__builtin_memcpy(&seq, body + 4, 4);
	EXPECT(writer < WRITERS && seq < TURNS * SHARED, "a value was written by nobody");
	EXPECT(signed_body(writer, seq, expected) == n, "a value has another length than was written");
	EXPECT(same(body, expected, n), "a value is torn");
	++*values;
	return NULL;
}

static verdict start_signed(uint32_t writer, uint32_t seq, future *f)
{
	static uint8_t body[BODY_MAX];
	handle value;

	TRY(outgoing(body, signed_body(writer, seq, body), &value));
	*f = start_set(key_at("b39", seq % SHARED), value, MINUTE);
	wasikv_outgoing_drop(value);
	return NULL;
}

static verdict share(bool writing, bool reading)
{
	uint32_t values = 0;

	for (uint32_t turn = 0; turn < TURNS; turn++) {
		future sets[SHARED], gets[SHARED];

		for (uint32_t i = 0; i < SHARED; i++) {
			if (writing)
				TRY(start_signed(number_argument(), turn * SHARED + i, &sets[i]));
			if (reading)
				gets[i] = start(GET, key_at("b39", i));
		}
		for (uint32_t i = 0; i < SHARED; i++) {
			if (reading)
				TRY(genuine(finish(gets[i]), &values));
			if (writing) {
				outcome o = finish(sets[i]);
				if (o.is != DONE)
					return unexpected(o);
			}
		}
	}
	note("values read:", number(values));
	return NULL;
}

static verdict write_and_read(void) { return share(true, true); }
static verdict write_only(void) { return share(true, false); }
static verdict read_only(void) { return share(false, true); }

/* ---- 40: each tenant has the number that is the third argument ---- */

static const char *tenant(void) { return text("of tenant ", number(number_argument()), NULL, NULL); }

/* Nobody else's entries are there; leaves its own. */
static verdict tenant_fill(void)
{
	str k = key("b40"), computed = key("b40/computed");
	handle v;

	TRY(is_absent(k));
	TRY(exists_is(k, false));
	TRY(put_text(k, tenant(), MINUTE));
	TRY(vacancy(computed, &v));
	TRY(fill(v, tenant(), MINUTE));
	return holds_text(computed, tenant());
}

/* Its own are as it left them, whatever others did meanwhile. */
static verdict tenant_check(void)
{
	TRY(holds_text(key("b40"), tenant()));
	return holds_text(key("b40/computed"), tenant());
}

static verdict tenant_clear(void)
{
	TRY(tenant_check());
	TRY(removed(key("b40")));
	TRY(removed(key("b40/computed")));
	return is_absent(key("b40"));
}

/* ---- 41 ---- */

static verdict committed(void)
{
	str k = key("b41"), filled = key("b41/filled");
	handle value, stream, v;

	/* A body that was written and not set. */
	TRY(outgoing("hidden", 6, &value));
	TRY(is_absent(k));
	wasikv_outgoing_drop(value);
	TRY(is_absent(k));

	/* A fill whose stream is open. */
	TRY(vacancy(filled, &v));
	value = fill_later(v, MINUTE);
	TRY(body_stream(value, &stream));
	EXPECT(stream_write(stream, "half", 4), "the stream failed");
	TRY(is_absent(filled));
	TRY(exists_is(filled, false));
	EXPECT(stream_write(stream, ", whole", 7), "the stream failed");
	TRY(is_absent(filled));
	drop_output(stream);
	wasikv_outgoing_drop(value);
	wasikv_vacancy_drop(v);
	return holds_text(filled, "half, whole");
}

/* ---- 63 ---- */

static verdict eviction(void)
{
	enum { COUNT = 64, SIZE = 256 << 10 };
	uint32_t evicted = 0;

	for (uint32_t i = 0; i < COUNT; i++)
		TRY(put(key_at("b63", i), pattern(SIZE, i), SIZE, MINUTE));
	for (uint32_t i = 0; i < COUNT; i++) {
		outcome o = finish(start(GET, key_at("b63", i)));

		if (o.is == ABSENT)
			evicted++;
		else if (o.is == VALUE)
			TRY(body_is(o.self, pattern(SIZE, i), SIZE));
		else
			return unexpected(o);
	}
	for (uint32_t i = 0; i < COUNT; i++)
		TRY(removed(key_at("b63", i)));
	note("evicted:", number(evicted));
	return NULL;
}

const struct behaviour behaviours[] = {
    {"B39", "no value is torn or invented", write_and_read, ALWAYS},
    {"B39-write", "a writer among others", write_only, ON_REQUEST},
    {"B39-read", "a reader among writers", read_only, ON_REQUEST},
    {"B40-fill", "a tenant finds nothing of others, and leaves entries", tenant_fill, ON_REQUEST},
    {"B40-check", "a tenant finds its entries as it left them", tenant_check, ON_REQUEST},
    {"B40-clear", "a tenant removes its entries", tenant_clear, ON_REQUEST},
    {"B41", "invisible until commit", committed, ALWAYS},
    {"B63", "eviction gives misses, never errors", eviction, ALWAYS},
    {NULL, NULL, NULL, ALWAYS},
};
