/* Values, whole operations and vacancies. */
#include "conformance.h"

WASIKV_IMPORT("wasi:io/streams@0.2.12", "[method]output-stream.check-write")
void output_check_write(handle self, wasikv_area *result);
WASIKV_IMPORT("wasi:io/streams@0.2.12", "[method]output-stream.write")
void output_write(handle self, const void *bytes, size_t n, wasikv_area *result);
WASIKV_IMPORT("wasi:io/streams@0.2.12", "[method]output-stream.flush")
void output_flush(handle self, wasikv_area *result);
WASIKV_IMPORT("wasi:io/streams@0.2.12", "[method]output-stream.subscribe") handle output_subscribe(handle self);
WASIKV_IMPORT("wasi:io/streams@0.2.12", "[resource-drop]output-stream") void output_drop(handle self);
WASIKV_IMPORT("wasi:io/streams@0.2.12", "[method]input-stream.read")
void input_stream_read(handle self, uint64_t n, wasikv_area *result);
WASIKV_IMPORT("wasi:io/streams@0.2.12", "[method]input-stream.blocking-read")
void input_stream_blocking_read(handle self, uint64_t n, wasikv_area *result);
WASIKV_IMPORT("wasi:io/streams@0.2.12", "[resource-drop]input-stream") void input_drop(handle self);
WASIKV_IMPORT("wasi:io/error@0.2.12", "[resource-drop]error") void io_error_drop(handle self);

/* ---- outgoing ---- */

verdict outgoing(const void *body, size_t n, handle *value)
{
	wasikv_area area;

	*value = wasikv_outgoing_new();
	wasikv_outgoing_write_sync(*value, body, n, &area);
	if (area.u8[0] != 0) {
		wasikv_outgoing_drop(*value);
		return text("writing a body: ", unexpected((outcome){FAILED, (handle)area.u32[1]}), NULL, NULL);
	}
	return NULL;
}

verdict body_stream(handle value, handle *stream)
{
	wasikv_area area;

	wasikv_outgoing_write_async(value, &area);
	if (area.u8[0] != 0)
		return text("taking the body's stream: ", unexpected((outcome){FAILED, (handle)area.u32[1]}), NULL, NULL);
	*stream = (handle)area.u32[1];
	return NULL;
}

/* Drops what a stream-error holds: case 0 is last-operation-failed. */
static void drop_stream_error(const uint32_t *error)
{
	if (*(const uint8_t *)error == 0)
		io_error_drop((handle)error[1]);
}

/* Waits until the stream takes bytes, and says how many; 0 where it failed. */
static uint64_t permit(handle stream)
{
	for (;;) {
		wasikv_area area;
		handle p = output_subscribe(stream);
		bool ready = ready_within(p, PATIENCE);

		wasikv_pollable_drop(p);
		if (!ready)
			return 0;
		output_check_write(stream, &area);
		if (area.u8[0] != 0) {
			drop_stream_error(&area.u32[2]);
			return 0;
		}
		if (area.u64[1] != 0)
			return area.u64[1];
	}
}

bool stream_write(handle stream, const void *bytes, size_t n)
{
	const uint8_t *from = bytes;
	wasikv_area area;

	while (n > 0) {
		uint64_t allowed = permit(stream);
		size_t part = allowed < n ? (size_t)allowed : n;

		if (part == 0)
			return false;
		output_write(stream, from, part, &area);
		if (area.u8[0] != 0) {
			drop_stream_error(&area.u32[1]);
			return false;
		}
		from += part;
		n -= part;
	}
	output_flush(stream, &area);
	if (area.u8[0] != 0) {
		drop_stream_error(&area.u32[1]);
		return false;
	}
	return permit(stream) != 0;
}

void drop_output(handle stream) { output_drop(stream); }

/* ---- incoming ---- */

static stream_read read_result(const wasikv_area *area)
{
	if (area->u8[0] == 0)
		return (stream_read){STREAM_DATA, (const uint8_t *)(uintptr_t)area->u32[1], area->u32[2]};
	drop_stream_error(&area->u32[1]);
	return (stream_read){area->u8[4] == 0 ? STREAM_FAILED : STREAM_CLOSED, NULL, 0};
}

stream_read input_read(handle stream, uint64_t n)
{
	wasikv_area area;

	expect_lists();
	input_stream_read(stream, n, &area);
	return read_result(&area);
}

stream_read input_blocking_read(handle stream, uint64_t n)
{
	wasikv_area area;

	expect_lists();
	input_stream_blocking_read(stream, n, &area);
	return read_result(&area);
}

void drop_input(handle stream) { input_drop(stream); }

verdict body_of(handle value, const uint8_t **body, size_t *n)
{
	wasikv_area area;

	expect_lists();
	wasikv_incoming_consume_sync(value, &area);
	wasikv_incoming_drop(value);
	if (area.u8[0] != 0)
		return text("consuming a value: ", unexpected((outcome){FAILED, (handle)area.u32[1]}), NULL, NULL);
	*body = (const uint8_t *)(uintptr_t)area.u32[1];
	*n = area.u32[2];
	return NULL;
}

