/*
 * basics walks through set, get, exists and delete with a TTL, and shows what an
 * error looks like.
 */
#include "program.h"

static const wasikv_str key = {"drink:1", 7};

/* Says a title and what came of it. */
static void tell(const char *title, wasikv_result result)
{
	static const char *const names[] = {
	    [WASIKV_OK] = "ok",
	    [WASIKV_ABSENT] = "absent",
	    [WASIKV_VACANT] = "vacant",
	    [WASIKV_TOO_LARGE] = "too large",
	    [WASIKV_ERROR] = "error: ",
	};

	say_text(title);
	say_text(names[result]);
	if (result == WASIKV_ERROR)
		say_text(wasikv_trace());
	SAY("\n");
}

static void get(const char *title, size_t cap)
{
	char value[16];
	size_t n;
	wasikv_result result = wasikv_get(key, value, cap, &n);

	if (result != WASIKV_OK) {
		tell(title, result);
		return;
	}
	say_text(title);
	SAY("\"");
	say(value, n);
	SAY("\"\n");
}

/* A key beyond the host's limit, 64 KiB of NUL. */
static wasikv_result overlong(void)
{
	static char zeros[65536];

	return wasikv_exists((wasikv_str){zeros, sizeof zeros});
}

static int program(void)
{
	tell("exists before set: ", wasikv_exists(key));
	get("get before set: ", 16);
	tell("set: ", wasikv_set(key, "flat white", 10, WASIKV_FOREVER));
	tell("exists after set: ", wasikv_exists(key));
	get("get: ", 16);
	get("get into 4 bytes: ", 4);
	tell("delete: ", wasikv_delete(key));
	tell("delete again: ", wasikv_delete(key));
	get("get after delete: ", 16);
	tell("set for 300 ms: ", wasikv_set(key, "", 0, 300));
	get("get at once: ", 16);
	pause_ms(500);
	get("get after 500 ms: ", 16);
	tell("key of 64 KiB: ", overlong());
	return 0;
}
