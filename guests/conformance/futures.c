/* Futures and poll: behaviours 1 to 14. */
#include "conformance.h"

/* Has a function show a behaviour with each kind of future, on a key of its
 * own. */
static verdict each_kind(const char *name, verdict (*show)(enum kind kind, str key))
{
	for (enum kind kind = GET; kind < KINDS; kind++) {
		verdict why = show(kind, key_at(name, kind));

		if (why != NULL)
			return text(kind_name[kind], ": ", why, NULL);
	}
	return NULL;
}

/* That an outcome is what a request gives for a key without value; drops it. */
static verdict fits_absent(enum kind kind, outcome o)
{
	static const int expected[KINDS] = {
	    [GET] = ABSENT, [EXISTS] = ABSENT, [SET] = DONE, [DELETE] = DONE, [GET_OR_SET] = VACANT};

	if ((int)o.is != expected[kind])
		return unexpected(o);
	drop_outcome(o);
	return NULL;
}

/* Takes until there is an outcome, without ever listening. */
static outcome take_in_time(future f)
{
	uint64_t deadline = now_ns() + (uint64_t)PATIENCE * 1000000;
	outcome o = take(f);

	while (o.is == PENDING && now_ns() < deadline) {
		pause_ms(2);
		o = take(f);
	}
	return o;
}

static verdict absent_after_none(void)
{
	future f = start(GET, key("b01"));

	TRY(fits_absent(GET, take_in_time(f)));
	drop_future(f);
	return NULL;
}

static verdict ready_then_some(enum kind kind, str key)
{
	future f = start(kind, key);
	handle p = listen(f);

	EXPECT(ready_within(p, PATIENCE), "it did not become ready");
	TRY(fits_absent(kind, take(f)));
	wasikv_pollable_drop(p);
	drop_future(f);
	return NULL;
}

static verdict unpolled(enum kind kind, str key)
{
	future f = start(kind, key);

	TRY(fits_absent(kind, take_in_time(f)));
	drop_future(f);
	return NULL;
}

static verdict second_take(enum kind kind, str key)
{
	future f = start(kind, key);

	TRY(fits_absent(kind, take_in_time(f)));
	for (int i = 0; i < 2; i++) {
		verdict why = is_error(take(f));

		if (why != NULL)
			return text("taken again: ", why, NULL, NULL);
	}
	drop_future(f);
	return NULL;
}

static verdict block_and_take(enum kind kind, str key)
{
	/* block, then get */
	future f = start(kind, key);
	handle p = listen(f);

	wasikv_pollable_block(p);
	TRY(fits_absent(kind, take(f)));
	wasikv_pollable_drop(p);
	drop_future(f);
	TRY(removed(key));

	/* get, then block: what was taken stays ready */
	f = start(kind, key);
	outcome o = take(f);
	p = listen(f);
	wasikv_pollable_block(p);
	if (o.is == PENDING)
		o = take(f);
	TRY(fits_absent(kind, o));
	EXPECT(is_ready(p), "its pollable is not ready after the outcome was taken");
	wasikv_pollable_block(p);
	wasikv_pollable_drop(p);
	drop_future(f);
	return NULL;
}

static verdict several_pollables(enum kind kind, str key)
{
	future f = start(kind, key);
	handle p[] = {listen(f), listen(f), listen(f)};

	wasikv_pollable_drop(p[1]);
	EXPECT(ready_within(p[0], PATIENCE), "the first pollable did not become ready");
	EXPECT(ready_within(p[2], PATIENCE), "the third pollable did not become ready");
	TRY(fits_absent(kind, take(f)));
	EXPECT(is_ready(p[0]) && is_ready(p[2]), "a pollable is not ready any more after the take");
	p[1] = listen(f);
	EXPECT(is_ready(p[1]), "a pollable made after the take is not ready");
	for (size_t i = 0; i < LENGTH(p); i++)
		wasikv_pollable_drop(p[i]);
	drop_future(f);
	return NULL;
}

#define MIXED 100

