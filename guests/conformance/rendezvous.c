/* get-or-set: behaviours 42 to 60, but for those of timeouts.c. */
#include "conformance.h"

/* How long a host is given to queue what was asked for. */
#define QUEUED_MS 50

static verdict hit_and_miss(void)
{
	str k = key("b42");
	handle v;

	TRY(vacancy(k, &v));
	wasikv_vacancy_drop(v);
	TRY(put_text(k, "there", MINUTE));
	return becomes_occupied(start(GET_OR_SET, k), "there");
}

/* Gives a vacancy its value through a stream, in two parts. */
static verdict fill_by_stream(handle v, const char *a, const char *b, int64_t ttl_ms)
{
	handle value = fill_later(v, ttl_ms), stream;

	TRY(body_stream(value, &stream));
	EXPECT(stream_write(stream, a, length(a)), "the stream failed");
	EXPECT(stream_write(stream, b, length(b)), "the stream failed");
	drop_output(stream);
	wasikv_outgoing_drop(value);
	wasikv_vacancy_drop(v);
	return NULL;
}

static verdict filled(void)
{
	str sync = key("b43/sync"), stream = key("b43/stream");
	str dying = key("b43/ttl"), dying_stream = key("b43/stream-ttl");
	handle v;

	TRY(vacancy(sync, &v));
	TRY(fill(v, "at once", MINUTE));
	TRY(becomes_occupied(start(GET_OR_SET, sync), "at once"));
	TRY(vacancy(stream, &v));
	TRY(fill_by_stream(v, "bit ", "by bit", MINUTE));
	TRY(becomes_occupied(start(GET_OR_SET, stream), "bit by bit"));

	TRY(vacancy(dying, &v));
	TRY(fill(v, "at once", 200));
	TRY(vacancy(dying_stream, &v));
	TRY(fill_by_stream(v, "bit ", "by bit", 200));
	pause_ms(200 + SLACK);
	TRY(is_absent(dying));
	TRY(is_absent(dying_stream));
	/* The others had more time. */
	TRY(holds_text(sync, "at once"));
	return holds_text(stream, "bit by bit");
}

enum { WAITERS = 20 };

static verdict one_computes(void)
{
	str k = key("b44");
	future waiters[WAITERS];
	handle v;

	TRY(vacancy(k, &v));
	for (int i = 0; i < WAITERS; i++)
		waiters[i] = start(GET_OR_SET, k);
	for (int i = 0; i < WAITERS; i += WAITERS - 1)
		TRY(stays_pending(waiters[i]));
	TRY(fill(v, "computed once", MINUTE));
	for (int i = 0; i < WAITERS; i++)
		TRY(becomes_occupied(waiters[i], "computed once"));
	return NULL;
}

/* One of many instances that ask for a key at the same time: says whether it
 * computed the value, and which it has. */
static verdict read_through(void)
{
	str k = key("b44/read-through");
	future f = start(GET_OR_SET, k);
	handle p = listen(f);
	bool ready = ready_within(p, TIMEOUT_PATIENCE);
	outcome o = {PENDING, 0};
	const uint8_t *body;
	size_t n;

	wasikv_pollable_drop(p);
	if (ready)
		o = take(f);
	drop_future(f);
	if (o.is == VACANT) {
		pause_ms(100);
		const char *value = text("by ", number(number_argument()), NULL, NULL);
		note("computed", value);
		return fill(o.self, value, MINUTE);
	}
	if (o.is != VALUE)
		return unexpected(o);
	TRY(body_of(o.self, &body, &n));
	char *quoted = (char *)buffer(n + 1);
	__builtin_memcpy(quoted, body, n);
	quoted[n] = 0;
	note("hit", quoted);
	return NULL;
}

static verdict sync_write_wakes(void)
{
	str k = key("b45");
	handle v, value;
	wasikv_area area;

	TRY(vacancy(k, &v));
	future waiter = start(GET_OR_SET, k);
	TRY(stays_pending(waiter));
	value = fill_later(v, MINUTE);
	wasikv_outgoing_write_sync(value, "written", 7, &area);
	EXPECT(area.u8[0] == 0, "writing the fill failed");
	TRY(becomes_occupied(waiter, "written"));
	wasikv_outgoing_drop(value);
	wasikv_vacancy_drop(v);
	return holds_text(k, "written");
}

