/**
 * wasi:keyvalue/cache@0.1.0 for guests written in JavaScript: copy this file
 * beside yours and import from it.
 *
 *     const { value, hit } = getOrSet('price:tea', 60_000, () => encode(findOut('tea')));
 *
 * Values are Uint8Array. A TTL is in milliseconds; leave it undefined to keep an
 * entry until it is deleted or discarded, while 0 acts as a delete. Functions wait
 * for the answer, and the start… functions give a Future. The cache may discard an
 * entry at any time, also right after it was set.
 */

import * as cache from 'wasi:keyvalue/cache@0.1.0';
import { OutgoingValue } from 'wasi:keyvalue/types@0.1.0';
import { poll } from 'wasi:io/poll@0.2.12';

/** A failure that the host reports; its message is the operation and the host's trace. */
export class CacheError extends Error {
  constructor(operation, trace) {
    super(trace.startsWith(`${operation}: `) ? trace : `${operation}: ${trace}`);
    this.name = 'CacheError';
    this.operation = operation;
    this.trace = trace;
  }
}

/** Gives the value of a key, or undefined. */
export function get(key) {
  const value = startGet(key).wait();
  return value && read(value);
}

/** Stores a value. */
export function set(key, value, ttl) {
  const out = OutgoingValue.newOutgoingValue();
  try {
    write(out, value);
    new Future('set', cache.set(key, out, ttl)).wait();
  } finally {
    drop(out);
  }
}

/** Says whether a key has a value. */
export function exists(key) {
  return startExists(key).wait();
}

/** Removes a key, which need not be there. */
export function remove(key) {
  new Future('delete', cache.delete(key)).wait();
}

/**
 * Gives { value, hit } for a key; where it has no value, computes it and stores
 * it. Of all who ask at the same time one computes, and the others wait for its
 * value; where compute throws, the next of them computes instead.
 */
export function getOrSet(key, ttl, compute) {
  const entry = new Future('get-or-set', cache.getOrSet(key)).wait();
  if (entry.tag === 'occupied') return { value: read(entry.val), hit: true };
  const vacancy = entry.val;
  try {
    const value = compute();
    const out = vacancy.vacancyFill(ttl);
    try {
      write(out, value);
    } finally {
      drop(out);
    }
    return { value, hit: false };
  } finally {
    drop(vacancy);
  }
}

/** Starts to look a key up; the answer is an incoming-value, for read, or undefined. */
export function startGet(key) {
  return new Future('get', cache.get(key));
}

/** Starts to ask whether a key has a value. */
export function startExists(key) {
  return new Future('exists', cache.exists(key));
}

/** Reads an incoming-value and gives it back to the host. */
export function read(value) {
  try {
    return unwrap('incoming-value-consume-sync', () => value.incomingValueConsumeSync());
  } finally {
    drop(value);
  }
}

/** An answer that the host is working on. */
export class Future {
  #operation;
  #resource;
  #methods;
  #answer;

  constructor(operation, resource) {
    this.#operation = operation;
    this.#resource = resource;
    this.#methods = methods.find(([take]) => take in resource);
  }

  /** Says whether the answer is there; never waits. */
  ready() {
    if (!this.#answer) {
      this.#answer = this.#resource[this.#methods[0]]();
      if (this.#answer) drop(this.#resource);
    }
    return this.#answer !== undefined;
  }

  /** Waits for the answer and gives it; throws a CacheError where the host failed. */
  wait() {
    while (!this.ready()) {
      const pollable = this.subscribe();
      pollable.block();
      drop(pollable);
    }
    if (this.#answer.tag === 'err') throw failure(this.#operation, this.#answer.val);
    return this.#answer.val;
  }

  /** A pollable that is ready when the answer is. */
  subscribe() {
    return this.#resource[this.#methods[1]]();
  }
}

/** Waits for all futures with as few polls as it takes, and gives their answers. */
export function waitAll(futures) {
  for (;;) {
    const pollables = futures.filter((f) => !f.ready()).slice(0, 1024).map((f) => f.subscribe());
    if (pollables.length === 0) return futures.map((f) => f.wait());
    poll(pollables);
    pollables.forEach(drop);
  }
}

/** The two methods of each kind of future: take and listen. */
const methods = [
  ['futureGetResultGet', 'listenToFutureGetResult'],
  ['futureExistsResultGet', 'listenToFutureExistsResult'],
  ['futureResultGet', 'listenToFutureResult'],
  ['futureGetOrSetResultGet', 'listenToFutureGetOrSetResult'],
];

function write(out, value) {
  unwrap('outgoing-value-write-body-sync', () => out.outgoingValueWriteBodySync(value));
}

/** Calls a function whose WIT result is a result, which throws its error case. */
function unwrap(operation, call) {
  try {
    return call();
  } catch (e) {
    const error = e.payload ?? e;
    throw typeof error.trace === 'function' ? failure(operation, error) : e;
  }
}

/** Makes a CacheError of the host's error resource, which it gives back. */
function failure(operation, error) {
  const e = new CacheError(operation, error.trace());
  drop(error);
  return e;
}

/** Gives a resource back at once, instead of when the engine collects it. */
function drop(resource) {
  resource[Symbol.dispose ?? Symbol.for('dispose')]();
}
