/*
 * The timeout of vacancies: behaviours 52 and 53. They wait for it twice: give the
 * host one of a second or so, where that can be set.
 */
#include "conformance.h"

static verdict own_waiter(void)
{
	str k = key("b52");
	handle v, again;

	TRY(vacancy(k, &v));
	future waiter = start(GET_OR_SET, k);
	handle p = listen(waiter);
	EXPECT(ready_within(p, TIMEOUT_PATIENCE), "the guest's own waiter did not get the vacancy in time");
	wasikv_pollable_drop(p);
	TRY(becomes_vacant(waiter, PATIENCE, &again));
	wasikv_vacancy_drop(v);
	TRY(fill(again, "after all", MINUTE));
	return holds_text(k, "after all");
}

static verdict late_fill(void)
{
	str k = key("b53");
	handle v, next, value;
	wasikv_area area;

	TRY(vacancy(k, &v));
	future waiter = start(GET_OR_SET, k);
	TRY(becomes_vacant(waiter, TIMEOUT_PATIENCE, &next));
	value = fill_later(v, MINUTE);
	wasikv_outgoing_write_sync(value, "late", 4, &area);
	EXPECT(area.u8[0] == 0, "a late fill is an error");
	TRY(is_absent(k)); /* before the new holder fills */
	TRY(fill(next, "in time", MINUTE));
	TRY(holds_text(k, "in time"));
	wasikv_outgoing_drop(value);
	wasikv_vacancy_drop(v);
	TRY(holds_text(k, "in time"));

	/* By a stream, too, and whatever was stored meanwhile. */
	str other = key("b53/stream");
	handle stream;
	TRY(vacancy(other, &v));
	value = fill_later(v, MINUTE);
	TRY(body_stream(value, &stream));
	EXPECT(stream_write(stream, "late", 4), "the stream failed");
	TRY(put_text(other, "in time", MINUTE));
	drop_output(stream);
	wasikv_outgoing_drop(value);
	wasikv_vacancy_drop(v);
	return holds_text(other, "in time");
}

const struct behaviour behaviours[] = {
    {"B52", "a guest that waits for its own vacancy: the timeout resolves it", own_waiter, ALWAYS},
    {"B53", "the timeout re-vacates; a late fill never overwrites", late_fill, ALWAYS},
    {NULL, NULL, NULL, ALWAYS},
};