verdict body_is(handle value, const void *body, size_t n)
{
	const uint8_t *got;
	size_t size;

	TRY(body_of(value, &got, &size));
	EXPECT(size == n, text("the body has ", number(size), " bytes, not ", number(n)));
	EXPECT(same(got, body, n), "the body has other bytes than were written");
	return NULL;
}

verdict size_is(handle value, uint64_t n)
{
	wasikv_area area;

	wasikv_incoming_size(value, &area);
	if (area.u8[0] != 0)
		return text("size: ", unexpected((outcome){FAILED, (handle)area.u32[2]}), NULL, NULL);
	EXPECT(area.u64[1] == n, text("the size is ", number(area.u64[1]), ", not ", number(n)));
	return NULL;
}

verdict rest_is(handle stream, const void *body, size_t n)
{
	const uint8_t *expected = body;
	size_t at = 0;

	for (;;) {
		stream_read r = input_blocking_read(stream, 4096);

		if (r.is == STREAM_CLOSED)
			break;
		EXPECT(r.is == STREAM_DATA, "the stream failed");
		EXPECT(r.n <= 4096, "the stream gave more than was asked for");
		EXPECT(r.n <= n - at, "the stream gave more than the body");
		EXPECT(same(r.bytes, expected + at, r.n), "the stream gave other bytes than the body");
		at += r.n;
	}
	drop_input(stream);
	EXPECT(at == n, text("the stream ended after ", number(at), " bytes of ", number(n)));
	return NULL;
}

/* ---- whole operations ---- */

static verdict is_done(future f)
{
	outcome o = finish(f);

	return o.is == DONE ? NULL : text(kind_name[f.kind], ": ", unexpected(o), NULL);
}

verdict put(str key, const void *body, size_t n, int64_t ttl_ms)
{
	handle value;
	verdict why;

	TRY(outgoing(body, n, &value));
	why = is_done(start_set(key, value, ttl_ms));
	wasikv_outgoing_drop(value);
	return why;
}

verdict put_text(str key, const char *text, int64_t ttl_ms) { return put(key, text, length(text), ttl_ms); }

verdict removed(str key) { return is_done(start(DELETE, key)); }

verdict holds(str key, const void *body, size_t n)
{
	outcome o = finish(start(GET, key));

	if (o.is != VALUE)
		return text("get: ", unexpected(o), NULL, NULL);
	return body_is(o.self, body, n);
}

verdict holds_text(str key, const char *text) { return holds(key, text, length(text)); }

verdict is_absent(str key)
{
	outcome o = finish(start(GET, key));

	return o.is == ABSENT ? NULL : text("get: ", unexpected(o), NULL, NULL);
}

verdict exists_is(str key, bool expected)
{
	outcome o = finish(start(EXISTS, key));

	return o.is == (expected ? PRESENT : ABSENT) ? NULL : text("exists: ", unexpected(o), NULL, NULL);
}

verdict comes_to_hold(str key, const char *expected)
{
	uint64_t deadline = now_ns() + (uint64_t)PATIENCE * 1000000;

	while (now_ns() < deadline) {
		outcome o = finish(start(GET, key));

		if (o.is == VALUE)
			return body_is(o.self, expected, length(expected));
		if (o.is != ABSENT)
			return unexpected(o);
		pause_ms(5);
	}
	return text("the other instance did not say \"", expected, "\" in time", NULL);
}

/* ---- vacancies ---- */

verdict becomes_vacant(future f, uint32_t within_ms, handle *vacancy)
{
	handle p = listen(f);
	bool ready = ready_within(p, within_ms);
	outcome o = {PENDING, 0};

	wasikv_pollable_drop(p);
	if (ready)
		o = take(f);
	drop_future(f);
	if (o.is != VACANT)
		return text("get-or-set: ", unexpected(o), NULL, NULL);
	*vacancy = o.self;
	return NULL;
}

verdict vacancy(str key, handle *vacancy) { return becomes_vacant(start(GET_OR_SET, key), PATIENCE, vacancy); }

verdict becomes_occupied(future f, const char *expected)
{
	outcome o = finish(f);

	if (o.is != VALUE)
		return text("get-or-set: ", unexpected(o), NULL, NULL);
	return body_is(o.self, expected, length(expected));
}

handle fill_later(handle vacancy, int64_t ttl_ms)
{
	return wasikv_vacancy_fill(vacancy, wasikv_ttl_case(ttl_ms), wasikv_ttl(ttl_ms));
}

verdict fill(handle vacancy, const char *body, int64_t ttl_ms)
{
	handle value = fill_later(vacancy, ttl_ms);
	wasikv_area area;

	wasikv_outgoing_write_sync(value, body, length(body), &area);
	wasikv_outgoing_drop(value);
	wasikv_vacancy_drop(vacancy);
	if (area.u8[0] != 0)
		return text("filling a vacancy: ", unexpected((outcome){FAILED, (handle)area.u32[1]}), NULL, NULL);
	return NULL;
}