static verdict chain(void)
{
	enum { N = 5 };
	str k = key("b46");
	future waiters[N];
	handle p[N + 1], v;
	size_t left = N;

	TRY(vacancy(k, &v));
	for (size_t i = 0; i < N; i++) {
		waiters[i] = start(GET_OR_SET, k);
		p[i] = listen(waiters[i]);
	}
	pause_ms(QUEUED_MS);
	for (; left > 0; left--) {
		const uint32_t *indices;
		size_t promoted = left, ready = 0;

		wasikv_vacancy_drop(v);
		p[left] = alarm_ns((uint64_t)PATIENCE * 1000000);
		poll(p, left + 1, &indices);
		wasikv_pollable_drop(p[left]);
		pause_ms(QUEUED_MS); /* in which another would become ready, too */
		for (size_t i = 0; i < left; i++) {
			if (is_ready(p[i])) {
				promoted = i;
				ready++;
			}
		}
		EXPECT(ready == 1, text("a dropped vacancy made ", number(ready), " waiters ready", NULL));
		wasikv_pollable_drop(p[promoted]);
		TRY(becomes_vacant(waiters[promoted], PATIENCE, &v));
		p[promoted] = p[left - 1];
		waiters[promoted] = waiters[left - 1];
	}
	TRY(fill(v, "by the last", MINUTE));
	return holds_text(k, "by the last");
}

static verdict unwritten(void)
{
	str k = key("b47");
	handle v, next, value;

	for (int vacancy_first = 0; vacancy_first < 2; vacancy_first++) {
		TRY(vacancy(k, &v));
		future waiter = start(GET_OR_SET, k);
		value = fill_later(v, MINUTE);
		if (vacancy_first) {
			wasikv_vacancy_drop(v);
			TRY(stays_pending(waiter)); /* the value is still to come */
			wasikv_outgoing_drop(value);
		} else {
			TRY(stays_pending(waiter));
			wasikv_outgoing_drop(value);
		}
		TRY(becomes_vacant(waiter, PATIENCE, &next));
		TRY(is_absent(k));
		wasikv_vacancy_drop(next);
		if (!vacancy_first)
			wasikv_vacancy_drop(v);
	}
	return NULL;
}

static verdict empty_fill(void)
{
	str sync = key("b48/sync"), stream = key("b48/stream");
	handle v;

	TRY(vacancy(sync, &v));
	future waiter = start(GET_OR_SET, sync);
	TRY(fill(v, "", MINUTE));
	TRY(becomes_occupied(waiter, ""));
	TRY(holds(sync, "", 0));

	TRY(vacancy(stream, &v));
	waiter = start(GET_OR_SET, stream);
	TRY(fill_by_stream(v, "", "", MINUTE));
	TRY(becomes_occupied(waiter, ""));
	return holds(stream, "", 0);
}

static verdict untaken(void)
{
	str k = key("b49");
	future granted = start(GET_OR_SET, k);
	handle p = listen(granted), v;

	EXPECT(ready_within(p, PATIENCE), "get-or-set of an absent key did not become ready");
	future waiter = start(GET_OR_SET, k);
	TRY(stays_pending(waiter));
	wasikv_pollable_drop(p);
	drop_future(granted);
	TRY(becomes_vacant(waiter, PATIENCE, &v));
	return fill(v, "filled", MINUTE);
}

static verdict skipped_waiter(void)
{
	str k = key("b50");
	handle v;

	TRY(vacancy(k, &v));
	future gone = start(GET_OR_SET, k);
	TRY(stays_pending(gone));
	future waiter = start(GET_OR_SET, k);
	TRY(stays_pending(waiter));
	drop_future(gone);
	TRY(stays_pending(waiter));
	wasikv_vacancy_drop(v);
	TRY(becomes_vacant(waiter, PATIENCE, &v));
	return fill(v, "filled", MINUTE);
}

