/* Futures, pollables and the clock. */
#include "conformance.h"

WASIKV_IMPORT("wasi:io/poll@0.2.12", "[method]pollable.ready") int32_t pollable_ready(handle self);
WASIKV_IMPORT("wasi:clocks/monotonic-clock@0.2.12", "now") uint64_t monotonic_now(void);
WASIKV_IMPORT("wasi:clocks/monotonic-clock@0.2.12", "subscribe-duration") handle subscribe_duration(uint64_t ns);

const char *const kind_name[KINDS] = {
    [GET] = "get", [EXISTS] = "exists", [SET] = "set", [DELETE] = "delete", [GET_OR_SET] = "get-or-set"};

future start_set(str key, handle value, int64_t ttl_ms)
{
	return (future){SET, wasikv_import_set(key.ptr, key.len, value, wasikv_ttl_case(ttl_ms), wasikv_ttl(ttl_ms))};
}

future start(enum kind kind, str key)
{
	switch (kind) {
	case EXISTS:
		return (future){kind, wasikv_import_exists(key.ptr, key.len)};
	case DELETE:
		return (future){kind, wasikv_import_delete(key.ptr, key.len)};
	case GET_OR_SET:
		return (future){kind, wasikv_import_get_or_set(key.ptr, key.len)};
	case SET: {
		handle value = wasikv_outgoing_new();
		wasikv_area area;

		wasikv_outgoing_write_sync(value, "set", 3, &area);
		if (area.u8[0] != 0)
			wasikv_error_drop((handle)area.u32[1]);
		future f = start_set(key, value, MINUTE);
		wasikv_outgoing_drop(value);
		return f;
	}
	default:
		return (future){GET, wasikv_import_get(key.ptr, key.len)};
	}
}

handle listen(future f)
{
	switch (f.kind) {
	case GET:
		return wasikv_future_get_listen(f.self);
	case EXISTS:
		return wasikv_future_exists_listen(f.self);
	case GET_OR_SET:
		return wasikv_future_get_or_set_listen(f.self);
	default:
		return wasikv_future_listen(f.self);
	}
}

void drop_future(future f)
{
	switch (f.kind) {
	case GET:
		wasikv_future_get_drop(f.self);
		break;
	case EXISTS:
		wasikv_future_exists_drop(f.self);
		break;
	case GET_OR_SET:
		wasikv_future_get_or_set_drop(f.self);
		break;
	default:
		wasikv_future_drop(f.self);
	}
}

outcome take(future f)
{
	wasikv_area area;

	switch (f.kind) {
	case GET:
		wasikv_future_get_take(f.self, &area);
		break;
	case EXISTS:
		wasikv_future_exists_take(f.self, &area);
		break;
	case GET_OR_SET:
		wasikv_future_get_or_set_take(f.self, &area);
		break;
	default:
		wasikv_future_take(f.self, &area);
	}
	if (area.u8[0] == 0)
		return (outcome){PENDING, 0};
	if (area.u8[4] != 0)
		return (outcome){FAILED, (handle)area.u32[2]};
	switch (f.kind) {
	case GET:
		return area.u8[8] != 0 ? (outcome){VALUE, (handle)area.u32[3]} : (outcome){ABSENT, 0};
	case EXISTS:
		return (outcome){area.u8[8] != 0 ? PRESENT : ABSENT, 0};
	case GET_OR_SET:
		return (outcome){area.u8[8] == 0 ? VALUE : VACANT, (handle)area.u32[3]};
	default:
		return (outcome){DONE, 0};
	}
}

void drop_outcome(outcome o)
{
	switch (o.is) {
	case VALUE:
		wasikv_incoming_drop(o.self);
		break;
	case VACANT:
		wasikv_vacancy_drop(o.self);
		break;
	case FAILED:
		wasikv_error_drop(o.self);
		break;
	default:
		break;
	}
}

outcome finish(future f)
{
	handle p = listen(f);
	outcome o = {PENDING, 0};

	if (ready_within(p, PATIENCE))
		o = take(f);
	wasikv_pollable_drop(p);
	drop_future(f);
	return o;
}

/* The trace of an error, which is dropped; valid until the next list. */
static str trace(handle error)
{
	wasikv_area area;

	expect_lists();
	wasikv_error_trace(error, &area);
	wasikv_error_drop(error);
	return (str){(const char *)(uintptr_t)area.u32[0], area.u32[1]};
}

verdict has_trace(handle error)
{
	EXPECT(trace(error).len != 0, "the error has an empty trace");
	return NULL;
}

verdict is_error(outcome o)
{
	if (o.is != FAILED)
		return unexpected(o);
	return has_trace(o.self);
}

verdict unexpected(outcome o)
{
	static char quoted[512];
	size_t n = 0;

	switch (o.is) {
	case PENDING:
		return "there was no outcome in time";
	case PRESENT:
		return "the outcome was true";
	case ABSENT:
		return "the outcome was that there is no value";
	case DONE:
		return "the outcome was a success";
	case VALUE:
		drop_outcome(o);
		return "the outcome was a value";
	case VACANT:
		drop_outcome(o);
		return "the outcome was a vacancy";
	default:
		break;
	}
	str why = trace(o.self);
	while (n < why.len && n < sizeof quoted - 1) {
		quoted[n] = why.ptr[n];
		n++;
	}
	quoted[n] = 0;
	return text("the outcome was an error: ", quoted, NULL, NULL);
}

verdict stays_pending(future f)
{
	for (int i = 0; i < 2; i++) {
		outcome o = take(f);

		if (o.is != PENDING)
			return text("it did not wait: ", unexpected(o), NULL, NULL);
		pause_ms(30);
	}
	return NULL;
}

size_t poll(const handle *pollables, size_t n, const uint32_t **indices)
{
	wasikv_area area;

	expect_lists();
	wasikv_poll(pollables, n, &area);
	*indices = (const uint32_t *)(uintptr_t)area.u32[0];
	return area.u32[1];
}

bool is_ready(handle pollable) { return pollable_ready(pollable) != 0; }

bool ready_within(handle pollable, uint32_t ms)
{
	handle both[] = {pollable, alarm_ns((uint64_t)ms * 1000000)};
	const uint32_t *indices;

	poll(both, 2, &indices);
	wasikv_pollable_drop(both[1]);
	return is_ready(pollable);
}

uint64_t now_ns(void) { return monotonic_now(); }

handle alarm_ns(uint64_t ns) { return subscribe_duration(ns); }

void pause_ms(uint32_t ms)
{
	handle p = alarm_ns((uint64_t)ms * 1000000);

	wasikv_pollable_block(p);
	wasikv_pollable_drop(p);
}
