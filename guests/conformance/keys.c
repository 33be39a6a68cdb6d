/* Keys: behaviours 28 and 29. */
#include "conformance.h"

/* Keys that something between guest and store may take for one another, or for
 * something else. */
static const str odd[] = {
    WASIKV_STR("b28/"),
    WASIKV_STR("b28/a\0b"),
    WASIKV_STR("b28/a\0c"),
    WASIKV_STR("b28/a\0"),
    WASIKV_STR("b28/a"),
    WASIKV_STR("b28/A"),
    WASIKV_STR("b28/ a"),
    WASIKV_STR("b28/a "),
    WASIKV_STR("b28/\xf0\x9f\x8d\xb5"),         /* U+1F375, four bytes */
    WASIKV_STR("b28/\xf4\x8f\xbf\xbf"),         /* U+10FFFF */
    WASIKV_STR("b28/\xc3\xa9"),                 /* e with acute, composed */
    WASIKV_STR("b28/e\xcc\x81"),                /* and decomposed */
    WASIKV_STR("b28/{}"),
    WASIKV_STR("b28/{a}b"),
    WASIKV_STR("b28/{a}c"),
    WASIKV_STR("b28/a:b"),
    WASIKV_STR("b28/a:b:"),
    WASIKV_STR("b28/a\nb"),
    WASIKV_STR("b28/a\r\nb"),
    WASIKV_STR("b28/*"),
    WASIKV_STR("b28/?"),
    WASIKV_STR("b28/[a]"),
    WASIKV_STR("b28/%00"),
    WASIKV_STR("b28/.."),
    WASIKV_STR("b28/>"),
};

/* The key of this run that ends in a string, which may hold NUL. */
static str key_of(str ending)
{
	static uint8_t bytes[256];
	str start = key("");
	size_t n = 0;

	for (size_t i = 0; i < start.len; i++)
		bytes[n++] = (uint8_t)start.ptr[i];
	for (size_t i = 0; i < ending.len && n < sizeof bytes; i++)
		bytes[n++] = (uint8_t)ending.ptr[i];
	return (str){(const char *)bytes, n};
}

static verdict of_odd(uint32_t i, verdict why)
{
	return why == NULL ? NULL : text("key ", number(i), ": ", why);
}

static verdict odd_keys(void)
{
	for (uint32_t i = 0; i < LENGTH(odd); i++)
		TRY(of_odd(i, is_absent(key_of(odd[i]))));
	for (uint32_t i = 0; i < LENGTH(odd); i++)
		TRY(of_odd(i, put_text(key_of(odd[i]), number(i), MINUTE)));
	for (uint32_t i = 0; i < LENGTH(odd); i++) {
		TRY(of_odd(i, holds_text(key_of(odd[i]), number(i))));
		TRY(of_odd(i, exists_is(key_of(odd[i]), true)));
		TRY(of_odd(i, becomes_occupied(start(GET_OR_SET, key_of(odd[i])), number(i))));
	}
	/* A delete takes its own key and no other. */
	for (uint32_t i = 0; i < LENGTH(odd); i++) {
		TRY(of_odd(i, removed(key_of(odd[i]))));
		TRY(of_odd(i, is_absent(key_of(odd[i]))));
		if (i + 1 < LENGTH(odd))
			TRY(of_odd(i + 1, holds_text(key_of(odd[i + 1]), number(i + 1))));
	}
	return NULL;
}

/* The empty key has no room for a prefix: other runs have it, too. */
static verdict empty_key(void)
{
	str own = key("b28");
	static const str empty = {"", 0};

	TRY(put(empty, own.ptr, own.len, MINUTE));
	TRY(holds(empty, own.ptr, own.len));
	TRY(exists_is(empty, true));
	TRY(removed(empty));
	return is_absent(empty);
}

/* Where even this is taken, the host has no limit that this program knows of. */
#define LONGEST (1 << 20)

/* A key of this run of n bytes. */
static str long_key(size_t n)
{
	char *bytes = (char *)buffer(LONGEST);
	str start = key("b29/");

	for (size_t i = 0; i < n; i++)
		bytes[i] = i < start.len ? start.ptr[i] : 'k';
	return (str){bytes, n};
}

static bool takes(size_t n)
{
	outcome o = finish(start(EXISTS, long_key(n)));

	drop_outcome(o);
	return o.is == ABSENT;
}

/* The length of the longest key that the host takes. */
static size_t limit(void)
{
	size_t taken = key("b29/").len, refused = 2 * taken;

	while (refused <= LONGEST && takes(refused)) {
		taken = refused;
		refused *= 2;
	}
	if (refused > LONGEST)
		return LONGEST;
	while (refused - taken > 1) {
		size_t middle = taken + (refused - taken) / 2;

		if (takes(middle))
			taken = middle;
		else
			refused = middle;
	}
	return taken;
}

static verdict at_the_limit(void)
{
	size_t n = limit();

	note("longest key:", number(n));
	TRY(put_text(long_key(n), "longest", MINUTE));
	TRY(put_text(long_key(n - 1), "shorter", MINUTE));
	TRY(holds_text(long_key(n), "longest"));
	TRY(exists_is(long_key(n), true));
	TRY(becomes_occupied(start(GET_OR_SET, long_key(n)), "longest"));
	TRY(removed(long_key(n)));
	TRY(is_absent(long_key(n)));
	TRY(holds_text(long_key(n - 1), "shorter"));
	return removed(long_key(n - 1));
}

static verdict over_the_limit(void)
{
	size_t n = limit();

	if (n == LONGEST)
		return skip("the host takes keys of 1 MiB");
	for (enum kind kind = GET; kind < KINDS; kind++) {
		verdict why = is_error(finish(start(kind, long_key(n + 1))));

		if (why == NULL)
			why = is_error(finish(start(kind, long_key(LONGEST))));
		if (why != NULL)
			return text(kind_name[kind], ": ", why, NULL);
	}
	return NULL;
}

static verdict b28(void)
{
	TRY(odd_keys());
	TRY(empty_key());
	return at_the_limit();
}

const struct behaviour behaviours[] = {
    {"B28", "any string is a key, byte by byte: empty, NUL, 4-byte UTF-8, NFC and NFD, at the limit", b28, ALWAYS},
    {"B29", "a key over the limit gives an error with a trace", over_the_limit, ALWAYS},
    {NULL, NULL, NULL, ALWAYS},
};