/* ---- 51 and 60: one instance ends with the vacancy, another waits ---- */

WASIKV_IMPORT("wasi:cli/exit@0.2.12", "exit") void exit_with(int32_t failure);

/* Says that it holds the vacancy, and returns when the other waits for it. */
static verdict hold(handle *v)
{
	TRY(vacancy(key("b51"), v));
	TRY(put_text(key("b51/said"), "held", MINUTE));
	return comes_to_hold(key("b51/answered"), "waiting");
}

/* What was written to a stream is not committed by a trap. */
static verdict hold_and_trap(void)
{
	handle v, value, stream;

	TRY(hold(&v));
	value = fill_later(v, MINUTE);
	TRY(body_stream(value, &stream));
	EXPECT(stream_write(stream, "half", 4), "the stream failed");
	__builtin_trap();
}

static verdict hold_and_exit(void)
{
	handle v;

	TRY(hold(&v));
	exit_with(1);
	return "exit returned";
}

static verdict hold_and_return(void)
{
	handle v;

	TRY(hold(&v));
	fill_later(v, MINUTE);
	return NULL;
}

/* Whoever runs it ends it meanwhile, from outside. */
static verdict hold_and_hang(void)
{
	handle v;

	TRY(hold(&v));
	pause_ms(2 * MINUTE);
	return "the guest was not killed";
}

static verdict inherit(void)
{
	str k = key("b51");
	handle v;

	TRY(comes_to_hold(key("b51/said"), "held"));
	future waiter = start(GET_OR_SET, k);
	TRY(stays_pending(waiter));
	TRY(put_text(key("b51/answered"), "waiting", MINUTE));
	TRY(becomes_vacant(waiter, PATIENCE, &v));
	TRY(fill(v, "by the heir", MINUTE));
	return holds_text(k, "by the heir");
}

/* ---- one vacancy among other operations ---- */

static verdict second_fill(void)
{
	str k = key("b54"), early = key("b54/early");
	handle v, value, inert;
	wasikv_area area;

	TRY(vacancy(k, &v));
	value = fill_later(v, MINUTE);
	inert = fill_later(v, MINUTE);
	wasikv_outgoing_write_sync(inert, "second", 6, &area);
	EXPECT(area.u8[0] != 0, "the second fill took a body");
	TRY(has_trace((handle)area.u32[1]));
	wasikv_outgoing_drop(inert);
	TRY(is_absent(k));
	wasikv_outgoing_write_sync(value, "first", 5, &area);
	EXPECT(area.u8[0] == 0, "the first fill took no body");
	wasikv_outgoing_drop(value);
	inert = fill_later(v, MINUTE);
	wasikv_outgoing_drop(inert);
	wasikv_vacancy_drop(v); /* after the fill: keeps it */
	TRY(holds_text(k, "first"));

	TRY(vacancy(early, &v));
	value = fill_later(v, MINUTE);
	wasikv_vacancy_drop(v); /* before the body is written */
	wasikv_outgoing_write_sync(value, "first", 5, &area);
	EXPECT(area.u8[0] == 0, "the fill took no body after the vacancy was dropped");
	wasikv_outgoing_drop(value);
	return holds_text(early, "first");
}

static verdict unblocked(void)
{
	str k = key("b55");
	handle v;

	TRY(vacancy(k, &v));
	future waiter = start(GET_OR_SET, k);
	TRY(is_absent(k));
	TRY(exists_is(k, false));
	TRY(stays_pending(waiter));
	TRY(fill(v, "filled", MINUTE));
	return becomes_occupied(waiter, "filled");
}

static verdict set_satisfies(void)
{
	str k = key("b56");
	handle v;

	TRY(vacancy(k, &v));
	future a = start(GET_OR_SET, k), b = start(GET_OR_SET, k);
	TRY(stays_pending(a));
	TRY(put_text(k, "set", MINUTE));
	TRY(becomes_occupied(a, "set"));
	TRY(becomes_occupied(b, "set"));
	TRY(fill(v, "stale", MINUTE));
	return holds_text(k, "set");
}

