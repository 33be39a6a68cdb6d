/* Values: behaviours 15 to 27. */
#include "conformance.h"

static verdict round_trip(void)
{
	static const size_t sizes[] = {0, 1, 4096, 4097, 1 << 20};
	str k = key("b15");

	for (uint32_t i = 0; i < LENGTH(sizes); i++) {
		const uint8_t *body = pattern(sizes[i], i);

		TRY(put(k, body, sizes[i], MINUTE));
		outcome o = finish(start(GET, k));
		if (o.is != VALUE)
			return unexpected(o);
		TRY(size_is(o.self, sizes[i]));
		TRY(body_is(o.self, body, sizes[i]));
	}
	return removed(k);
}

/* Sets k to a value, which stays the caller's. */
static verdict set_from(str k, handle value)
{
	outcome o = finish(start_set(k, value, MINUTE));

	return o.is == DONE ? NULL : unexpected(o);
}

static verdict chunks(void)
{
	enum { CHUNK = 999, COUNT = 10 };
	const uint8_t *body = pattern(CHUNK * COUNT, 16);
	handle value = wasikv_outgoing_new(), stream;
	str k = key("b16");

	TRY(body_stream(value, &stream));
	for (size_t i = 0; i < COUNT; i++)
		EXPECT(stream_write(stream, body + i * CHUNK, CHUNK), "the stream failed");
	drop_output(stream);
	TRY(set_from(k, value));
	wasikv_outgoing_drop(value);
	return holds(k, body, CHUNK * COUNT);
}

static verdict snapshot(void)
{
	handle value = wasikv_outgoing_new(), stream;
	str open = key("b17/open"), whole = key("b17/whole");

	TRY(body_stream(value, &stream));
	EXPECT(stream_write(stream, "first", 5), "the stream failed");
	TRY(set_from(open, value));
	EXPECT(stream_write(stream, ", second", 8), "the stream failed after the set");
	TRY(holds_text(open, "first"));
	drop_output(stream);
	TRY(set_from(whole, value));
	wasikv_outgoing_drop(value);
	TRY(holds_text(open, "first"));
	return holds_text(whole, "first, second");
}

static verdict dropped_at_once(void)
{
	handle value;
	str k = key("b18");

	TRY(outgoing("kept", 4, &value));
	future f = start_set(k, value, MINUTE);
	wasikv_outgoing_drop(value);
	outcome o = finish(f);
	if (o.is != DONE)
		return unexpected(o);
	return holds_text(k, "kept");
}

static verdict two_keys(void)
{
	handle value;
	str a = key("b19/a"), b = key("b19/b");

	TRY(outgoing("both", 4, &value));
	TRY(set_from(a, value));
	TRY(set_from(b, value));
	wasikv_outgoing_drop(value);
	TRY(removed(a));
	TRY(is_absent(a));
	return holds_text(b, "both");
}

/* Tries to give a value a body, sync or by a stream, which must be an error. */
static verdict refuses_body(handle value, bool by_stream)
{
	wasikv_area area;

	if (by_stream)
		wasikv_outgoing_write_async(value, &area);
	else
		wasikv_outgoing_write_sync(value, "again", 5, &area);
	EXPECT(area.u8[0] != 0, "the value took a second body");
	return has_trace((handle)area.u32[1]);
}

static verdict second_write(void)
{
	str k = key("b20");

	for (int by_stream = 0; by_stream < 2; by_stream++) {
		handle value, stream;

		TRY(outgoing("once", 4, &value));
		TRY(refuses_body(value, by_stream));
		TRY(set_from(k, value));
		wasikv_outgoing_drop(value);
		TRY(holds_text(k, "once"));

		value = wasikv_outgoing_new();
		TRY(body_stream(value, &stream));
		EXPECT(stream_write(stream, "twice", 5), "the stream failed");
		TRY(refuses_body(value, by_stream)); /* while it is open */
		drop_output(stream);
		TRY(refuses_body(value, by_stream)); /* and after */
		TRY(set_from(k, value));
		wasikv_outgoing_drop(value);
		TRY(holds_text(k, "twice"));
	}
	return NULL;
}

static verdict never_written(void)
{
	handle value = wasikv_outgoing_new();
	str k = key("b21");

	TRY(set_from(k, value));
	wasikv_outgoing_drop(value);
	TRY(exists_is(k, true));
	return holds(k, "", 0);
}

