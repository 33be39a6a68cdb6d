/* Runs the behaviours that the arguments choose, and reports in TAP 13. */
#include "conformance.h"

WASIKV_IMPORT("wasi:cli/environment@0.2.12", "get-arguments") void get_arguments(wasikv_area *result);
WASIKV_IMPORT("wasi:cli/stdout@0.2.12", "get-stdout") handle get_stdout(void);
WASIKV_IMPORT("wasi:io/streams@0.2.12", "[method]output-stream.blocking-write-and-flush")
void write_and_flush(handle self, const char *text, size_t n, wasikv_area *result);

#define PREFIX_MAX 128
#define KEY_MAX 256

static char prefix[PREFIX_MAX];
static size_t prefix_length;
static char role[64];
static uint32_t third;
static const char *skipped;

size_t length(const char *text)
{
	size_t n = 0;

	while (text[n] != 0)
		n++;
	return n;
}

bool same(const void *a, const void *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (((const uint8_t *)a)[i] != ((const uint8_t *)b)[i])
			return false;
	return true;
}

static bool equal(const char *a, const char *b) { return length(a) == length(b) && same(a, b, length(a)); }

/* Appends to a text of *n characters, and cuts it where it is full. */
static void append(char *to, size_t cap, size_t *n, const char *from, size_t size)
{
	for (size_t i = 0; i < size && *n < cap - 1; i++)
		to[(*n)++] = from[i];
	to[*n] = 0;
}

const char *text(const char *a, const char *b, const char *c, const char *d)
{
	static char ring[4][1024];
	static unsigned next;
	const char *parts[] = {a, b, c, d};
	char *to = ring[next++ % LENGTH(ring)];
	size_t n = 0;

	for (size_t i = 0; i < LENGTH(parts) && parts[i] != NULL; i++)
		append(to, sizeof ring[0], &n, parts[i], length(parts[i]));
	return to;
}

const char *number(uint64_t n)
{
	static char ring[4][24];
	static unsigned next;
	char *at = ring[next++ % LENGTH(ring)] + sizeof ring[0] - 1;

	*at = 0;
	do
		*--at = (char)('0' + n % 10);
	while ((n /= 10) != 0);
	return at;
}

str key(const char *name)
{
	static char ring[16][KEY_MAX];
	static unsigned next;
	char *to = ring[next++ % LENGTH(ring)];
	size_t n = 0;

	append(to, KEY_MAX, &n, prefix, prefix_length);
	append(to, KEY_MAX, &n, "/", 1);
	append(to, KEY_MAX, &n, name, length(name));
	return (str){to, n};
}

str key_at(const char *name, uint32_t index) { return key(text(name, "/", number(index), NULL)); }

uint32_t number_argument(void) { return third; }

verdict skip(const char *why)
{
	skipped = why;
	return NULL;
}

/* Prints a line. One call takes up to 4096 bytes, more than a line has here. */
static void say(const char *a, const char *b, const char *c, const char *d)
{
	static char line[2048];
	const char *parts[] = {a, b, c, d};
	size_t n = 0;
	wasikv_area area;
	handle out = get_stdout();

	for (size_t i = 0; i < LENGTH(parts) && parts[i] != NULL; i++)
		append(line, sizeof line, &n, parts[i], length(parts[i]));
	for (size_t i = 0; i < n; i++)
		if (line[i] == '\n')
			line[i] = ' ';
	line[n++] = '\n';
	write_and_flush(out, line, n, &area);
	drop_output(out);
	if (area.u8[0] != 0)
		__builtin_trap();
}

void note(const char *name, const char *value) { say("# ", name, " ", value); }

/* Arguments: the program, a role or "all", the prefix of keys, a number. */
static void read_arguments(void)
{
	wasikv_area area;
	const str *argument;
	size_t n = 0;

	expect_lists();
	get_arguments(&area);
	argument = (const str *)(uintptr_t)area.u32[0];
	if (area.u32[1] > 1)
		append(role, sizeof role, &n, argument[1].ptr, argument[1].len);
	else
		append(role, sizeof role, &n, "all", 3);
	if (area.u32[1] > 2) {
		append(prefix, sizeof prefix, &prefix_length, argument[2].ptr, argument[2].len);
	} else {
		const char *unique = number(now_ns());
		append(prefix, sizeof prefix, &prefix_length, unique, length(unique));
	}
	if (area.u32[1] > 3)
		for (size_t i = 0; i < argument[3].len; i++)
			third = third * 10 + (uint32_t)(argument[3].ptr[i] - '0');
}

static bool chosen(const struct behaviour *b)
{
	return equal(role, "all") ? b->when == ALWAYS : equal(role, b->role);
}

__attribute__((export_name("wasi:cli/run@0.2.12#run"))) int32_t run(void)
{
	uint32_t count = 0, index = 0, failed = 0;

	read_arguments();
	for (const struct behaviour *b = behaviours; b->role != NULL; b++)
		count += chosen(b);
	say("TAP version 13", NULL, NULL, NULL);
	if (count == 0) {
		say("Bail out! no behaviour is called ", role, NULL, NULL);
		return 1;
	}
	say("1..", number(count), NULL, NULL);
	for (const struct behaviour *b = behaviours; b->role != NULL; b++) {
		verdict why;

		if (!chosen(b))
			continue;
		skipped = NULL;
		why = b->show();
		const char *title = text(number(++index), " - ", b->role, text(" ", b->what, NULL, NULL));
		if (why != NULL) {
			failed++;
			say("not ok ", title, " # ", why);
		} else if (skipped != NULL) {
			say("ok ", title, " # SKIP ", skipped);
		} else {
			say("ok ", title, NULL, NULL);
		}
	}
	return failed != 0;
}