static verdict delete_fences(void)
{
	str k = key("b57"), alone = key("b57/alone");
	handle v, next;

	TRY(vacancy(k, &v));
	future waiter = start(GET_OR_SET, k);
	TRY(stays_pending(waiter));
	TRY(removed(k));
	TRY(becomes_vacant(waiter, PATIENCE, &next));
	TRY(fill(v, "stale", MINUTE));
	TRY(is_absent(k));
	TRY(fill(next, "fresh", MINUTE));
	TRY(holds_text(k, "fresh"));

	TRY(vacancy(alone, &v));
	TRY(removed(alone));
	TRY(fill(v, "stale", MINUTE));
	return is_absent(alone);
}

static verdict fill_without_life(void)
{
	str k = key("b58");
	future waiters[3];
	handle v;

	TRY(vacancy(k, &v));
	for (size_t i = 0; i < LENGTH(waiters); i++)
		waiters[i] = start(GET_OR_SET, k);
	TRY(stays_pending(waiters[0]));
	TRY(stays_pending(waiters[2]));
	TRY(fill(v, "fleeting", 0));
	for (size_t i = 0; i < LENGTH(waiters); i++)
		TRY(becomes_occupied(waiters[i], "fleeting"));
	return is_absent(k);
}

static verdict independent(void)
{
	handle a, b, c;

	TRY(vacancy(key("b59/a"), &a));
	TRY(vacancy(key("b59/b"), &b));
	TRY(vacancy(key("b59/c"), &c));
	TRY(fill(b, "b", MINUTE));
	TRY(becomes_occupied(start(GET_OR_SET, key("b59/b")), "b"));
	TRY(is_absent(key("b59/a")));
	TRY(fill(c, "c", MINUTE));
	TRY(fill(a, "a", MINUTE));
	TRY(holds_text(key("b59/a"), "a"));
	return holds_text(key("b59/c"), "c");
}

const struct behaviour behaviours[] = {
    {"B42", "a hit is occupied, a miss vacant", hit_and_miss, ALWAYS},
    {"B43", "filled sync and by stream: later occupied, for the fill's TTL", filled, ALWAYS},
    {"B44", "one is vacant, 20 wait and get the one value", one_computes, ALWAYS},
    {"B44-read-through", "one of many instances that ask at once", read_through, ON_REQUEST},
    {"B45", "the sync write wakes waiters before any drop", sync_write_wakes, ALWAYS},
    {"B46", "a dropped vacancy promotes exactly one, five times", chain, ALWAYS},
    {"B47", "filled and dropped unwritten: the next is promoted", unwritten, ALWAYS},
    {"B48", "an explicit empty fill is occupied, and empty", empty_fill, ALWAYS},
    {"B49", "a vacant future dropped untaken: the next is promoted", untaken, ALWAYS},
    {"B50", "a waiter that was dropped is skipped", skipped_waiter, ALWAYS},
    {"B51-trap", "holds a vacancy and traps", hold_and_trap, ON_REQUEST},
    {"B51-exit", "holds a vacancy and exits", hold_and_exit, ON_REQUEST},
    {"B51-return", "holds a vacancy and returns", hold_and_return, ON_REQUEST},
    {"B60-hold", "holds a vacancy until it is killed", hold_and_hang, ON_REQUEST},
    {"B51-wait", "waits for a vacancy whose holder ends", inherit, ON_REQUEST},
    {"B54", "a second fill is inert; drop after fill keeps the fill", second_fill, ALWAYS},
    {"B55", "get and exists do not wait for a vacancy", unblocked, ALWAYS},
    {"B56", "set satisfies waiters; the stale fill loses", set_satisfies, ALWAYS},
    {"B57", "delete promotes a waiter; the stale fill is not resurrected", delete_fences, ALWAYS},
    {"B58", "a fill with TTL 0 serves those who wait, and no other", fill_without_life, ALWAYS},
    {"B59", "keys are independent", independent, ALWAYS},
    {NULL, NULL, NULL, ALWAYS},
};