/* Consumes a value, sync or as a stream. */
static verdict consume(handle value, bool by_stream, bool refused)
{
	wasikv_area area;

	expect_lists();
	if (by_stream)
		wasikv_incoming_consume_async(value, &area);
	else
		wasikv_incoming_consume_sync(value, &area);
	if (refused) {
		EXPECT(area.u8[0] != 0, "a value was consumed twice");
		return has_trace((handle)area.u32[1]);
	}
	EXPECT(area.u8[0] == 0, "a value could not be consumed");
	if (by_stream)
		return rest_is((handle)area.u32[1], "twelve bytes", 12);
	EXPECT(area.u32[2] == 12 && same((const void *)(uintptr_t)area.u32[1], "twelve bytes", 12),
	       "the body has other bytes than were written");
	return NULL;
}

/* Gets a key that has a value. */
static verdict get(str k, handle *value)
{
	outcome o = finish(start(GET, k));

	if (o.is != VALUE)
		return text("get: ", unexpected(o), NULL, NULL);
	*value = o.self;
	return NULL;
}

static verdict second_consume(void)
{
	str k = key("b22");

	TRY(put_text(k, "twelve bytes", MINUTE));
	for (int order = 0; order < 4; order++) {
		handle value;

		TRY(get(k, &value));
		TRY(size_is(value, 12));
		TRY(consume(value, order & 1, false));
		TRY(size_is(value, 12));
		TRY(consume(value, order & 2, true));
		TRY(size_is(value, 12));
		wasikv_incoming_drop(value);
	}
	return NULL;
}

/* Gets a key's value as a stream, without the value. */
static verdict get_stream(str k, handle *stream)
{
	handle value;
	wasikv_area area;

	TRY(get(k, &value));
	wasikv_incoming_consume_async(value, &area);
	wasikv_incoming_drop(value);
	EXPECT(area.u8[0] == 0, "a value could not be consumed");
	*stream = (handle)area.u32[1];
	return NULL;
}

static verdict stream_ends(void)
{
	str k = key("b23");
	handle stream;
	stream_read r;

	TRY(put_text(k, "seven b", MINUTE));
	TRY(get_stream(k, &stream));
	r = input_read(stream, 0);
	EXPECT(r.is == STREAM_DATA && r.n == 0, "read(0) did not give nothing");
	r = input_blocking_read(stream, 3);
	EXPECT(r.is == STREAM_DATA && r.n > 0 && r.n <= 3, "read(3) gave no bytes, or too many");
	TRY(rest_is(stream, &"seven b"[r.n], 7 - r.n));

	TRY(get_stream(k, &stream));
	for (size_t got = 0; got < 7; got += r.n) {
		r = input_blocking_read(stream, UINT64_MAX);
		EXPECT(r.is == STREAM_DATA && r.n > 0 && r.n <= 7 - got, "read(u64::MAX) gave no bytes, or too many");
	}
	for (int i = 0; i < 2; i++)
		EXPECT(input_blocking_read(stream, UINT64_MAX).is == STREAM_CLOSED, "the stream's end is not closed");
	EXPECT(input_read(stream, 1).is == STREAM_CLOSED, "the stream's end is not closed");
	drop_input(stream);

	TRY(put(k, "", 0, MINUTE));
	TRY(get_stream(k, &stream));
	return rest_is(stream, "", 0);
}

/* Gets a value that is about to expire; more time is tried where the host did
 * not answer in time. */
static verdict get_expiring(str k, handle *value, uint32_t *ttl)
{
	for (*ttl = 200; *ttl <= 3200; *ttl *= 2) {
		TRY(put_text(k, "before", *ttl));
		outcome o = finish(start(GET, k));
		if (o.is == VALUE) {
			*value = o.self;
			return NULL;
		}
		if (o.is != ABSENT)
			return unexpected(o);
	}
	return "a value expired before it could be got";
}

static verdict stable(void)
{
	str k = key("b24"), dying = key("b24/ttl");
	handle overwritten, deleted, expired;
	uint32_t ttl;

	TRY(put_text(k, "before", MINUTE));
	TRY(get(k, &overwritten));
	TRY(get(k, &deleted));
	TRY(put_text(k, "after..", MINUTE));
	TRY(body_is(overwritten, "before", 6));
	TRY(removed(k));
	TRY(body_is(deleted, "before", 6));

	TRY(get_expiring(dying, &expired, &ttl));
	pause_ms(ttl + SLACK);
	TRY(is_absent(dying));
	TRY(size_is(expired, 6));
	return body_is(expired, "before", 6);
}

