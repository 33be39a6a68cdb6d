/* Interfaces in several versions: behaviour 64. */
#include "conformance.h"

#define OF_VERSION(version, name) \
	WASIKV_IMPORT("wasi:io/poll@" version, "poll") \
	void poll_##name(const handle *pollables, size_t n, wasikv_area *result); \
	WASIKV_IMPORT("wasi:io/poll@" version, "[method]pollable.ready") int32_t ready_##name(handle self); \
	WASIKV_IMPORT("wasi:io/poll@" version, "[method]pollable.block") void block_##name(handle self); \
	WASIKV_IMPORT("wasi:io/poll@" version, "[resource-drop]pollable") void drop_##name(handle self);

OF_VERSION("0.2.0", 0)
OF_VERSION("0.2.3", 3)
OF_VERSION("0.2.12", 12)

static const struct {
	const char *name;
	void (*poll)(const handle *pollables, size_t n, wasikv_area *result);
	int32_t (*ready)(handle self);
	void (*block)(handle self);
	void (*drop)(handle self);
} versions[] = {
    {"0.2.0: ", poll_0, ready_0, block_0, drop_0},
    {"0.2.3: ", poll_3, ready_3, block_3, drop_3},
    {"0.2.12: ", poll_12, ready_12, block_12, drop_12},
};

/* The functions of one version take pollables that come from interfaces which
 * use two others: the cache's and the clock's. */
static verdict takes_all(size_t i)
{
	future f = start(GET, key("b64"));
	handle p[] = {listen(f), alarm_ns(1000000)};
	wasikv_area area;

	versions[i].block(p[0]);
	versions[i].block(p[1]);
	EXPECT(versions[i].ready(p[0]) && versions[i].ready(p[1]), "a pollable is not ready after block");
	expect_lists();
	versions[i].poll(p, LENGTH(p), &area);
	EXPECT(area.u32[1] == 2, "poll did not tell of both pollables");
	versions[i].drop(p[0]);
	versions[i].drop(p[1]);
	outcome o = take(f);
	drop_future(f);
	return o.is == ABSENT ? NULL : unexpected(o);
}

static verdict versions_agree(void)
{
	for (size_t i = 0; i < LENGTH(versions); i++) {
		verdict why = takes_all(i);

		if (why != NULL)
			return text(versions[i].name, why, NULL, NULL);
	}
	return NULL;
}

const struct behaviour behaviours[] = {
    {"B64", "wasi:io at 0.2.0, 0.2.3 and 0.2.12 in one guest", versions_agree, ALWAYS},
    {NULL, NULL, NULL, ALWAYS},
};
