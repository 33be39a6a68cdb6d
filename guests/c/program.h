/*
 * program.h: what the example programs need beside the cache, so that one source
 * becomes both a core module with wasi-libc and a component without any library.
 * A program defines program(); it says lines and may pause.
 */
#ifndef PROGRAM_H
#define PROGRAM_H

#include "wasikv.h"

/* The program: 0 where it succeeded. */
static int program(void);

/* Prints n bytes to stdout. */
static void say(const char *text, size_t n);

#define SAY(literal) say((literal), sizeof(literal) - 1)

static void pause_ms(unsigned ms);

#ifdef __wasi__

#include <stdio.h>
#include <time.h>

static void say(const char *text, size_t n) { fwrite(text, 1, n, stdout); }

static void pause_ms(unsigned ms)
{
	struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
	nanosleep(&t, NULL);
}

int main(void) { return program(); }

#else

WASIKV_IMPORT("wasi:cli/stdout@0.2.12", "get-stdout") int32_t get_stdout(void);
WASIKV_IMPORT("wasi:io/streams@0.2.12", "[method]output-stream.blocking-write-and-flush")
void write_and_flush(int32_t self, const char *text, size_t n, wasikv_area *result);
WASIKV_IMPORT("wasi:io/streams@0.2.12", "[resource-drop]output-stream") void drop_output(int32_t self);
WASIKV_IMPORT("wasi:clocks/monotonic-clock@0.2.12", "subscribe-duration") int32_t subscribe_duration(uint64_t ns);

/* One call takes up to 4096 bytes, more than a line here. */
static void say(const char *text, size_t n)
{
	wasikv_area area;
	int32_t out = get_stdout();

	write_and_flush(out, text, n, &area);
	drop_output(out);
	if (area.u8[0] != 0)
		__builtin_trap();
}

static void pause_ms(unsigned ms) { wasikv_wait(subscribe_duration((uint64_t)ms * 1000000)); }

__attribute__((export_name("wasi:cli/run@0.2.12#run"))) int32_t run(void) { return program() != 0; }

#endif

/* Says a string that ends in NUL. */
static inline void say_text(const char *text)
{
	size_t n = 0;

	while (text[n] != 0)
		n++;
	say(text, n);
}

#endif