/* That the future of mixed_poll's slot i is ready, and has that slot's outcome. */
static verdict mixed_outcome(future f, uint32_t i)
{
	outcome o = take(f);

	drop_future(f);
	if (f.kind != GET)
		return fits_absent(f.kind, o);
	if (o.is != VALUE)
		return unexpected(o);
	const char *own = number(i);
	return body_is(o.self, own, length(own));
}

/* 100 futures and a clock in one list; each that poll tells of is taken out, and
 * must have had the outcome of its own request. */
static verdict mixed_poll(void)
{
	future f[MIXED];
	handle p[MIXED + 1];
	uint32_t slot[MIXED + 1];
	size_t n = 0;

	for (uint32_t i = 0; i < MIXED; i += KINDS)
		TRY(put_text(key_at("b07", i), number(i), MINUTE));
	for (uint32_t i = 0; i < MIXED; i++) {
		if (i == MIXED / 2) {
			slot[n] = MIXED;
			p[n++] = alarm_ns((uint64_t)PATIENCE * 1000000);
		}
		f[i] = start((enum kind)(i % KINDS), key_at("b07", i));
		slot[n] = i;
		p[n++] = listen(f[i]);
	}
	while (n > 1) {
		bool told[MIXED + 1] = {false};
		const uint32_t *indices;
		size_t ready = poll(p, n, &indices), kept = 0;

		EXPECT(ready > 0, "poll told of nothing");
		for (size_t i = 0; i < ready; i++) {
			EXPECT(indices[i] < n, "poll told of an index beyond the list");
			EXPECT(!told[indices[i]], "poll told of an index twice");
			EXPECT(slot[indices[i]] != MIXED, "poll told of the clock before its time");
			told[indices[i]] = true;
		}
		for (size_t i = 0; i < n; i++) {
			if (!told[i]) {
				slot[kept] = slot[i];
				p[kept++] = p[i];
				continue;
			}
			EXPECT(is_ready(p[i]), "poll told of a pollable that is not ready");
			wasikv_pollable_drop(p[i]);
			verdict why = mixed_outcome(f[slot[i]], slot[i]);
			if (why != NULL)
				return text("index ", number(i), ": ", why);
		}
		n = kept;
	}

	const uint32_t *indices;
	uint64_t began = now_ns();
	p[1] = alarm_ns(20000000);
	EXPECT(poll(p, 2, &indices) == 1 && indices[0] == 1, "poll did not tell of the clock alone");
	EXPECT(now_ns() - began >= 20000000, "poll told of the clock before its time");
	wasikv_pollable_drop(p[0]);
	wasikv_pollable_drop(p[1]);
	return NULL;
}

static verdict duplicates(void)
{
	future f = start(GET, key("b08"));
	handle p = listen(f), clock = alarm_ns((uint64_t)2 * MINUTE * 1000000);
	handle list[] = {p, clock, p, p};
	const uint32_t *indices;
	unsigned seen = 0;

	size_t n = poll(list, LENGTH(list), &indices);
	EXPECT(n == 3, text("poll told of ", number(n), " indices, not of 3", NULL));
	for (size_t i = 0; i < n; i++)
		seen |= 1u << (indices[i] & 31);
	EXPECT(seen == (1u << 0 | 1u << 2 | 1u << 3), "poll did not tell of the places of the ready one");
	wasikv_pollable_drop(p);
	wasikv_pollable_drop(clock);
	TRY(fits_absent(GET, take(f)));
	drop_future(f);
	return NULL;
}

static verdict empty_poll(void)
{
	const uint32_t *indices;

	poll(NULL, 0, &indices);
	return "poll of an empty list did not trap";
}

/* That the instance goes on. The key is none that a dropped set may still store
 * under. */
static verdict healthy(void)
{
	str k = key("healthy");

	TRY(put_text(k, "healthy", MINUTE));
	return holds_text(k, "healthy");
}

