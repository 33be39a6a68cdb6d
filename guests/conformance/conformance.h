/*
 * conformance.h: what the programs of this folder share. Each is a table of
 * behaviours of wasi:keyvalue/cache that a host is to show, with the function
 * that has the host show it. tap.c runs the table and reports; requests.c and
 * bodies.c speak to the cache.
 *
 * The functions drop whatever they were given, so that a program which succeeds
 * holds no handle at its end. Where one fails, what it held is left behind.
 */
#ifndef CONFORMANCE_H
#define CONFORMANCE_H

#include <stdbool.h>

#include "../c/wasikv.h"
#include "memory.h"

typedef wasikv_str str;
typedef int32_t handle;

/* NULL where the host did as it should, else what it did, in a few words. */
typedef const char *verdict;

struct behaviour {
	const char *role; /* its number in three characters, and where it has parts, a dash and the part */
	const char *what;
	verdict (*show)(void);
	enum {
		ALWAYS,
		/* Only where the first argument is its role: it traps, ends the program,
		 * or needs another instance. */
		ON_REQUEST,
	} when;
};

/* The program's table, which a row without role ends. */
extern const struct behaviour behaviours[];

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

/* Ends a function that gives a verdict unless the condition holds. */
#define EXPECT(condition, otherwise) \
	do { \
		if (!(condition)) \
			return (otherwise); \
	} while (0)

/* Ends a function that gives a verdict where the call gives one. */
#define TRY(call) \
	do { \
		verdict why = (call); \
		if (why != NULL) \
			return why; \
	} while (0)

/* ---- tap.c: arguments and the report ---- */

/* Makes a behaviour count as neither shown nor missed: return skip("why"). */
verdict skip(const char *why);

/* A text of up to four parts, NULL for none; valid until the fourth next call. */
const char *text(const char *a, const char *b, const char *c, const char *d);
const char *number(uint64_t n);

/* Prints a line of its own, "# name value". */
void note(const char *name, const char *value);

/* A key of this run: the prefix, a slash and the name, and with an index that,
 * too. Valid until the sixteenth next call. */
str key(const char *name);
str key_at(const char *name, uint32_t index);

/* The number that is the third argument, 0 where there is none. */
uint32_t number_argument(void);

/* ---- requests.c: futures, pollables and the clock ---- */

/* How long a host may take for what needs no timeout of its own, in ms: much more
 * than it needs, for machines that stop for seconds. */
#define PATIENCE 10000
/* How long it may take to end somebody else's vacancy: its vacancy timeout,
 * whose default is 30 s, and some. */
#define TIMEOUT_PATIENCE 45000
/* How late an entry may expire and a clock may tell, in ms. */
#define SLACK 200
/* A time to live that no run reaches. */
#define MINUTE 60000

enum kind { GET, EXISTS, SET, DELETE, GET_OR_SET, KINDS };

extern const char *const kind_name[KINDS];

typedef struct {
	enum kind kind;
	handle self;
} future;

typedef struct {
	enum {
		PENDING,  /* there is no outcome yet */
		VALUE,    /* self is an incoming-value */
		PRESENT,  /* of exists */
		ABSENT,   /* of get and exists */
		DONE,     /* of set and delete */
		VACANT,   /* self is a vacancy */
		FAILED,   /* self is an error */
	} is;
	handle self;
} outcome;

/* Starts a request. A set stores "set" for a minute. */
future start(enum kind kind, str key);

/* Starts a set of a value, which stays the caller's. */
future start_set(str key, handle value, int64_t ttl_ms);

handle listen(future f);
outcome take(future f);
void drop_future(future f);
void drop_outcome(outcome o);

/* Waits for a future and drops it: PENDING where that took too long. */
outcome finish(future f);

/* Drops an outcome that was not expected and says what it is. */
verdict unexpected(outcome o);

/* That o is an error with a trace; drops it. */
verdict is_error(outcome o);
verdict has_trace(handle error);

/* That there is no outcome, and still is none a little later. */
verdict stays_pending(future f);

/* Waits until a pollable, which stays the caller's, is ready. */
bool ready_within(handle pollable, uint32_t ms);
bool is_ready(handle pollable);

/* wasi:io/poll.poll: the indices are valid until the next list. */
size_t poll(const handle *pollables, size_t n, const uint32_t **indices);

uint64_t now_ns(void);
handle alarm_ns(uint64_t ns);
void pause_ms(uint32_t ms);

/* ---- bodies.c: values, whole operations, vacancies ---- */

/* Makes an outgoing-value with a body. */
verdict outgoing(const void *body, size_t n, handle *value);

/* Makes the stream of an outgoing-value. */
verdict body_stream(handle value, handle *stream);

/* Writes to an output-stream as far as it is permitted, waits, and so on, and
 * flushes: false where the stream fails. */
bool stream_write(handle stream, const void *bytes, size_t n);
void drop_output(handle stream);

typedef struct {
	enum { STREAM_DATA, STREAM_FAILED, STREAM_CLOSED } is;
	const uint8_t *bytes; /* valid until the next list */
	size_t n;
} stream_read;

stream_read input_read(handle stream, uint64_t n);
stream_read input_blocking_read(handle stream, uint64_t n);
void drop_input(handle stream);

/* Consumes an incoming-value and drops it; the body is valid until the next list. */
verdict body_of(handle value, const uint8_t **body, size_t *n);
/* That an incoming-value has this body; consumes and drops it. */
verdict body_is(handle value, const void *body, size_t n);
verdict size_is(handle value, uint64_t n);
/* That the rest of an input-stream is this; drops it. */
verdict rest_is(handle stream, const void *body, size_t n);

/* Whole operations, each waiting for its end. */
verdict put(str key, const void *body, size_t n, int64_t ttl_ms);
verdict put_text(str key, const char *text, int64_t ttl_ms);
verdict removed(str key);
verdict holds(str key, const void *body, size_t n);
verdict holds_text(str key, const char *text);
verdict is_absent(str key);
verdict exists_is(str key, bool expected);

/* Waits until a key has this value: another instance gives it. */
verdict comes_to_hold(str key, const char *text);

/* Asks for a key without value, and gives the vacancy. */
verdict vacancy(str key, handle *vacancy);
/* What a future of get-or-set comes to; each drops the future. */
verdict becomes_vacant(future f, uint32_t within_ms, handle *vacancy);
verdict becomes_occupied(future f, const char *text);

/* Gives a vacancy its value at once and drops it. That the host stored it is
 * for others to say: a lost vacancy is filled in vain, without an error. */
verdict fill(handle vacancy, const char *text, int64_t ttl_ms);
handle fill_later(handle vacancy, int64_t ttl_ms);

size_t length(const char *text);
bool same(const void *a, const void *b, size_t n);

#endif
