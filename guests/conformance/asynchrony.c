/*
 * How long requests take and what they cost, over a store that is slow: no
 * behaviours with a number, but what many of them rest on. The guest measures,
 * whoever runs it judges.
 */
#include "conformance.h"

/* Waits for all pollables, and drops them. */
static verdict all_ready(handle *p, size_t n)
{
	while (n > 0) {
		const uint32_t *indices;
		size_t kept = 0;

		EXPECT(poll(p, n, &indices) > 0, "poll told of nothing");
		for (size_t i = 0; i < n; i++) {
			if (is_ready(p[i]))
				wasikv_pollable_drop(p[i]);
			else
				p[kept++] = p[i];
		}
		n = kept;
	}
	return NULL;
}

/* Starts 100 gets and then waits for all of them together. */
static verdict gets(void)
{
	enum { N = 100 };
	future f[N];
	handle p[N];
	uint64_t began = now_ns(), slowest = 0;

	for (uint32_t i = 0; i < N; i++) {
		str k = key_at("gets", i);
		uint64_t before = now_ns(), took;

		f[i] = start(GET, k);
		took = now_ns() - before;
		slowest = took > slowest ? took : slowest;
	}
	for (uint32_t i = 0; i < N; i++)
		p[i] = listen(f[i]);
	TRY(all_ready(p, N));
	note("slowest start, ns:", number(slowest));
	note("all, ns:", number(now_ns() - began));
	for (uint32_t i = 0; i < N; i++) {
		outcome o = take(f[i]);

		if (o.is != ABSENT)
			return unexpected(o);
		drop_future(f[i]);
	}
	return NULL;
}

/* There is no outcome before the future is ready, and its pollable agrees. */
static verdict unready(void)
{
	for (enum kind kind = GET; kind < KINDS; kind++) {
		future f = start(kind, key_at("unready", kind));
		handle p = listen(f);

		for (int i = 0; i < 3; i++) {
			outcome o = take(f);

			if (o.is != PENDING)
				return text(kind_name[kind], ": before it was ready, ", unexpected(o), NULL);
			EXPECT(!is_ready(p), text(kind_name[kind], ": ready without an outcome", NULL, NULL));
		}
		wasikv_pollable_block(p);
		outcome o = take(f);
		EXPECT(o.is != PENDING, text(kind_name[kind], ": ready, but no outcome", NULL, NULL));
		drop_outcome(o);
		wasikv_pollable_drop(p);
		drop_future(f);
	}
	return NULL;
}

/* Has as many gets pending as the third argument says, and drops them. */
static verdict pending(void)
{
	uint32_t n = number_argument();
	future *f = (future *)buffer(n * sizeof *f);

	note("pending:", "0");
	for (uint32_t i = 0; i < n; i++)
		f[i] = start(GET, key_at("pending", i));
	note("pending:", number(n));
	for (uint32_t i = 0; i < n; i++) {
		outcome o = take(f[i]);

		if (o.is != PENDING)
			return text("a get is over: ", unexpected(o), NULL, NULL);
		drop_future(f[i]);
	}
	note("pending:", "0");
	return NULL;
}

const struct behaviour behaviours[] = {
    {"gets", "100 gets at the same time", gets, ON_REQUEST},
    {"unready", "no outcome before ready, of each kind", unready, ON_REQUEST},
    {"pending", "many gets pending, then dropped", pending, ON_REQUEST},
    {NULL, NULL, NULL, ALWAYS},
};