static verdict stream_outlives(void)
{
	enum { SIZE = 10000 };
	str k = key("b25");
	handle stream;

	TRY(put(k, pattern(SIZE, 25), SIZE, MINUTE));
	TRY(get_stream(k, &stream));
	TRY(removed(k));
	pause_ms(1);
	return rest_is(stream, pattern(SIZE, 25), SIZE);
}

WASIKV_IMPORT("wasi:io/streams@0.2.12", "[method]output-stream.check-write")
void check_write(handle self, wasikv_area *result);
WASIKV_IMPORT("wasi:io/streams@0.2.12", "[method]output-stream.write")
void write(handle self, const void *bytes, size_t n, wasikv_area *result);
WASIKV_IMPORT("wasi:io/streams@0.2.12", "[method]output-stream.blocking-write-and-flush")
void blocking_write(handle self, const void *bytes, size_t n, wasikv_area *result);

static verdict beyond_permit(void)
{
	handle value = wasikv_outgoing_new(), stream;
	wasikv_area area;

	TRY(body_stream(value, &stream));
	check_write(stream, &area);
	EXPECT(area.u8[0] == 0, "check-write failed");
	EXPECT(area.u64[1] < 16 << 20, "check-write permits more than this program has");
	size_t n = (size_t)area.u64[1] + 1;
	write(stream, buffer(n), n, &area);
	return "a write beyond the permit did not trap";
}

static verdict beyond_blocking(void)
{
	handle value = wasikv_outgoing_new(), stream;
	wasikv_area area;

	TRY(body_stream(value, &stream));
	blocking_write(stream, buffer(4097), 4097, &area);
	return "blocking-write-and-flush of 4097 bytes did not trap";
}

/* Where even this is stored, the host has no limit that this program knows of. */
#define OVERSIZE (8 << 20)

/* That a value whose body failed is not stored, with no part of its body. */
static verdict not_stored(str k, handle value)
{
	outcome o = finish(start_set(k, value, MINUTE));

	wasikv_outgoing_drop(value);
	if (o.is == FAILED)
		TRY(has_trace(o.self));
	else if (o.is != DONE)
		return unexpected(o);
	return is_absent(k);
}

static verdict oversize(void)
{
	handle value = wasikv_outgoing_new(), stream;
	wasikv_area area;

	wasikv_outgoing_write_sync(value, buffer(OVERSIZE), OVERSIZE, &area);
	if (area.u8[0] == 0) {
		wasikv_outgoing_drop(value);
		return skip("the host takes values of 8 MiB");
	}
	TRY(has_trace((handle)area.u32[1]));
	TRY(not_stored(key("b27/sync"), value));

	value = wasikv_outgoing_new();
	TRY(body_stream(value, &stream));
	EXPECT(!stream_write(stream, buffer(OVERSIZE), OVERSIZE), "a stream took what a list was too large for");
	check_write(stream, &area);
	EXPECT(area.u8[0] != 0 && area.u8[8] == 1, "a stream is not closed after it failed");
	drop_output(stream);
	return not_stored(key("b27/stream"), value);
}

const struct behaviour behaviours[] = {
    {"B15", "round trip of 0, 1, 4096, 4097 and 1 Mi bytes", round_trip, ALWAYS},
    {"B16", "body written by a stream in chunks, with flush", chunks, ALWAYS},
    {"B17", "set with an open stream stores the snapshot", snapshot, ALWAYS},
    {"B18", "outgoing-value dropped right after set returns", dropped_at_once, ALWAYS},
    {"B19", "one outgoing-value set to two keys", two_keys, ALWAYS},
    {"B20", "a second body is an error", second_write, ALWAYS},
    {"B21", "a value that was never written is empty", never_written, ALWAYS},
    {"B22", "a second consume is an error, size stays", second_consume, ALWAYS},
    {"B23", "a stream ends closed; read(0); read(u64::MAX)", stream_ends, ALWAYS},
    {"B24", "an incoming-value survives overwrite, delete and expiry", stable, ALWAYS},
    {"B25", "an input stream outlives its incoming-value", stream_outlives, ALWAYS},
    {"B26-permit", "a write beyond its permit traps", beyond_permit, ON_REQUEST},
    {"B26-blocking", "blocking-write-and-flush beyond 4096 bytes traps", beyond_blocking, ON_REQUEST},
    {"B27", "a value over the limit is an error, sync and by stream", oversize, ALWAYS},
    {NULL, NULL, NULL, ALWAYS},
};
