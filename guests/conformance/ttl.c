/* Times to live: behaviours 30 to 36. */
#include "conformance.h"

/* That get, exists and get-or-set find nothing. */
static verdict misses(str k)
{
	handle v;

	TRY(is_absent(k));
	TRY(exists_is(k, false));
	TRY(vacancy(k, &v));
	wasikv_vacancy_drop(v);
	return NULL;
}

static verdict hits(str k, const char *value)
{
	TRY(holds_text(k, value));
	TRY(exists_is(k, true));
	return becomes_occupied(start(GET_OR_SET, k), value);
}

static verdict expires(void)
{
	str k = key("b30");

	TRY(put_text(k, "short-lived", 300));
	pause_ms(300 + SLACK);
	return misses(k);
}

static verdict lives(void)
{
	str k = key("b31");

	TRY(put_text(k, "alive", MINUTE));
	TRY(hits(k, "alive"));
	pause_ms(300);
	return hits(k, "alive");
}

static verdict zero(void)
{
	str k = key("b32"), other = key("b32/none");

	TRY(put_text(k, "there", MINUTE));
	TRY(put_text(k, "gone", 0));
	TRY(misses(k));
	TRY(put_text(k, "gone", 0)); /* where there is nothing */
	TRY(misses(k));
	/* Zero is not none. */
	TRY(put_text(other, "stays", WASIKV_FOREVER));
	TRY(hits(other, "stays"));
	return removed(other);
}

/* The longest, and others that narrower numbers would make 0 or negative. */
static verdict longest(void)
{
	static const int64_t ttl[] = {UINT32_MAX, 1u << 31, 1 << 24, 1 << 16};

	for (uint32_t i = 0; i < LENGTH(ttl); i++)
		TRY(put_text(key_at("b33", i), "49 days", ttl[i]));
	pause_ms(50);
	for (uint32_t i = 0; i < LENGTH(ttl); i++) {
		verdict why = hits(key_at("b33", i), "49 days");

		if (why != NULL)
			return text("TTL ", number((uint64_t)ttl[i]), ": ", why);
		TRY(removed(key_at("b33", i)));
	}
	return NULL;
}

static verdict none(void)
{
	str k = key("b34");

	TRY(put_text(k, "for good", WASIKV_FOREVER));
	pause_ms(300);
	TRY(hits(k, "for good"));
	return removed(k);
}

static verdict replaced(void)
{
	str longer = key("b35/longer"), shorter = key("b35/shorter"), never = key("b35/none");

	TRY(put_text(longer, "first", 300));
	TRY(put_text(longer, "second", MINUTE));
	TRY(put_text(never, "first", 300));
	TRY(put_text(never, "second", WASIKV_FOREVER));
	TRY(put_text(shorter, "first", MINUTE));
	TRY(put_text(shorter, "second", 300));
	pause_ms(300 + SLACK);
	TRY(hits(longer, "second"));
	TRY(hits(never, "second"));
	TRY(misses(shorter));
	return removed(never);
}

enum { KEYS = 40, ROUNDS = 30 };

/* How late the newest value of a key was seen, where that is more than none. */
static verdict served_in_time(outcome o, uint32_t round, uint64_t asked, uint64_t until, uint32_t *served)
{
	const uint8_t *body;
	size_t n;
	uint32_t stored;

	if (o.is == ABSENT)
		return NULL;
	if (o.is != VALUE)
		return unexpected(o);
	TRY(body_of(o.self, &body, &n));
	EXPECT(n == sizeof stored, "a value has another length than was set");
	__builtin_memcpy(&stored, body, n);
	EXPECT(stored == round, "an older value was served");
	EXPECT(asked <= until, text("a value was served ", number((asked - until) / 1000000), " ms late", NULL));
	++*served;
	return NULL;
}

/* Sets keys again and again for 10 to 90 ms, and gets all of them meanwhile: none
 * may be served that was asked for after its time. The time counts from when the
 * set was known to be over, so that no clock but the guest's is looked at. */
static verdict never_late(void)
{
	static const uint64_t leeway = 20000000;
	static uint32_t newest[KEYS];
	static uint64_t until[KEYS], asked[KEYS];
	future sets[KEYS], gets[KEYS];
	uint32_t random = 36, served = 0;

	for (uint32_t round = 1; round <= ROUNDS; round++) {
		uint32_t ttl[KEYS];

		for (uint32_t i = 0; i < KEYS; i++) {
			handle value;

			random = random * 1664525 + 1013904223;
			ttl[i] = 0;
			if (round != 1 && random >> 30 != 0)
				continue;
			ttl[i] = 10 + (random >> 16) % 80;
			newest[i] = round;
			TRY(outgoing(&round, sizeof round, &value));
			sets[i] = start_set(key_at("b36", i), value, ttl[i]);
			wasikv_outgoing_drop(value);
		}
		for (uint32_t i = 0; i < KEYS; i++) {
			if (ttl[i] == 0)
				continue;
			outcome o = finish(sets[i]);
			if (o.is != DONE)
				return unexpected(o);
			until[i] = now_ns() + (uint64_t)ttl[i] * 1000000 + leeway;
		}
		for (uint32_t i = 0; i < KEYS; i++) {
			asked[i] = now_ns();
			gets[i] = start(GET, key_at("b36", i));
		}
		for (uint32_t i = 0; i < KEYS; i++)
			TRY(served_in_time(finish(gets[i]), newest[i], asked[i], until[i], &served));
		pause_ms(15);
	}
	note("values served in time:", number(served));
	return NULL;
}

const struct behaviour behaviours[] = {
    {"B30", "after the TTL get, exists and get-or-set miss", expires, ALWAYS},
    {"B31", "within the TTL they hit", lives, ALWAYS},
    {"B32", "a TTL of 0 acts as delete", zero, ALWAYS},
    {"B33", "the longest TTL", longest, ALWAYS},
    {"B34", "no TTL", none, ALWAYS},
    {"B35", "an overwrite replaces the TTL: longer, shorter, none", replaced, ALWAYS},
    {"B36", "nothing is served past its newest TTL under load", never_late, ALWAYS},
    {NULL, NULL, NULL, ALWAYS},
};
