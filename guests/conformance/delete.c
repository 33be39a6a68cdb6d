/* Delete and exists: behaviours 37 and 38. */
#include "conformance.h"

static verdict deletes(void)
{
	str k = key("b37");

	TRY(removed(k)); /* absent */
	TRY(put_text(k, "there", MINUTE));
	TRY(removed(k));
	TRY(is_absent(k));
	TRY(removed(k)); /* absent again */
	return is_absent(k);
}

static verdict tracks(void)
{
	str k = key("b38"), empty = key("b38/empty"), dying = key("b38/ttl");

	TRY(exists_is(k, false));
	TRY(put_text(k, "there", MINUTE));
	TRY(exists_is(k, true));
	TRY(put_text(k, "other", MINUTE));
	TRY(exists_is(k, true));
	TRY(removed(k));
	TRY(exists_is(k, false));

	TRY(put(empty, "", 0, MINUTE));
	TRY(exists_is(empty, true));

	TRY(put_text(dying, "short-lived", 200));
	pause_ms(200 + SLACK);
	return exists_is(dying, false);
}

const struct behaviour behaviours[] = {
    {"B37", "delete of a key with and without value", deletes, ALWAYS},
    {"B38", "exists tracks set, delete, expiry and the empty value", tracks, ALWAYS},
    {NULL, NULL, NULL, ALWAYS},
};