static verdict drop_in_order(enum kind kind, str key)
{
	for (int wait = 0; wait < 2; wait++) {
		future f = start(kind, key);
		handle p = listen(f);

		EXPECT(!wait || ready_within(p, PATIENCE), "it did not become ready");
		wasikv_pollable_drop(p);
		drop_future(f);
	}
	return healthy();
}

static verdict drop_reversed(enum kind kind, str key)
{
	for (int wait = 0; wait < 2; wait++) {
		future f = start(kind, key);
		handle p = listen(f);

		EXPECT(!wait || ready_within(p, PATIENCE), "it did not become ready");
		drop_future(f);
		EXPECT(ready_within(p, PATIENCE), "the pollable of a dropped future is not ready");
		wasikv_pollable_drop(p);
	}
	return healthy();
}

static verdict drop_pending(enum kind kind, str key)
{
	drop_future(start(kind, key));
	return healthy();
}

static verdict dropped_set(void)
{
	str k = key("b13");

	drop_future(start(SET, k));
	return comes_to_hold(k, "set");
}

#define OPERATIONS 100000
#define TOGETHER 200

/* Ends each third in a way of its own: dropped at once, dropped with a pollable,
 * and waited for. */
static verdict no_leaks(void)
{
	handle first = wasikv_outgoing_new(), last;

	wasikv_outgoing_drop(first);
	for (uint32_t done = 0; done < OPERATIONS; done += TOGETHER) {
		future f[TOGETHER];

		for (uint32_t i = 0; i < TOGETHER; i++)
			f[i] = start((enum kind)(i % KINDS), key_at("b14", i));
		for (uint32_t i = 0; i < TOGETHER; i++) {
			if (i % 3 == 0) {
				drop_future(f[i]);
			} else if (i % 3 == 1) {
				wasikv_pollable_drop(listen(f[i]));
				drop_future(f[i]);
			} else {
				outcome o = finish(f[i]);

				if (o.is == PENDING || o.is == FAILED)
					return unexpected(o);
				drop_outcome(o);
			}
		}
	}
	last = wasikv_outgoing_new();
	wasikv_outgoing_drop(last);
	EXPECT(last == first, text("a handle was ", number((uint32_t)first), " before and then ",
	                           number((uint32_t)last)));
	return NULL;
}

static verdict b02(void) { return each_kind("b02", ready_then_some); }
static verdict b03(void) { return each_kind("b03", unpolled); }
static verdict b04(void) { return each_kind("b04", second_take); }
static verdict b05(void) { return each_kind("b05", block_and_take); }
static verdict b06(void) { return each_kind("b06", several_pollables); }
static verdict b10(void) { return each_kind("b10", drop_in_order); }
static verdict b11(void) { return each_kind("b11", drop_reversed); }
static verdict b12(void) { return each_kind("b12", drop_pending); }

const struct behaviour behaviours[] = {
    {"B01", "absent key: none until there is an outcome, which is none", absent_after_none, ALWAYS},
    {"B02", "after ready there is an outcome, of each kind", b02, ALWAYS},
    {"B03", "completes without being polled", b03, ALWAYS},
    {"B04", "the second take gives an error", b04, ALWAYS},
    {"B05", "block then get; get before block", b05, ALWAYS},
    {"B06", "several pollables of one future", b06, ALWAYS},
    {"B07", "poll of 100 mixed futures and a clock tells the right indices", mixed_poll, ALWAYS},
    {"B08", "a pollable several times in one list", duplicates, ALWAYS},
    {"B09", "poll of an empty list traps", empty_poll, ON_REQUEST},
    {"B10", "dropping the pollable, then the future, pending and ready", b10, ALWAYS},
    {"B11", "dropping the future before its pollable", b11, ON_REQUEST},
    {"B12", "dropping each kind of pending future", b12, ALWAYS},
    {"B13", "a set whose future is dropped still stores", dropped_set, ALWAYS},
    {"B14", "no handle leaks over 100,000 operations", no_leaks, ALWAYS},
    {NULL, NULL, NULL, ALWAYS},
};
